"""Hangs, faults, resets and wedged devices in IGT's form (tests/guest/panthor_hang.c), on both drivers and kernels; and
what it costs to wait for them, with the guest's clock warped.

The time-outs of a driver are seconds of the guest's clock; the clock jumps while every processor waits, so a boot takes
seconds of the host.
"""

from garm.inject import catalogue
from garm.options import Options
from garm.recovery import GPU, RECOVERED, WARP, Session, Strike
from garm.suite.bootcases import programs
from garm.suite.model import FAIL, SKIP

# What is known of panthor (tests/README.md, 7): told and no failure; when it passes, the row goes.
KNOWN = {("panthor", kernel, name): "unbind leaves the fence of a job that hangs open"
         for kernel in ("stable", "backports") for name in ("wedge@lost-hung", "wedge")}
LONG_MS = 2 * 60 * 1000
TIMEOUT_FILE = "/sys/module/garm/parameters/job_timeout_ms"


def options(driver, kernel):
    """A guest whose clock is warped while it waits."""
    return Options(driver=driver, kernel=kernel, gpu=[GPU], qemu_args=WARP)


def case(driver, kernel):
    """A test function as the suite finds them."""
    def test(s):
        for result in programs(s.context, options(driver, kernel), ["panthor_hang"]):
            reason = KNOWN.get((driver, kernel, result.name.removeprefix("panthor_hang/")))
            if reason:
                known = result.status == FAIL
                result.status = SKIP if known else FAIL
                result.detail = reason if known else f"expected a failure ({reason}), got none"
            yield result
    test.__doc__ = f"hangs, faults, resets, innocence, wedging in IGT's form: {driver} on the {kernel} kernel"
    # Each driver on one kernel is enough for every run; the others when they are named.
    test.asked = (driver, kernel) in (("garm", "backports"), ("panthor", "stable"))
    return test


def test_warp(s):
    """virtual time: a hang that the driver notices after minutes of the guest's costs seconds of the host's"""
    guest = s.guest(Options(driver="garm", gpu=[GPU], qemu_args=WARP, stdin=True, out=s.context.out / "warp"))
    session = Session(guest, "garm", "stable", f"echo {LONG_MS} > {TIMEOUT_FILE}")
    fault = next(f for f in catalogue() if f.name == "cs-start-lost")
    try:
        session.start()
        cell = session.strike(Strike(fault), 2 * LONG_MS)
    finally:
        session.end()
    # Session.ask() gives the guest 120 s of the host's for the whole of it; more would have ended in no answer.
    took = cell.result.get("fences_ms", 0)
    yield s.check("the guilty job ended by the driver's time-out, the innocent's was done", cell.result.get("guilty_group") == 1
                  and cell.result["innocent"]["good"] > 0 and not cell.result["innocent"]["lost"],
                  f"{cell.verdict}: {cell.why}\n{cell.result}")
    yield s.check("the time-out went by on the guest's clock", took >= LONG_MS, f"expected {LONG_MS} ms at least, got {took}")
    yield s.check("the clock was warped, not waited for", cell.seconds * 1000 < took,
                  f"expected less than {took} ms, got {cell.seconds} s of the host's")
    yield s.check("the device works again", cell.check.get("works") is True and cell.verdict in (RECOVERED, "degraded"),
                  f"{cell.verdict}: {cell.why}\n{cell.check}")


globals().update({f"test_hang_{driver}_{kernel}": case(driver, kernel)
                  for driver in ("panthor", "garm") for kernel in ("stable", "backports")})
