"""garm.ko against panthor: the same program on the same kernel, boot by boot in turn. Called by bench.py."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .boot import Guest
from .errors import GarmError
from .figure import Figure
from .options import Options
from .setup import Setup

REFERENCE, OURS = "panthor", "garm"
ROUNDS = 2          # of a pair of boots; the order is turned each time, so that drift of the machine cancels
TIMEOUT = 900.0
IDLE = "a VM in which no job ran: no flushes"
FREE = "MemFree before and after, for one of many; caches dropped"


@dataclass(frozen=True)
class Measure:
    """A key of driver_bench's output; the limit is of ours against the reference, None for no limit."""

    key: str
    name: str
    unit: str
    limit: float | None = None
    more_is_better: bool = False
    note: str = ""


MEASURES = (
    Measure("jobs_1_queue_per_s", "jobs, submit ioctl to signalled fence, one queue", "jobs/s", 1.2, True),
    Measure("jobs_8_queues_per_s", "jobs, eight queues in turn", "jobs/s", 1.2, True),
    Measure("latency_median_us", "one job alone, median", "us", 1.0),
    Measure("latency_p99_us", "one job alone, 99 of 100", "us", 1.0),
    Measure("bind_small_sync_per_s", "VM_BIND of 10,000 ranges of 4 KiB, synchronous", "ops/s", 1.2, True, IDLE),
    Measure("bind_small_async_per_s", "VM_BIND of 10,000 ranges of 4 KiB, asynchronous", "ops/s", 1.2, True, IDLE),
    Measure("bind_large_gib_per_s", "VM_BIND of 1 GiB", "GiB/s", 1.2, True,
            f"a BO of 64 MiB 16 times in one ioctl; {IDLE}"),
    Measure("recover_cs_fault_ms", "CS_FAULT to the next good job", "ms", 1.0),
    Measure("recover_cs_fatal_ms", "CS_FATAL to the next good job, new group", "ms", 1.0),
    Measure("recover_mmu_fault_ms", "MMU fault to the next good job, new group", "ms", 1.0),
    Measure("module_bytes", "module, code and data", "B", note="coresize in sysfs, without modules it needs"),
    Measure("file_bytes", "memory of an open file", "B", note=FREE),
    Measure("vm_bytes", "memory of a VM", "B", note=FREE),
    Measure("group_bytes", "memory of a group with one queue", "B", note=f"{FREE}; ring of 64 KiB"),
    Measure("bo_bytes", "memory of a BO of 4 KiB that nobody touched", "B", note=FREE),
)


def compare(samples: Mapping[str, Sequence[Mapping[str, float]]], measures: Sequence[Measure] = MEASURES
            ) -> Iterator[Figure]:
    """Rows for each measure: both medians and, where it means something, their ratio with its limit."""
    for m in measures:
        value = {driver: statistics.median(sample[m.key] for sample in samples[driver]) for driver in samples}
        for driver in (REFERENCE, OURS):
            yield Figure(f"{m.name}: {driver}", value[driver], m.unit, note=m.note)
        if m.limit is None:
            continue
        if value[REFERENCE] <= 0:
            raise GarmError(f"bench: {m.key} of {REFERENCE} is {value[REFERENCE]}: nothing to compare with")
        ratio = value[OURS] / value[REFERENCE]
        ok = ratio >= m.limit if m.more_is_better else ratio <= m.limit
        yield Figure(f"{m.name}: {OURS} / {REFERENCE}", ratio, "x", f"{'>=' if m.more_is_better else '<='} {m.limit}",
                     ok)


def measure(setup: Setup, driver: str, kernel: str) -> dict[str, float]:
    """One boot."""
    run = Guest(setup, Options(driver=driver, kernel=kernel)).run("driver_bench", TIMEOUT)
    if run.status:
        raise GarmError(f"bench: driver_bench on {driver} failed\n{run.explain()}")
    result: dict[str, float] = json.loads(run.stdout.decode().strip().splitlines()[-1])
    missing = [m.key for m in MEASURES if m.key not in result]
    if missing:
        raise GarmError(f"bench: driver_bench on {driver} did not print {', '.join(missing)}")
    return result


def drivers(setup: Setup, kernel: str) -> list[Figure]:
    """All measures of both drivers."""
    order = (REFERENCE, OURS)
    samples: dict[str, list[dict[str, float]]] = {driver: [] for driver in order}
    for turn in range(ROUNDS):
        for driver in order if turn % 2 == 0 else reversed(order):
            samples[driver].append(measure(setup, driver, kernel))
    return list(compare(samples))
