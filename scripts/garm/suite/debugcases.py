"""garm.ko on the kernels that the project builds.

On the lockdep kernel, as part of a run of everything: locking proved under jobs, faults, heaps, memory pressure and
failing allocations, and the KUnit tests, in one boot. On the debug kernel, when they are named: its KUnit tests, and each
guest program under lockdep, KASAN, UBSAN and kmemleak.

Any report of the kernel is a failure of the boot that it is in; so each program has a boot of its own on the debug
kernel. `debug/together` saves the boots, and the scans for leaks, where no report is expected. Called by main.py.
A kernel is built when one of its cases is named, which takes long; `lockdep/garm` and `debug/kunit` are also part of a
run of everything, and are skipped there when their kernel is not in the cache.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from .. import console
from ..debugkernel import debug_kernel_built
from ..options import Options
from . import bootcases, parse
from .bootcases import EXPECT, Scenario
from .context import Context
from .model import SKIP, Case, Result, matches

SUITE_NAME = re.compile(r"^\s*\.name = \"(garm-[\w-]+)\",$", re.MULTILINE)
# Figures of this kernel say nothing, and garm_suspend needs somebody outside who wakes the guest (tests/boot/sleep.py).
LEFT_OUT = ("mov_bench", "driver_bench", "garm_suspend", "recovery_suite")
# Everything is some ten times slower.
TIMEOUT = 3000.0
TOGETHER_TIMEOUT = 10000.0
# What CI runs on the lockdep kernel. The stress has reclaim, resets, suspend and failing allocations all at once.
PROVED = ("garm_stress", "garm_shrink", "garm_recovery", "sync_ioctl", "tiler_heap", "panthor_vm", "garm_unbind")
PROVED_WITH = {"GARM_STRESS_SECONDS": "8", "GARM_STRESS_INJECT": "1"}
PROVED_MEMORY = "768M"      # garm_shrink fills it
STATE = "sed -n 's/^ *debug_locks: */debug_locks /p' /proc/lockdep_stats"
# The generator of tests/boot/uapi.py, for longer.
WALK_SEEDS = range(1, 5)
WALK_STEPS = 5000
WALK_TIMEOUT = 7200.0
# Two scans, of objects of 5 seconds and more: what is unreferenced and unchanged in both is reported in the log.
LEAKS = "K=/sys/kernel/debug/kmemleak; sleep 6; echo scan > $K; echo scan > $K; cat $K"


def cases(context: Context) -> Iterator[Case]:
    """All of them."""
    yield Case("lockdep/garm", partial(lockdep, context),
               "garm.ko on the lockdep kernel: jobs, faults, heaps, memory pressure, failing allocations; KUnit tests")
    yield Case("debug/kunit", partial(kunit, context), "garm.ko's KUnit tests, on the debug kernel")
    for name in members(context):
        yield Case(f"debug/{name}", partial(program, context, name),
                   f"{name} with garm.ko on the debug kernel: no report of lockdep, KASAN, ...", asked=True)
    yield Case("debug/together", partial(together, context),
               "all of these programs, or those of GARM_DEBUG, in one boot on the debug kernel", asked=True)
    yield Case("debug/uapi_walk", partial(walk, context),
               "a long random walk through the ioctls of garm.ko on the debug kernel finds nothing", asked=True)


def members(context: Context) -> list[str]:
    """Guest programs that run on the debug kernel."""
    return [name for name in bootcases.guest_sources(context.env.repo) if name not in LEFT_OUT]


def options() -> Options:
    """The guest. kmemleak's and KASAN's memory comes on top of everybody's."""
    return Options(driver="garm", kernel="debug", memory="3G", environment={"GARM_EXPECT": EXPECT})


def suites(folder: Path) -> list[str]:
    """KUnit suites of the driver, from their sources."""
    return sorted(name for path in folder.glob("*_kunit.c") for name in SUITE_NAME.findall(path.read_text()))


def too_long(context: Context, case: str, kind: str) -> Result | None:
    """A skip, when nobody named the case and its kernel would have to be built first."""
    named = any(matches(Case(case, lambda: ()), name) for name in context.names)
    if named or debug_kernel_built(context.env, context.root, "4k", kind):
        return None
    return Result("kernel", SKIP, f"the {kind} kernel is not in the cache; `scripts/test {case}` builds it")


def kunit(context: Context) -> Iterator[Result]:
    """They run when the module is loaded, with results in the kernel's log."""
    skipped = too_long(context, "debug/kunit", "debug")
    if skipped:
        yield skipped
        return
    run = Scenario(context, "debug/kunit").boot(options(), "true", TIMEOUT)
    yield Scenario.verdict("boot, no report of the kernel, power off", run)
    lines = [console.message(line) for line in run.console.splitlines()]
    yield from parse.ktap(lines, suites(context.env.repo / "driver"))


def lockdep(context: Context) -> Iterator[Result]:
    """One boot; anything that lockdep has to say fails it."""
    skipped = too_long(context, "lockdep/garm", "lockdep")
    if skipped:
        yield skipped
        return
    guest = Options(driver="garm", kernel="lockdep", memory=PROVED_MEMORY,
                    environment={"GARM_EXPECT": EXPECT, **PROVED_WITH})
    run = Scenario(context, "lockdep/garm").boot(guest, bootcases.script(PROVED) + STATE, TIMEOUT)
    yield Scenario.verdict("boot, no report of the kernel, power off", run)
    # It turns itself off after a report, or when it runs out of room for locks.
    on = re.search(r"^debug_locks (\d)$", run.stdout.decode(errors="replace"), re.MULTILINE)
    yield Scenario.check("lockdep is on at the end", on is not None and on.group(1) == "1",
                         f"/proc/lockdep_stats: expected debug_locks 1, got {on and on.group(1)}")
    yield from parse.ktap([console.message(line) for line in run.console.splitlines()],
                          suites(context.env.repo / "driver"))
    yield from bootcases.outputs(run, PROVED, guest)


def program(context: Context, name: str) -> Iterator[Result]:
    """One guest program in a boot of its own; then a look for memory that was leaked."""
    yield from bootcases.programs(context, options(), [name], after=LEAKS, timeout=TIMEOUT)


def together(context: Context) -> Iterator[Result]:
    """Many guest programs in one boot, one look for leaks at the end."""
    names = os.environ.get("GARM_DEBUG", "").split() or members(context)
    yield from bootcases.programs(context, options(), names, after=LEAKS, timeout=TOGETHER_TIMEOUT)


def walk(context: Context) -> Iterator[Result]:
    """Random ioctls, good and bad; what they answer is tests/boot/uapi.py's matter, here the kernel must not complain."""
    command = "".join(f"echo seed {seed}: $(uapi_walk --seed {seed} --steps {WALK_STEPS} 2>&1 | tail -1); "
                      for seed in WALK_SEEDS)
    run = Scenario(context, "debug/uapi_walk").boot(options(), command + LEAKS, WALK_TIMEOUT)
    yield Scenario.verdict("boot, no report of the kernel, no leak, power off", run)
    lines = run.stdout.decode(errors="replace").splitlines()
    for seed in WALK_SEEDS:
        got = next((line for line in lines if line.startswith(f"seed {seed}: ")), f"seed {seed}: nothing")
        want = f"seed {seed}: end of the walk, {WALK_STEPS} steps"
        yield Scenario.check(f"seed {seed}", got == want, f"expected \"{want}\", got \"{got}\"")
