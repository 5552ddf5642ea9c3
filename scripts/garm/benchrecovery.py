"""From a fault to the next good job, kind by kind: garm.ko beside panthor, in turn in one guest. Called by bench.py.

Twice, as the figures of benchdriver.py: in real time, and counted in the guest's instructions, which other work on the
machine does not change. Every round of every turn counts: a row is the median of all, with the quartiles beside it.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .benchdriver import OURS, REFERENCE, counted_time, in_turn, real_time
from .errors import GarmError
from .figure import Figure
from .setup import Setup

ROUNDS = 4          # of a pair; recovery_bench has rounds of its own
LIMIT = 1.0         # of ours against the reference

# What takes as long as a timer of the GPU that both drivers set alike, in cycles of a clock whose governor looks at the
# load every 50 ms: how long the clock stays slow at the start is chance, up to 4 % of the whole, with either driver. So the
# limit is widened by what the chance makes of two medians of the same thing.
TIMED = ("endless",)

Sample = Mapping[str, Any]   # a line of recovery_bench


def parse(text: str) -> dict[str, dict[str, list[Sample]]]:
    """What the guest printed, a line for each kind behind the driver's name: by driver, then by kind of fault."""
    samples: dict[str, dict[str, list[Sample]]] = {REFERENCE: {}, OURS: {}}
    for line in text.splitlines():
        driver, _, values = line.partition(" ")
        if driver not in samples or not values.startswith("{"):
            continue
        row = json.loads(values)
        if bool(row.get("ms")) == ("missing" in row):
            raise GarmError(f"bench: recovery_bench: neither a time nor why there is none, or both: {row}")
        samples[driver].setdefault(row["fault"], []).append(row)
    for driver, kinds in samples.items():
        if not kinds:
            raise GarmError(f"bench: recovery_bench printed no figures on {driver}")
        turns = max(len(rows) for rows in kinds.values())
        short = [kind for kind, rows in kinds.items() if len(rows) != turns]
        if short:
            raise GarmError(f"bench: recovery_bench on {driver} did not print {short[0]} each time")
    if samples[OURS].keys() != samples[REFERENCE].keys():
        raise GarmError("bench: recovery_bench did not print the same kinds on both drivers")
    return samples


def spread(times: Sequence[float]) -> tuple[float, float]:
    """The quartiles."""
    if len(times) < 2:
        return times[0], times[0]
    quartiles = statistics.quantiles(times, n=4, method="inclusive")
    return quartiles[0], quartiles[2]


def chance(times: Sequence[float]) -> float:
    """How far the median may be from that of many more such times, as a share of it: two standard errors.

    Quartiles stand for the deviation (a normal one is their distance / 1.349), as one time that is far off says little.
    """
    low, high = spread(times)
    return 2 * 1.2533 * (high - low) / 1.349 / math.sqrt(len(times)) / statistics.median(times)


def limit_of(kind: str, reference: Sequence[float]) -> float:
    """What the ratio may be. Only the reference's scatter counts: ours must not buy itself a wider limit."""
    return LIMIT + (math.sqrt(2) * chance(reference) if kind in TIMED else 0.0)


def rows_of(samples: Mapping[str, Mapping[str, Sequence[Sample]]], when: str = "") -> Iterator[Figure]:
    """A row per driver and kind, and the ratio where both have a time."""
    for kind, lines in samples[OURS].items():
        what = f"{lines[0]['what']}{when}"
        times: dict[str, list[float]] = {}
        for driver in (REFERENCE, OURS):
            missing = [line["missing"] for line in samples[driver][kind] if "missing" in line]
            if missing:
                # A row of its own, so that the table says it; there is no number for what cannot be done.
                yield Figure(f"{what}: not {driver}, {missing[0]}", 0.0, "")
                continue
            times[driver] = [time for line in samples[driver][kind] for time in line["ms"]]
            low, high = spread(times[driver])
            yield Figure(f"{what}: {driver}", statistics.median(times[driver]), "ms",
                         note=f"{len(times[driver])} times: quartiles {low:.4g} and {high:.4g} ms, longest "
                              f"{max(times[driver]):.4g} ms")
        if len(times) == 2:
            ratio = statistics.median(times[OURS]) / statistics.median(times[REFERENCE])
            limit = limit_of(kind, times[REFERENCE])
            yield Figure(f"{what}: {OURS} / {REFERENCE}", ratio, "x", f"<= {limit:.3f}", ratio <= limit,
                         f"two standard errors: {ratio * math.hypot(*map(chance, times.values())):.3f}")


def recovery(setup: Setup, kernel: str) -> list[Figure]:
    """All kinds of faults on both drivers, in both times."""
    real, counted = (parse(in_turn(setup, options, ROUNDS, "recovery_bench"))
                     for options in (real_time(kernel), counted_time(kernel)))
    return [*rows_of(real), *rows_of(counted, ", counted")]
