"""garm.ko on the debug kernel: its KUnit tests, and each guest program under lockdep, KASAN, UBSAN and kmemleak.

Any report of the kernel is a failure of the boot that it is in; so each program has a boot of its own. Called by
main.py. The kernel is built when one of these is named, which takes long; `debug/kunit` alone is also part of a run
of everything, and is skipped there when the kernel is not in the cache.
"""

from __future__ import annotations

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
# Two scans, of objects of 5 seconds and more: what is unreferenced and unchanged in both is reported in the log.
LEAKS = "K=/sys/kernel/debug/kmemleak; sleep 6; echo scan > $K; echo scan > $K; cat $K"


def cases(context: Context) -> Iterator[Case]:
    """All of them."""
    yield Case("debug/kunit", partial(kunit, context), "garm.ko's KUnit tests, on the debug kernel")
    for name in bootcases.guest_sources(context.env.repo):
        if name not in LEFT_OUT:
            yield Case(f"debug/{name}", partial(program, context, name),
                       f"{name} with garm.ko on the debug kernel: no report of lockdep, KASAN, ...", asked=True)


def options() -> Options:
    """The guest. kmemleak's and KASAN's memory comes on top of everybody's."""
    return Options(driver="garm", kernel="debug", memory="3G", environment={"GARM_EXPECT": EXPECT})


def suites(folder: Path) -> list[str]:
    """KUnit suites of the driver, from their sources."""
    return sorted(name for path in folder.glob("*_kunit.c") for name in SUITE_NAME.findall(path.read_text()))


def kunit(context: Context) -> Iterator[Result]:
    """They run when the module is loaded, with results in the kernel's log."""
    case = Case("debug/kunit", lambda: ())
    if not any(matches(case, name) for name in context.names) \
            and not debug_kernel_built(context.env, context.root, "4k"):
        yield Result("kunit", SKIP, "the debug kernel is not in the cache; `scripts/test debug/kunit` builds it")
        return
    run = Scenario(context, "debug/kunit").boot(options(), "true", TIMEOUT)
    yield Scenario.verdict("boot, no report of the kernel, power off", run)
    lines = [console.message(line) for line in run.console.splitlines()]
    yield from parse.ktap(lines, suites(context.env.repo / "driver"))


def program(context: Context, name: str) -> Iterator[Result]:
    """One guest program in a boot of its own; then a look for memory that was leaked."""
    yield from bootcases.programs(context, options(), [name], after=LEAKS, timeout=TIMEOUT)
