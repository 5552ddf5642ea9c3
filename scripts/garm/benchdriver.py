"""garm.ko against panthor: the same program in the same guest, which changes modules between. Called by bench.py and
benchrecovery.py.

Twice: as fast as this machine is, and with time that is the number of instructions that the guest executes. The first
depends on what else the machine does; the second does not, tells what the driver itself costs, and leaves out what
the emulator does, which is the same for both.
"""

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
ROUNDS = 3          # of a pair; the order is turned each time, so that drift of the machine cancels
TIMEOUT = 1200.0
COUNTED = ("-icount", "shift=1,sleep=off")      # an instruction takes 2 ns, waiting takes none of the machine's time
COMMAND = "driver_bench jobs latency bind memory"
SCRIPT = """
for driver in {drivers}; do
    for other in {all}; do [ $other = $driver ] || rmmod $other 2> /dev/null || :; done
    modprobe $driver || exit 1
    sleep 1
    result=$(GARM_DRIVER=$driver {command}) || exit 1
    echo "$result" | while read -r line; do echo "$driver $line"; done
done
"""
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
    Measure("module_bytes", "module, code and data", "B", note="coresize in sysfs, without modules it needs"),
    Measure("file_bytes", "memory of an open file", "B", note=FREE),
    Measure("vm_bytes", "memory of a VM", "B", note=FREE),
    Measure("group_bytes", "memory of a group with one queue", "B", note=f"{FREE}; ring of 64 KiB"),
    Measure("bo_bytes", "memory of a BO of 4 KiB that nobody touched", "B", note=FREE),
)


def compare(samples: Mapping[str, Sequence[Mapping[str, float]]], measures: Sequence[Measure] = MEASURES,
            when: str = "") -> Iterator[Figure]:
    """Rows for each measure: both medians and, where it means something, their ratio with its limit."""
    for m in measures:
        name = f"{m.name}{when}"
        value = {driver: statistics.median(sample[m.key] for sample in samples[driver]) for driver in samples}
        for driver in (REFERENCE, OURS):
            yield Figure(f"{name}: {driver}", value[driver], m.unit, note=m.note)
        if m.limit is None:
            continue
        if value[REFERENCE] <= 0:
            raise GarmError(f"bench: {m.key} of {REFERENCE} is {value[REFERENCE]}: nothing to compare with")
        ratio = value[OURS] / value[REFERENCE]
        ok = ratio >= m.limit if m.more_is_better else ratio <= m.limit
        yield Figure(f"{name}: {OURS} / {REFERENCE}", ratio, "x", f"{'>=' if m.more_is_better else '<='} {m.limit}", ok)


def parse(text: str, measures: Sequence[Measure] = MEASURES) -> dict[str, list[dict[str, float]]]:
    """What the guest printed: a line for each run, the driver's name and an object of JSON."""
    samples: dict[str, list[dict[str, float]]] = {REFERENCE: [], OURS: []}
    for line in text.splitlines():
        driver, _, values = line.partition(" ")
        if driver not in samples:
            continue
        result = json.loads(values)
        missing = [m.key for m in measures if m.key not in result]
        if missing:
            raise GarmError(f"bench: driver_bench on {driver} did not print {', '.join(missing)}")
        samples[driver].append(result)
    for driver, results in samples.items():
        if not results:
            raise GarmError(f"bench: nothing was measured on {driver}")
    return samples


def in_turn(setup: Setup, options: Options, rounds: int, command: str) -> str:
    """One boot: what a command printed on both drivers in turn, each line behind the driver's name."""
    pair = (REFERENCE, OURS)
    order = [driver for turn in range(rounds) for driver in (pair if turn % 2 == 0 else reversed(pair))]
    script = SCRIPT.format(drivers=" ".join(order), all=" ".join(pair), command=command)
    run = Guest(setup, options).run(script, TIMEOUT)
    if run.status:
        raise GarmError(f"bench: {command.split()[0]} failed\n{run.explain()}")
    return run.stdout.decode()


def real_time(kernel: str) -> Options:
    """A guest as fast as the machine is."""
    return Options(driver=OURS, kernel=kernel)


def counted_time(kernel: str) -> Options:
    """A guest whose time is the number of instructions that it executes."""
    return Options(driver=OURS, kernel=kernel, gpu=["deterministic=on"], qemu_args=COUNTED)


def drivers(setup: Setup, kernel: str) -> list[Figure]:
    """All measures of both drivers: in real time, and those that are times also counted."""
    real, counted = (parse(in_turn(setup, options, ROUNDS, COMMAND)) for options in (real_time(kernel), counted_time(kernel)))
    times = [m for m in MEASURES if m.limit is not None]
    return [*compare(real), *compare(counted, times, ", counted")]
