"""From a fault to the next good job, kind by kind: garm.ko beside panthor, in turn. Called by bench.py."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .boot import Guest
from .errors import GarmError
from .figure import Figure
from .options import Options
from .setup import Setup

REFERENCE, OURS = "panthor", "garm"
ROUNDS = 2          # of a pair of boots; the order is turned each time
TIMEOUT = 600.0
LIMIT = 1.0         # of ours against the reference

Sample = Mapping[str, Any]   # a line of recovery_bench


def parse(text: str) -> dict[str, Sample]:
    """The lines of recovery_bench by kind of fault."""
    rows = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    if not rows:
        raise GarmError("bench: recovery_bench printed no figures")
    for row in rows:
        if ("median_ms" in row) == ("missing" in row):
            raise GarmError(f"bench: recovery_bench: neither a time nor why there is none, or both: {row}")
    return {row["fault"]: row for row in rows}


def rows_of(samples: Mapping[str, Sequence[Mapping[str, Sample]]]) -> Iterator[Figure]:
    """A row per driver and kind, and the ratio where both have a time. `samples`: of each boot of each driver."""
    for kind, first in samples[OURS][0].items():
        value: dict[str, float] = {}
        for driver in (REFERENCE, OURS):
            lines = [boot[kind] for boot in samples[driver] if kind in boot]
            if len(lines) != len(samples[driver]):
                raise GarmError(f"bench: recovery_bench on {driver} did not print {kind} each time")
            if any("missing" in line for line in lines):
                continue
            value[driver] = statistics.median(line["median_ms"] for line in lines)
            worst = max(line["max_ms"] for line in lines)
            yield Figure(f"{first['what']}: {driver}", value[driver], "ms", note=f"longest {worst:.4g} ms")
        for driver in (REFERENCE, OURS):
            if driver not in value:
                # A row of its own, so that the table says it; there is no number for what cannot be done.
                yield Figure(f"{first['what']}: not {driver}, {samples[driver][0][kind]['missing']}", 0.0, "")
        if len(value) == 2:
            ratio = value[OURS] / value[REFERENCE]
            yield Figure(f"{first['what']}: {OURS} / {REFERENCE}", ratio, "x", f"<= {LIMIT}", ratio <= LIMIT)


def measure(setup: Setup, driver: str, kernel: str) -> dict[str, Sample]:
    """One boot."""
    run = Guest(setup, Options(driver=driver, kernel=kernel)).run("recovery_bench", TIMEOUT)
    if run.status:
        raise GarmError(f"bench: recovery_bench on {driver} failed\n{run.explain()}")
    return parse(run.stdout.decode())


def recovery(setup: Setup, kernel: str) -> list[Figure]:
    """All kinds of faults on both drivers."""
    order = (REFERENCE, OURS)
    samples: dict[str, list[dict[str, Sample]]] = {driver: [] for driver in order}
    for turn in range(ROUNDS):
        for driver in order if turn % 2 == 0 else reversed(order):
            samples[driver].append(measure(setup, driver, kernel))
    return list(rows_of(samples))
