"""The test runner's parsers, its selection of cases, and the table that compares drivers."""

import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

import garm_path  # noqa: F401
from garm.suite import parse, table
from garm.suite.debugcases import suites
from garm.suite.main import run_case
from garm.suite.model import FAIL, PASS, SKIP, Case, Result, selected

GOOD = """KTAP version 1
1..1
    KTAP version 1
    # Subtest: garm-one
    # module: garm
    1..3
    ok 1 first
        KTAP version 1
        # Subtest: with_parameters
        ok 1 red
        ok 2 green
    # with_parameters: pass:2 fail:0 skip:0 total:2
    ok 2 with_parameters
    ok 3 third # SKIP no such thing
# garm-one: pass:2 fail:0 skip:1 total:3
ok 1 garm-one
something else in the log
""".splitlines()

BAD = """    # Subtest: garm-two
    1..2
    ok 1 first
    # second: EXPECTATION FAILED at x.c:1
    not ok 2 second
not ok 2 garm-two
""".splitlines()


def states(results):
    return {r.name: r.status for r in results}


class Ktap(unittest.TestCase):
    def test_a_suite(self):
        self.assertEqual(states(parse.ktap(GOOD, ["garm-one"])), {
            "garm-one/first": PASS, "garm-one/with_parameters": PASS, "garm-one/third": SKIP})

    def test_a_failure_has_its_reason(self):
        results = list(parse.ktap(BAD, ["garm-two"]))
        self.assertEqual(states(results), {"garm-two/first": PASS, "garm-two/second": FAIL})
        self.assertIn("EXPECTATION FAILED", results[1].detail)

    def test_missing_results(self):
        self.assertEqual(states(parse.ktap(GOOD, ["garm-one", "garm-two"]))["garm-two"], FAIL)
        cut = [line for line in GOOD if "third" not in line]
        self.assertEqual(states(parse.ktap(cut, ["garm-one"]))["garm-one/suite"], FAIL)

    def test_a_suite_that_fails_for_no_test(self):
        lines = [line.replace("ok 1 garm-one", "not ok 1 garm-one") for line in GOOD]
        self.assertEqual(states(parse.ktap(lines, ["garm-one"]))["garm-one/suite"], FAIL)

    def test_suites_of_the_driver(self):
        found = suites(Path(__file__).resolve().parents[2] / "driver")
        for name in ("garm-jobqueue", "garm-slots", "garm-heap", "garm-address-spaces", "garm-fw-image"):
            self.assertIn(name, found)


class Igt(unittest.TestCase):
    TEXT = """Starting subtest: hang
Starting dynamic subtest: stream-loop
Dynamic subtest stream-loop: SUCCESS (5.2s)
Starting dynamic subtest: shader-loop
x.c:3: expected an error
Dynamic subtest shader-loop: FAIL (0.1s)
Starting dynamic subtest: other
not here
Dynamic subtest other: SKIP (0.0s)
Subtest hang: FAIL (5.3s)
Starting subtest: plain
Subtest plain: SUCCESS (0.001s)
"""

    def test_dynamic_subtests(self):
        results = list(parse.igt(self.TEXT, 98, "x"))
        self.assertEqual(states(results), {"hang@stream-loop": PASS, "hang@shader-loop": FAIL, "hang@other": SKIP,
                                           "hang": FAIL, "plain": PASS})
        self.assertIn("expected an error", results[1].detail)


class Selection(unittest.TestCase):
    CASES = [Case("unit/a", lambda: ()), Case("debug/b", lambda: (), asked=True)]

    def names(self, *patterns):
        return [case.name for case in selected(self.CASES, list(patterns))]

    def test_on_request_only(self):
        self.assertEqual(self.names(), ["unit/a"])
        self.assertEqual(self.names("debug"), ["debug/b"])
        self.assertEqual(self.names("unit", "debug/b"), ["unit/a", "debug/b"])


class Again(unittest.TestCase):
    """A case in which an upstream driver's known defect shows runs again, no other one."""

    LINE = "[    2.480906] panthor c000000.gpu: [drm] job timeout\n"

    def test_results_of_one_name_are_all_told(self):
        case = Case("boot/x", lambda: [Result("works", PASS), Result("works", PASS), Result("works", FAIL), Result("works", PASS)])
        told = run_case(case, SimpleNamespace(guests=[]))
        self.assertEqual([found.status for found in told], [PASS, PASS, FAIL, PASS])

    def run_case(self, statuses, driver="panthor", kernel="stable", log=LINE):
        """What is told of a case that ends so at its first, second ... run."""
        with tempfile.TemporaryDirectory() as folder:
            guest = SimpleNamespace(options=SimpleNamespace(driver=driver, kernel=kernel), out_dir=Path(folder))
            Path(folder, "console.log").write_text(log)
            context, runs = SimpleNamespace(guests=[]), iter(statuses)

            def run():
                context.guests.append(guest)
                yield Result("first", PASS)
                yield Result("second", next(runs), "why")
                yield Result("third", PASS)

            return [found if isinstance(found, str) else (found.name, found.status)
                    for found in run_case(Case("boot/x", run), context)]

    def test_it_passes_the_second_time(self):
        first, remark, *rest = self.run_case([FAIL, PASS])
        self.assertEqual([first, *rest], [("first", PASS), ("second", PASS), ("third", PASS)])
        self.assertIn("boot/x runs again, for second failed: panthor of Linux 6.12", remark)

    def test_it_fails_each_time(self):
        told = self.run_case([FAIL] * 3)
        self.assertEqual([row for row in told if not isinstance(row, str)], [("first", PASS), ("second", FAIL), ("third", PASS)])
        self.assertEqual(len(told), 5)

    def test_others_run_once(self):
        once = [("first", PASS), ("second", FAIL), ("third", PASS)]
        self.assertEqual(self.run_case([FAIL], driver="garm"), once)
        self.assertEqual(self.run_case([FAIL], kernel="backports"), once)
        self.assertEqual(self.run_case([FAIL], log="nothing\n"), once)
        self.assertEqual(self.run_case([PASS]), [("first", PASS), ("second", PASS), ("third", PASS)])


class Table(unittest.TestCase):
    ROWS = [
        (Case("boot/x", lambda: (), cell=("panthor", "stable 4k")), Result("cs_mov/a", PASS)),
        (Case("boot/x", lambda: (), cell=("panthor", "stable 4k")), Result("cs_mov/b", SKIP, "too | old\nmore")),
        (Case("boot/y", lambda: (), cell=("garm", "stable 4k")), Result("cs_mov/a", PASS)),
        (Case("boot/y", lambda: (), cell=("garm", "stable 4k")), Result("cs_mov/b", FAIL, "<reason>")),
        (Case("boot/y", lambda: (), cell=("garm", "stable 4k")), Result("garm_only", PASS)),
        (Case("unit/z", lambda: ()), Result("not a guest", FAIL)),
    ]

    def written(self, name):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "sub" / name
            table.write(path, self.ROWS)
            return path.read_text(encoding="utf-8")

    def test_markdown(self):
        text = self.written("t.md")
        self.assertIn("| cs_mov | 1 passed, 1 skipped | 1 passed, 1 FAILED |", text)
        self.assertIn("| garm_only | - | 1 passed |", text)
        self.assertIn("| stable 4k | cs_mov/b | skipped | FAILED | too \\| old |", text)
        self.assertNotIn("not a guest", text)

    def test_html(self):
        text = self.written("t.html")
        self.assertIn("<td class=bad>1 passed, 1 FAILED</td>", text)
        self.assertIn("<td>cs_mov</td>", text)


if __name__ == "__main__":
    unittest.main()
