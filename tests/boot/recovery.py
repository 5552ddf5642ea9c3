"""Drivers against faults: the recovery suite (scripts/garm/recovery.py) on garm.ko and panthor. GARM_FAULTS names some.

`boot/recovery-DRIVER` is a sample of the catalogue on the stable kernel; `recovery-DRIVER-KERNEL` all of it and
`recovery-DRIVER-KERNEL-K-of-4` a quarter, when named; `-draw`: the same faults where the guilty client draws. Cells are compared with tests/boot/recovery.txt; the report
is recovery.html in the folder of --out.
"""

import os
import time
from pathlib import Path

from garm.inject import catalogue
from garm.options import Options
from garm.recovery import (DRAWN, GPU, MISSED, RECOVERED, TIMELINE, WARP, Strike, expected, keep, rates, run, sample,
                           soak)
from garm.suite.model import FAIL, PASS, SKIP, Result

KNOWN = Path(__file__).with_suffix(".txt")
SHARDS = 4
EVERY = 6       # of the catalogue, in the sample
# Defects that panthor had and that nothing else can test: driver/README.md names these.
ALWAYS = ("fw-groups", "fw-cs-input", "as-stuck", "flush-lost", "csg-terminate-lost", "power-on-stuck")
SWEPT = ("mmu-translation", "cs-fatal-bus", "read-flipped", "irq-lost", "csg-event-lost", "glb-lost", "as-stuck")
SWEEP_MOST = 40


def guest_options(driver, kernel, out, timeline=False):
    """A guest whose clock is warped while it waits. `timeline`: of all that its GPU does, for the report to link."""
    memory = {"memory": "3G"} if kernel == "debug" else {}    # for KASAN and kmemleak
    # A comma in a value of QEMU's options is written twice.
    gpu = [GPU, f"trace={str(out / TIMELINE).replace(',', ',,')}"] if timeline else [GPU]
    return Options(driver=driver, kernel=kernel, gpu=gpu, qemu_args=WARP, stdin=True, allow_warnings=True, out=out, **memory)


def compare(cell, known):
    """A cell against what is known of it. garm.ko recovers unless the list says otherwise; of panthor anything that
    the list does not name is told, and no failure."""
    where = cell.driver, cell.kernel
    plain = known.get((*where, cell.fault.removesuffix("+draw")), (RECOVERED, ""))
    want, reason = known.get((*where, cell.fault), plain)    # a row for draws only where they end otherwise
    name = f"{cell.fault}, {cell.driver} on {cell.kernel}: {cell.verdict}" + (f", not {want}" if cell.verdict != want else "")
    detail = f"expected {want} {reason}\n{cell.why}\nrule: {cell.rule}\n{cell.log}\n{cell.result}\nlogs: {cell.out}"
    if cell.verdict == want or cell.verdict == RECOVERED:
        return Result(name, PASS)
    if cell.verdict == MISSED:
        return Result(name, SKIP if want == MISSED else FAIL, detail)
    return Result(name, FAIL if cell.driver == "garm" else PASS, detail)


def suite(s, driver, kernel, faults, drawn=False):
    """Every fault; the cells are kept for the report."""
    named = os.environ.get("GARM_FAULTS", "").split()
    faults = [f for f in faults if f.name in named] if named else faults
    cells = []
    for cell in struck(s, f"recovery{'-draw' if drawn else ''}", driver, kernel, (Strike(f, 1, drawn) for f in faults), True):
        cells.append(cell)
        keep([cell], s.context.out)
        yield compare(cell, expected(KNOWN))
    keep([], s.context.out)     # core dumps are there when the guest has ended
    missing = {f.name for f in faults} - {c.fault.removesuffix("+draw") for c in cells}
    yield s.check("every fault has a cell", not missing, f"none: {', '.join(missing)}")


def struck(s, what, driver, kernel, strikes, timeline=False):
    """Cells of faults, each guest with a folder of its own."""
    boots, out = iter(range(1000)), s.context.out / f"{what}-{driver}-{kernel}"
    yield from run(strikes, driver, kernel,
                   lambda: s.guest(guest_options(driver, kernel, out / str(next(boots)), timeline)))


