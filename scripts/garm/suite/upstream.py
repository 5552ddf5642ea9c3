"""Defects of the unmodified drivers that no test can steer clear of. Where one shows, a case that failed runs again.

A table of named defects, each with its sign in the guest's log, and not a second chance for whatever fails. garm.ko has
no row, and must not get one: it runs the same programs without a second chance. Called by main.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..boot import Guest

TRIES = 3       # of a case, the first among them


@dataclass(frozen=True)
class Defect:
    """What shows in the console log of a guest with that driver and kernel."""

    driver: str
    kernel: str
    sign: str
    reason: str


DEFECTS = (
    # queue_run_job() and cs_slot_reset_locked() of panthor_sched.c call drm_sched_suspend_timeout(), which sets a timer to
    # jiffies + LONG_MAX. calc_wheel_index() of kernel/time/timer.c takes a distance above LONG_MAX from the wheel's clock for
    # one in the past, and that clock lags behind jiffies while the timers' softirq of that CPU is late: the time-out strikes
    # at once. With three busy loops in a guest of two CPUs: 3 of 390 suspensions, seen with the event timer_start, whose
    # bucket_expiry was now. Gone where panthor has its own time-out (7.2).
    Defect("panthor", "stable", r"panthor \S+: \[drm\] job timeout",
           "panthor of Linux 6.12 may time a job out at once when a CPU's timers are late (drm_sched_suspend_timeout())"),
)


def shown(guests: Iterable[Guest]) -> str:
    """The reason of a defect that shows in one of these guests, "" when none does."""
    for guest in guests:
        log = guest.out_dir / "console.log"
        text = log.read_text(errors="replace") if log.is_file() else ""
        for defect in DEFECTS:
            if (guest.options.driver, guest.options.kernel) == (defect.driver, defect.kernel) and re.search(defect.sign, text):
                return f"{defect.reason}; log: {log}"
    return ""
