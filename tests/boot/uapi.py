"""The user-space interface of garm.ko against panthor's: the same generated ioctls, the same answers.

tests/guest/uapi/uapi_walk.c makes the calls; only a kernel whose panthor has the interface version of garm.ko
can be compared whole.
"""

import re

from garm.options import Options

SEEDS = range(1, 9)
STEPS = 500
KERNEL = "backports"
# What garm.ko answers otherwise, and why. (pattern of the call, panthor's answer, garm's answer)
EXCEPTIONS = ()
WALK = "".join(f"echo @@seed {seed}; uapi_walk --seed {seed} --steps {STEPS} 2>&1; " for seed in SEEDS) + "true"


def walks(text):
    """seed -> lines"""
    parts = re.split(r"^@@seed (\d+)\n", text, flags=re.M)[1:]
    return {int(seed): lines.splitlines() for seed, lines in zip(parts[::2], parts[1::2])}


def excepted(ours, theirs):
    """a difference that is meant"""
    return any(re.search(call, theirs) and answer in theirs and own in ours for call, answer, own in EXCEPTIONS)


def compare(ours, theirs):
    """first lines that differ, as text; empty when none does"""
    shown = [f"panthor: {b}\ngarm:    {a}" for a, b in zip(ours, theirs) if a != b and not excepted(a, b)]
    if len(ours) != len(theirs):
        shown.append(f"{len(theirs)} lines from panthor, {len(ours)} from garm; the last: "
                     f"{theirs[-1:]} and {ours[-1:]}")
    return "\n".join(shown[:10]) + (f"\n... {len(shown)} differences" if len(shown) > 10 else "")


def test_uapi_differential(s):
    """thousands of generated ioctls have the same errno and outputs on panthor and on garm"""
    runs = {}
    for driver in ("panthor", "garm"):
        run = s.boot(Options(kernel=KERNEL, driver=driver), WALK, 600)
        yield s.verdict(f"walks on {driver}", run)
        runs[driver] = walks(run.stdout.decode(errors="replace"))
    for seed in SEEDS:
        theirs, ours = runs["panthor"].get(seed, []), runs["garm"].get(seed, [])
        ended = theirs[-1:] == [f"end of the walk, {STEPS} steps"]
        detail = compare(ours, theirs) if ended else f"panthor's walk did not end: {theirs[-3:]}"
        yield s.check(f"seed {seed}, {STEPS} steps", not detail, detail +
                      f"\nalone: scripts/run --kernel {KERNEL} --driver garm -- uapi_walk --seed {seed} --steps {STEPS}")
