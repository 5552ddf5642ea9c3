"""Drivers against faults: the recovery suite (scripts/garm/recovery.py) on garm.ko and panthor.

`boot/recovery-DRIVER` is a sample of the catalogue on the stable kernel; `recovery-DRIVER-KERNEL` all of it and
`recovery-DRIVER-KERNEL-K-of-4` a quarter, when named. Cells are compared with tests/boot/recovery.txt; the report
is recovery.html in the folder of --out.
"""

from pathlib import Path

from garm.inject import catalogue
from garm.options import Options
from garm.recovery import GPU, MISSED, RECOVERED, WARP, expected, keep, run, sample
from garm.suite.model import FAIL, PASS, SKIP, Result

KNOWN = Path(__file__).with_suffix(".txt")
SHARDS = 4
EVERY = 5       # of the catalogue, in the sample


def guest_options(driver, kernel, out):
    """A guest whose clock is warped while it waits."""
    return Options(driver=driver, kernel=kernel, gpu=[GPU], qemu_args=WARP, stdin=True, allow_warnings=True, out=out)


def compare(cell, known):
    """A cell against what is known of it. garm.ko recovers unless the list says otherwise; of panthor anything that
    the list does not name is told, and no failure."""
    want, reason = known.get((cell.driver, cell.fault), (RECOVERED, ""))
    name = f"{cell.fault}, {cell.driver} on {cell.kernel}: {cell.verdict}"
    detail = f"expected {want} {reason}\n{cell.why}\nrule: {cell.rule}\n{cell.log}\n{cell.result}\nlogs: {cell.out}"
    if cell.verdict == want or cell.verdict == RECOVERED:
        return Result(name, PASS)
    if cell.verdict == MISSED:
        return Result(name, SKIP if want == MISSED else FAIL, detail)
    return Result(name, FAIL if cell.driver == "garm" else PASS, detail)


def suite(s, driver, kernel, faults):
    """Every fault; the cells are kept for the report."""
    known, boots = expected(KNOWN), iter(range(1000))
    out = s.context.out / f"recovery-{driver}-{kernel}"
    cells = []
    for cell in run(faults, driver, kernel,
                    lambda: s.guest(guest_options(driver, kernel, out / str(next(boots))))):
        cells.append(cell)
        keep([cell], s.context.out)
        yield compare(cell, known)
    yield s.check("every fault has a cell", len(cells) == len(faults), f"{len(cells)} of {len(faults)}")


def case(driver, kernel, faults, what, asked):
    """A test function as the suite finds them."""
    def test(s):
        yield from suite(s, driver, kernel, faults)
    test.__doc__ = f"{what} of injected faults: what becomes of clients on {driver}, {kernel} kernel"
    test.asked = asked
    return test


def make():
    """Names and functions."""
    everything = catalogue()
    for driver in ("garm", "panthor"):
        yield f"test_recovery_{driver}", case(driver, "stable", sample(everything, EVERY), "a sample", False)
        for kernel in ("stable", "backports"):
            yield f"test_recovery_{driver}_{kernel}", case(driver, kernel, everything, "all", True)
            for k in range(SHARDS):
                yield (f"test_recovery_{driver}_{kernel}_{k + 1}_of_{SHARDS}",
                       case(driver, kernel, everything[k::SHARDS], f"quarter {k + 1}", True))


globals().update(make())
