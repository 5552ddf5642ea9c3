"""Turns what tests print into results: TAP (unit, device), IGT lines (guest), KTAP (KUnit, in the kernel's log)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .model import FAIL, PASS, SKIP, Result

TAP_LINE = re.compile(r"^(ok|not ok)\s+\d+(?:\s+-)?\s*([^#]*?)\s*(?:#\s*(SKIP|skip)\s*(.*))?$")
IGT_LINE = re.compile(r"^Subtest ([\w-]+): (SUCCESS|SKIP|FAIL|CRASH|TIMEOUT)\b.*?\(?([\d.]+)?s?\)?\s*$")
IGT_BEGIN = re.compile(r"^Starting subtest: ([\w-]+)$")
IGT_PART = re.compile(r"^Dynamic subtest ([\w-]+): (SUCCESS|SKIP|FAIL|CRASH|TIMEOUT)\b.*?\(?([\d.]+)?s?\)?\s*$")
IGT_STATUS = {"SUCCESS": PASS, "SKIP": SKIP}
IGT_EXIT = {0: PASS, 77: SKIP}
KTAP_LINE = re.compile(r"^( *)(ok|not ok) (\d+) ([\w.-]+)(?: # SKIP ?(.*))?$")
KTAP_PLAN = re.compile(r"^ *1\.\.(\d+)$")


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
    """Results of a guest program that follows IGT's conventions. Dynamic subtests are named SUBTEST@PART."""
    rows: list[Result] = []
    notes: list[str] = []
    subtest = ""
    for line in output.splitlines():
        begin, part = IGT_BEGIN.match(line), IGT_PART.match(line)
        match = part or IGT_LINE.match(line)
        if begin:
            subtest = begin[1]
        elif match:
            name, word, seconds = match.groups()
            name = f"{subtest}@{name}" if part else name
            rows.append(Result(name, IGT_STATUS.get(word, FAIL), "\n".join(notes[-30:]),
                               float(seconds or 0)))
            notes = []
        elif not line.startswith("Starting dynamic"):
            notes.append(line)
    yield from rows
    expected = {PASS: {0}, SKIP: {0, 77}, FAIL: {98}}
    worst = FAIL if any(r.status == FAIL for r in rows) else PASS if any(
        r.status == PASS for r in rows) else SKIP
    if not rows and status in IGT_EXIT:
        yield Result("program", IGT_EXIT[status], "\n".join(notes[-30:]))
    elif not rows or status not in expected[worst]:
        yield Result("program", FAIL, "\n".join([f"exit status {status}", *notes[-40:], f"program: {repeat}"]))


def ktap(lines: Iterable[str], suites: Iterable[str]) -> Iterator[Result]:
    """Results of KUnit suites in a kernel log without time stamps, named SUITE/TEST.

    The result of a suite or of a test with parameters follows those of its parts, one level (4 spaces) to the left.
    A suite that is missing or has fewer tests than it announced is a failure.
    """
    rows: list[Result] = []
    notes: list[str] = []
    found: dict[str, list[Result]] = {}
    plans: list[int] = []
    for line in lines:
        match = KTAP_LINE.match(line)
        plan = KTAP_PLAN.match(line)
        if plan and line.startswith("    1"):
            plans.append(int(plan.group(1)))
        elif match and match.group(1) == "    ":
            _, word, _, name, skip = match.groups()
            state = SKIP if skip is not None else PASS if word == "ok" else FAIL
            rows.append(Result(name, state, skip or "" if state == SKIP else "\n".join(notes[-30:])))
            notes = []
        elif match and not match.group(1):
            name = match.group(4)
            want = plans.pop() if plans else None
            if want != len(rows) or (match.group(2) != "ok" and not any(r.status == FAIL for r in rows)):
                rows.append(Result("suite", FAIL, f"expected {want} tests and no other failure, got {len(rows)} and "
                                   f"\"{line}\"\n" + "\n".join(notes[-30:])))
            found[name] = [Result(f"{name}/{r.name}", r.status, r.detail) for r in rows]
            rows, notes, plans = [], [], []
        elif line.lstrip().startswith("#") or line.startswith("    "):
            notes.append(line)
    for suite in suites:
        yield from found.pop(suite, [Result(suite, FAIL, "expected results of this KUnit suite, got none")])
    for rest in found.values():
        yield from rest