def suite_of_cells(s, driver, kernel, strikes):
    """As suite(), for faults that strike more than once: a result each, and the figures."""
    cells, start = [], time.monotonic()
    for cell in struck(s, "soak", driver, kernel, strikes):
        cells.append(cell)
        result = compare(cell, expected(KNOWN))
        result.status = PASS if cell.verdict == MISSED else result.status   # an event that did not come
        result.name = f"{len(cells)} {cell.rule}, {cell.crowd} innocent: {cell.verdict}"
        yield result
    yield Result(f"{rates(cells)}; {60 * len(cells) / (time.monotonic() - start):.0f} faults a minute", PASS)


def soak_case(driver, kernel="stable"):
    """Random faults; GARM_SOAK_SEED and GARM_SOAK_FAULTS."""
    def test(s):
        seed, number = int(os.environ.get("GARM_SOAK_SEED", "1")), int(os.environ.get("GARM_SOAK_FAULTS", "60"))
        yield from suite_of_cells(s, driver, kernel, soak(catalogue(), seed, number))
    test.__doc__ = f"soak: faults at random on {driver}, {kernel} kernel, GARM_SOAK_SEED and GARM_SOAK_FAULTS (60) of them"
    test.asked = True
    return test


def sweep_case(driver):
    """A fault at the 1st, 2nd, 3rd ... event, until it finds none; GARM_SWEEP names some, GARM_SWEEP_MOST is the last."""
    def test(s):
        names = os.environ.get("GARM_SWEEP", " ".join(SWEPT)).split()
        for fault in (f for f in catalogue() if f.name in names):
            cells, most = [], int(os.environ.get("GARM_SWEEP_MOST", SWEEP_MOST))
            points = (Strike(fault, nth) for nth in range(1, most + 1)
                      if not cells or cells[-1].verdict != MISSED)
            for cell in struck(s, f"sweep-{fault.name}", driver, "stable", points):
                cells.append(cell)
                if cell.verdict != MISSED:
                    result = compare(cell, expected(KNOWN))
                    result.name = f"{cell.rule}: {cell.verdict}"
                    yield result
            yield s.check(f"{fault.name}: struck at {len(cells) - 1} points at least", len(cells) > 1, str(cells))
    test.__doc__ = f"sweep on {driver}: faults at each event in turn, GARM_SWEEP names them"
    test.asked = True
    return test


def case(driver, kernel, faults, what, asked, drawn=False):
    """A test function as the suite finds them."""
    def test(s):
        yield from suite(s, driver, kernel, faults, drawn)
    where = ", at draws" if drawn else ""
    test.__doc__ = f"{what} of injected faults{where}: what becomes of clients on {driver}, {kernel} kernel"
    test.asked = asked
    return test


def make():
    """Names and functions."""
    everything = catalogue()
    draws = [f for f in everything if f.stage in DRAWN]
    yield "test_soak_garm_debug", soak_case("garm", "debug")
    for driver in ("garm", "panthor"):
        yield f"test_recovery_{driver}", case(driver, "stable", sample(everything, EVERY, ALWAYS), "a sample", False)
        yield (f"test_recovery_{driver}_draw",
               case(driver, "stable", sample(draws, EVERY), "a sample", driver != "garm", True))
        yield f"test_soak_{driver}", soak_case(driver)
        yield f"test_sweep_{driver}", sweep_case(driver)
        for kernel in ("stable", "backports"):
            yield f"test_recovery_{driver}_{kernel}", case(driver, kernel, everything, "all", True)
            yield (f"test_recovery_{driver}_{kernel}_draw",
                   case(driver, kernel, draws, "all that strike while work runs", True, True))
            for k in range(SHARDS):
                yield (f"test_recovery_{driver}_{kernel}_{k + 1}_of_{SHARDS}",
                       case(driver, kernel, everything[k::SHARDS], f"quarter {k + 1}", True))


globals().update(make())
