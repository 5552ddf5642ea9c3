"""Turns what test programs print into results: TAP (unit, device) and IGT lines (guest)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .model import FAIL, PASS, SKIP, Result

TAP_LINE = re.compile(r"^(ok|not ok)\s+\d+(?:\s+-)?\s*([^#]*?)\s*(?:#\s*(SKIP|skip)\s*(.*))?$")
IGT_LINE = re.compile(r"^Subtest ([\w-]+): (SUCCESS|SKIP|FAIL|CRASH|TIMEOUT)\b.*?\(?([\d.]+)?s?\)?\s*$")
IGT_STATUS = {"SUCCESS": PASS, "SKIP": SKIP}
IGT_EXIT = {0: PASS, 77: SKIP}


def tap(output: str, status: int, repeat: str) -> Iterator[Result]:
    """Results of a TAP program. A crash, a missing plan or no test at all is a failure."""
    rows: list[Result] = []
    notes: list[str] = []
    plan = None
    for line in output.splitlines():
        match = TAP_LINE.match(line)
        if match:
            word, name, skip, why = match.groups()
            state = SKIP if skip else PASS if word == "ok" else FAIL
            detail = why if skip else "\n".join(notes)
            rows.append(Result(name, state, detail))
            notes = []
        elif line.startswith("1.."):
            plan = int(line[3:].split()[0])
        else:
            notes.append(line.removeprefix("# "))
    yield from rows
    failed = any(r.status == FAIL for r in rows)
    if plan is None or plan != len(rows) or not rows or (status != 0 and not failed):
        yield Result("program", FAIL, "\n".join(
            [f"expected {plan} tests and exit status 0, got {len(rows)} and {status}",
             *notes[-40:], f"program: {repeat}"]))


def igt(output: str, status: int, repeat: str) -> Iterator[Result]:
    """Results of a guest program that follows IGT's conventions."""
    rows: list[Result] = []
    notes: list[str] = []
    for line in output.splitlines():
        match = IGT_LINE.match(line)
        if match:
            name, word, seconds = match.groups()
            rows.append(Result(name, IGT_STATUS.get(word, FAIL), "\n".join(notes[-30:]),
                               float(seconds or 0)))
            notes = []
        elif not line.startswith("Starting subtest"):
            notes.append(line)
    yield from rows
    expected = {PASS: {0}, SKIP: {0, 77}, FAIL: {98}}
    worst = FAIL if any(r.status == FAIL for r in rows) else PASS if any(
        r.status == PASS for r in rows) else SKIP
    if not rows and status in IGT_EXIT:
        yield Result("program", IGT_EXIT[status], "\n".join(notes[-30:]))
    elif not rows or status not in expected[worst]:
        yield Result("program", FAIL, "\n".join([f"exit status {status}", *notes[-40:], f"program: {repeat}"]))
