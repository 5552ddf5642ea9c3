"""Piglit's tests on unmodified panfrost, against the lists in tests/piglit."""

import fnmatch
import os
import re
import tempfile
from pathlib import Path

from garm import piglitprograms
from garm.options import Options
from garm.piglit import PACKAGES, Piglit
from garm.suite.model import FAIL, SKIP, Result

HOME = Path(__file__).parents[1] / "piglit"
GUEST = "/root/piglit"
# What programs find around them; how many at once, for one waits for the GPU while the other starts.
ENVIRONMENT = (f"LD_LIBRARY_PATH={GUEST}/lib PIGLIT_SOURCE_DIR={GUEST} PIGLIT_PLATFORM=surfaceless_egl "
               "PIGLIT_NO_WINDOW=1")
JOBS, LONGEST = 2, int(os.environ.get("GARM_PIGLIT_SECONDS", "100"))
PROGRAMS = (f"for api in 'gl -V 3.1' gl gles3; do wflinfo -p surfaceless_egl -a $api -v; done; "
            f"{ENVIRONMENT} piglit_run {GUEST} /root/list {JOBS} {LONGEST}")
# Without --shard: so many of the tests whose result is known, which takes about a minute; compute is always among them.
SAMPLE = 110
ALWAYS = "glsl-es-3.10/"
# Programs: each starts Mesa anew.
FEW = 24
# A guest that is busy with other things besides, per test.
SECONDS = 6.0
# Never mind what a test is expected to say: this is wrong.
WORST = ("crash", "timeout", "fault", "none")


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


def selected(tests, shard, known, sample=SAMPLE):
    """Those whose names match $GARM_PIGLIT, or part I of N of the tests, or a sample of the known ones."""
    asked = os.environ.get("GARM_PIGLIT", "").split()
    if asked:
        return [test for test in tests if any(fnmatch.fnmatch(test[1], pattern) for pattern in asked)]
    if shard:
        return tests[shard[0] - 1::shard[1]]
    tests = [test for test in tests if test[1] in known]
    return [test for i, test in enumerate(tests) if i % max(1, len(tests) // sample) == 0 or ALWAYS in test[1]]


def apart(tests, want):
    """The tests that a shard runs, and those whose list says "long": they run when $GARM_PIGLIT names them."""
    named = "GARM_PIGLIT" in os.environ
    long = [test for test in tests if not named and want.get(test[1], ("", ""))[0] == "long"]
    return [test for test in tests if test not in long], [name for _, name in long]


def outcomes(text):
    """name -> (result, what the test said)."""
    parts = re.split(r"^@@piglit (\w+) (\S+?)(?:\.shader_test)?(?: [\d.]+)?\n", text, flags=re.M)
    return {parts[i + 2]: (parts[i + 1], parts[i]) for i in range(0, len(parts) - 2, 3)}


def boot(s, packages, add, memory, command, lines):
    """Boots a guest that runs the lines of a list; leaves what it said where --out says, for merge.py."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "list").write_text("".join(lines))
        limit = max(580.0, 60 + max(SECONDS, LONGEST - 100) * len(lines))    # a few of them may be the slowest
        run = s.boot(Options(driver="panthor", packages=packages, memory=memory, timeout=limit,
                             add=[*add, f"{folder}/list:/root/list"]), command, limit)
    s.context.out.mkdir(parents=True, exist_ok=True)
    (s.context.out / f"{s.name.replace('/', '-')}.txt").write_bytes(run.stdout)
    return run


def judge(s, run, names, want):
    """A check for each name; what no list names is expected to pass, or when it is expected to be unknown, skips."""
    seen = outcomes(run.stdout.decode(errors="replace"))
    for name in names:
        expected, reason = want.get(name, ("pass", "as all that the list does not name"))
        got, output = seen.get(name, ("none", ""))
        if expected in ("unknown", "long") and got not in WORST:
            yield Result(name, SKIP, f"its result is unknown ({reason}); it was {got}")
        else:
            yield s.check(name, got == expected, f"expected {expected} ({reason}), got {got}\n{output[-1500:]}")


def test_piglit_shaders(s):
    """a sample of piglit's shader tests for GL 3.1 and GLES 3.1; --shard I/N runs that part of all"""
    want = expectations((HOME / "shaders.txt").read_text())
    piglit = Piglit(s.context.env, s.context.setup.apt)
    tests = piglit.tests()
    names = {name for _, name in tests}
    yield s.check("the list names tests that exist", set(want) <= names,
                  f"only in it: {sorted(set(want) - names)[:20]}")
    chosen = selected(tests, s.context.shard, want)
    run = boot(s, PACKAGES, [f"{piglit.path}:{GUEST}", f"{HOME / 'run.sh'}:/root/run.sh"], "2G",
               f"sh /root/run.sh {GUEST} /root/list", [f"{program} {name}.shader_test\n" for program, name in chosen])
    yield s.verdict("boot, no kernel warning, power off", run)
    yield from judge(s, run, [name for _, name in chosen], want)


def offered(text):
    """The extensions in the output of wflinfo."""
    return {word for line in text.splitlines() if line.startswith("OpenGL extensions:") for word in line.split()[2:]}


def test_piglit_programs(s):
    """a sample of the programs of piglit's quick_gl that panfrost can run; --shard I/N runs that part of all"""
    want = expectations((HOME / "programs.txt").read_text())
    extensions = (HOME / "extensions.txt").read_text().split()
    piglit = piglitprograms.Programs(s.context.env, s.context.setup.apt)
    tests = [(program, program.name) for program in piglit.all(extensions)]
    names = {name for _, name in tests}
    yield s.check("the list names programs that exist", set(want) <= names,
                  f"only in it: {sorted(set(want) - names)[:20]}")
    passing = {name for name, (result, _) in want.items() if result == "pass"}
    chosen, long = apart(selected(tests, s.context.shard, passing, FEW), want)
    run = boot(s, piglitprograms.PACKAGES, piglit.adds([program for program, _ in chosen], GUEST), "4G", PROGRAMS,
               [program.line for program, _ in chosen])
    yield s.verdict("boot, no kernel warning, power off", run)
    found = offered(run.stdout.decode(errors="replace"))
    yield s.check("panfrost offers the extensions of extensions.txt", found == set(extensions),
                  f"differ: {sorted(found ^ set(extensions))[:20]}")
    never = {name: ("unknown", "never run") for name in names}
    yield from judge(s, run, [name for _, name in chosen], never | want)
    for name in long:
        yield Result(name, SKIP, f"was not run, it takes too long: {want[name][1]}")
