"""Piglit's tests on unmodified panfrost, against the lists in tests/piglit."""

import fnmatch
import os
import re
import tempfile
from pathlib import Path

from garm.options import Options
from garm.piglit import PACKAGES, Piglit

HOME = Path(__file__).parents[1] / "piglit"
GUEST = "/root/piglit"
# Without --shard: so many of the tests whose result is known, which takes about a minute; compute is always among them.
SAMPLE = 110
ALWAYS = "glsl-es-3.10/"
# A guest that is busy with other things besides, per test.
SECONDS = 6.0


def spelled(word):
    """The names that a word of a list stands for."""
    match = re.fullmatch(r"(.*?)\{(.*)\}", word)
    return [match.group(1) + end for end in match.group(2).split(",")] if match else [word]


def expectations(text):
    """name -> (result, reason): "[FOLDER]", then names that pass ("a{b,c}": ab and ac), or lines "! RESULT NAME: REASON"."""
    rows, folder = {}, ""
    for line in text.splitlines():
        if line.startswith("["):
            folder = line.strip("[]")
        elif line.startswith("!"):
            result, name, reason = re.fullmatch(r"! (\w+) ([^:\s]+): (.+)", line).groups()
            rows[f"{folder}/{name}"] = (result, reason)
        elif not line.startswith("#"):
            rows.update({f"{folder}/{name}": ("pass", "") for word in line.split() for name in spelled(word)})
    return rows


def selected(tests, shard, known):
    """Those whose names match $GARM_PIGLIT, or part I of N of the tests, or a sample of the known ones."""
    asked = os.environ.get("GARM_PIGLIT", "").split()
    if asked:
        return [test for test in tests if any(fnmatch.fnmatch(test[1], pattern) for pattern in asked)]
    if shard:
        return tests[shard[0] - 1::shard[1]]
    tests = [test for test in tests if test[1] in known]
    return [test for i, test in enumerate(tests) if i % max(1, len(tests) // SAMPLE) == 0 or ALWAYS in test[1]]


def outcomes(text):
    """name -> (result, what the test said)."""
    parts = re.split(r"^@@piglit (\w+) (\S+?)(?:\.shader_test)?\n", text, flags=re.M)
    return {parts[i + 2]: (parts[i + 1], parts[i]) for i in range(0, len(parts) - 2, 3)}


def compare(s, piglit, lines, names, want):
    """Boots a guest that runs the lines of a list (run.sh), and yields a check for each name."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "list").write_text("".join(lines))
        limit = max(580.0, 60 + SECONDS * len(lines))    # a few of them may be the slowest
        add = [f"{piglit.path}:{GUEST}", f"{HOME / 'run.sh'}:/root/run.sh", f"{folder}/list:/root/list"]
        run = s.boot(Options(driver="panthor", packages=PACKAGES, memory="2G", timeout=limit, add=add),
                     f"sh /root/run.sh {GUEST} /root/list", limit)
    yield s.verdict("boot, no kernel warning, power off", run)
    seen = outcomes(run.stdout.decode(errors="replace"))
    for name in names:
        expected, reason = want.get(name, ("pass", ""))
        got, output = seen.get(name, ("none", ""))
        reason = reason or "as all that the list does not name"
        yield s.check(name, got == expected, f"expected {expected} ({reason}), got {got}\n{output[-1500:]}")


def test_piglit_shaders(s):
    """a sample of piglit's shader tests for GL 3.1 and GLES 3.1, on panthor; --shard I/N runs that part of all"""
    want = expectations((HOME / "shaders.txt").read_text())
    piglit = Piglit(s.context.env, s.context.setup.apt)
    tests = piglit.tests()
    names = {name for _, name in tests}
    yield s.check("the list names tests that exist", set(want) <= names,
                  f"only in it: {sorted(set(want) - names)[:20]}")
    chosen = selected(tests, s.context.shard, want)
    lines = [f"{program} {name}.shader_test\n" for program, name in chosen]
    yield from compare(s, piglit, lines, [name for _, name in chosen], want)


def test_piglit_programs(s):
    """piglit's programs on compute shaders, storage buffers, images, atomic counters and texel buffers, on panthor"""
    want = expectations((HOME / "programs.txt").read_text())
    piglit = Piglit(s.context.env, s.context.setup.apt)
    programs = piglit.programs()
    names = [name for name, _ in programs]
    yield s.check("list and piglit's table name the same programs", set(want) == set(names),
                  f"differ: {sorted(set(want) ^ set(names))[:20]}")
    lines = [f"program {name} {' '.join(command)}\n" for name, command in programs]
    yield from compare(s, piglit, lines, names, want)


test_piglit_programs.asked = True     # some minutes
