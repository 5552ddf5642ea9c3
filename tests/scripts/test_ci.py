"""Templates in .ci: they parse, name tests and scripts that exist, and their steps do what they should with stand-ins."""

import importlib.util
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import garm_path  # noqa: F401  pylint: disable=unused-import
from garm.suite.model import FAIL, PASS, SKIP, Case, Result
from garm.suite.report import Report

REPO = Path(__file__).resolve().parents[2]
GITLAB, LAVA = REPO / ".ci/recovery.gitlab.yml", REPO / ".ci/recovery.lava.yaml"
# What scripts/test would be asked for, and the KTAP that it leaves.
STANDIN = """#!/bin/sh
echo "$@" >> calls
while [ $# -gt 0 ]; do case $1 in --ktap|--junit) mkdir -p "$(dirname "$2")"; cp "$SAMPLE" "$2";; esac; shift; done
exit 1
"""


def steps(path, key):
    """The list of strings below a key, with folded lines joined: as much of YAML as the templates use."""
    found = re.search(rf"^( *){key}:\n((?:\1  .*\n)+)", path.read_text(), re.M)
    lines = re.split(r"^ *- ", found[2], flags=re.M)[1:]
    return [re.sub(r"\n +", " ", line).removeprefix(">-").strip() for line in lines]


def written(results):
    """KTAP of some results."""
    report = Report.__new__(Report)
    report.rows = [(Case("boot/recovery-x", lambda: ()), r) for r in results]
    with tempfile.TemporaryDirectory() as folder:
        report.ktap(Path(folder) / "sub/out.ktap")
        return (Path(folder) / "sub/out.ktap").read_text()


RESULTS = [Result("gone, garm on stable: recovered", PASS), Result("irq #5", FAIL, "expected\ngot"),
           Result("power-slow", SKIP, "not struck")]


class Ktap(unittest.TestCase):
    """scripts/test --ktap"""

    def test_text(self):
        """Versions, plans, nesting, diagnostics before the failure, no directive by accident."""
        self.assertEqual(written(RESULTS).splitlines(), [
            "KTAP version 1", "1..1", "    KTAP version 1", "    # Subtest: boot/recovery-x", "    1..3", "    ok 1 - gone, garm on stable: recovered",
            "    # expected", "    # got", "    not ok 2 - irq 5", "    ok 3 - power-slow # SKIP not struck",
            "not ok 1 - boot/recovery-x"])


class Templates(unittest.TestCase):
    """.ci/recovery.*"""

    def setUp(self):
        # pylint: disable=consider-using-with
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.work = Path(folder.name)
        (self.work / "scripts").mkdir()
        self.program("scripts/test", STANDIN)
        (self.work / "sample.ktap").write_text(written(RESULTS))
        self.env = {**os.environ, "PATH": f"{self.work}:{os.environ['PATH']}", "SAMPLE": f"{self.work}/sample.ktap",
                    "DRIVER": "garm", "KERNEL": "stable", "SHARD": "1-of-4"}

    def program(self, name, text):
        """A stand-in."""
        (self.work / name).write_text(text)
        (self.work / name).chmod(0o755)

    def run_steps(self, lines):
        """As a runner does; what scripts/test was asked for."""
        process = subprocess.run(["bash", "-c", "\n".join(lines)], cwd=self.work, env=self.env, text=True,
                                 capture_output=True, check=False)
        self.assertNotIn("syntax error", process.stderr)
        self.assertNotIn("not found", process.stderr)
        return (self.work / "calls").read_text()

    def test_yaml(self):
        """A YAML parser takes both, where there is one."""
        try:
            import yaml  # pylint: disable=import-outside-toplevel
        except ImportError:
            self.skipTest("no PyYAML on this machine")
        self.assertEqual(yaml.safe_load(GITLAB.read_text())["recovery"]["script"], steps(GITLAB, "script"))
        lava = yaml.safe_load(LAVA.read_text())
        self.assertEqual(lava["run"]["steps"], steps(LAVA, "steps"))
        self.assertEqual(lava["metadata"]["format"], "Lava-Test Test Definition 1.0")

    def test_names(self):
        """Every combination of GitLab's matrix, and LAVA's parameters, are tests that there are."""
        spec = importlib.util.spec_from_file_location("recovery_cases", REPO / "tests/boot/recovery.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        there = {name.removeprefix("test_").replace("_", "-") for name in vars(module) if name.startswith("test_")}
        lists = {key: re.findall(r"[\w-]+", values)
                 for key, values in re.findall(r"(\w+): \[(.*)\]\n", GITLAB.read_text()) if key.isupper()}
        self.assertEqual(set(lists), {"DRIVER", "KERNEL", "SHARD"})
        names = {f"recovery-{d}-{k}-{s}" for d in lists["DRIVER"] for k in lists["KERNEL"] for s in lists["SHARD"]}
        self.assertEqual(names - there, set())
        self.assertEqual({n for n in there if re.fullmatch(r"recovery-\w+-\w+-(\d-of-\d|draw)", n)} - names, set())
        params = dict(re.findall(r"^  ([A-Z]+): (\S+)$", LAVA.read_text(), re.M))
        self.assertIn(f"recovery-{params['DRIVER']}-{params['KERNEL']}-{params['SHARD']}", there)

    def test_scripts(self):
        """Programs that the steps name are in the project."""
        for path in (GITLAB, LAVA):
            for name in re.findall(r"(?<![\w/])scripts/\w+", path.read_text()):
                self.assertTrue((REPO / name).exists(), f"{path.name}: {name}")

    def test_gitlab(self):
        """The job's script asks for the shard and leaves results where its artifacts are."""
        calls = self.run_steps(steps(GITLAB, "script"))
        self.assertIn("boot/recovery-garm-stable-1-of-4 --out out/garm-stable-1-of-4", calls)
        self.assertTrue((self.work / "out/garm-stable-1-of-4/junit.xml").exists())

    def test_lava(self):
        """Each result becomes a test case with a name that LAVA takes."""
        self.program("lava-test-case", '#!/bin/sh\necho "$@" >> cases\n')
        self.run_steps(steps(LAVA, "steps"))
        self.assertEqual((self.work / "cases").read_text().splitlines(), [
            "gone--garm-on-stable--recovered --result pass", "irq-5 --result fail", "power-slow --result skip"])


if __name__ == "__main__":
    unittest.main()
