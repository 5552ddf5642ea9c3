"""Piglit's compute tests on unmodified panfrost, against the list in tests/piglit."""

import re
from pathlib import Path

from garm.options import Options
from garm.piglit import PACKAGES, Piglit
from garm.suite.bootcases import MARK

LIST = Path(__file__).parents[1] / "piglit/compute.txt"
GUEST = "/root/piglit"
ENVIRONMENT = {"PIGLIT_PLATFORM": "surfaceless_egl", "LD_LIBRARY_PATH": f"{GUEST}/lib", "PIGLIT_SOURCE_DIR": GUEST}


def expectations():
    """name -> (status, reason) of the list."""
    rows = {}
    for line in LIST.read_text().splitlines():
        if line and not line.startswith("#"):
            status, name, *reason = line.split(None, 2)
            rows[name] = (status, " ".join(reason))
    return rows


def command(name):
    """How a test is run."""
    return f"bin/shader_runner_gles3 tests/spec/{name}.shader_test -auto -fbo"


def test_piglit_compute(s):
    """every compute test of piglit that applies to panfrost, on panthor"""
    want = expectations()
    piglit = Piglit(s.context.env, s.context.setup.apt)
    tests = "".join(f"echo '{MARK} {name}'; timeout 60 {command(name)} 2>&1; " for name in piglit.tests())
    run = s.boot(Options(driver="panthor", packages=PACKAGES, add=[f"{piglit.path}:{GUEST}"], environment=ENVIRONMENT,
                         timeout=300), f"cd {GUEST}; {tests}true", 300)
    yield s.verdict("boot, no kernel warning, power off", run)
    parts = re.split(rf"^{MARK} (\S+)\n", run.stdout.decode(errors="replace"), flags=re.M)[1:]
    seen = dict(zip(parts[::2], parts[1::2]))
    yield s.check("the list names every test", set(want) == set(piglit.tests()),
                  f"only in the list: {sorted(set(want) - set(piglit.tests()))}\n"
                  f"not in the list: {sorted(set(piglit.tests()) - set(want))}")
    for name, output in seen.items():
        found = re.search(r'^PIGLIT: \{"result": "(\w+)"', output, re.M)
        got, (expected, reason) = found.group(1) if found else "crash", want.get(name, ("pass", ""))
        yield s.check(name, got == expected, f"expected {expected} ({reason or 'no reason given'}), got {got}\n"
                      + output[-1500:])
