"""The table that puts panthor and garm.ko side by side: each guest program in each guest. Called by main.py."""

from __future__ import annotations

import html
from collections.abc import Iterable
from pathlib import Path

from .model import FAIL, PASS, SKIP, Case, Result

DRIVERS = ("panthor", "garm")
NOT_RUN = "-"
WORDS = {PASS: "passed", FAIL: "FAILED", SKIP: "skipped"}

# program -> guest -> driver -> subtest -> result
Cells = dict[str, dict[str, dict[str, dict[str, Result]]]]


def collect(rows: Iterable[tuple[Case, Result]]) -> tuple[Cells, list[str]]:
    """The results of cases that have a place in the table, and the guests in their order."""
    cells: Cells = {}
    guests: list[str] = []
    for case, result in rows:
        if case.cell is None:
            continue
        driver, guest = case.cell
        if guest not in guests:
            guests.append(guest)
        program, _, subtest = result.name.partition("/")
        tests = cells.setdefault(program, {}).setdefault(guest, {}).setdefault(driver, {})
        # A guest may be booted more than once; the worse result counts.
        if subtest not in tests or result.status == FAIL:
            tests[subtest] = result
    return cells, guests


def summary(tests: dict[str, Result] | None) -> str:
    """How the subtests of a program ended."""
    if not tests:
        return NOT_RUN
    counts = {state: sum(1 for r in tests.values() if r.status == state) for state in (PASS, FAIL, SKIP)}
    return ", ".join(f"{count} {WORDS[state]}" for state, count in counts.items() if count)


def grid(cells: Cells, guests: list[str]) -> list[list[str]]:
    """Rows of text: a head, then a row per program."""
    drivers = [(guest, driver) for guest in guests for driver in DRIVERS]
    head = ["program", *(f"{guest}: {driver}" for guest, driver in drivers)]
    return [head] + [[program, *(summary(row.get(guest, {}).get(driver)) for guest, driver in drivers)]
                     for program, row in sorted(cells.items())]


def differences(cells: Cells) -> list[list[str]]:
    """Subtests that both drivers ran and that ended differently, with what was said."""
    found = [["guest", "subtest", *DRIVERS, "reason"]]
    for program, row in sorted(cells.items()):
        for guest, by_driver in row.items():
            left, right = (by_driver.get(driver, {}) for driver in DRIVERS)
            for subtest in sorted(left.keys() & right.keys()):
                a, b = left[subtest], right[subtest]
                if a.status != b.status:
                    said = (a.detail if a.status != PASS else b.detail).strip().splitlines()
                    found.append([guest, f"{program}/{subtest}".rstrip("/"), WORDS[a.status], WORDS[b.status],
                                  said[0] if said else ""])
    return found


def markdown(rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]]) + "\n"


def page(rows: list[list[str]]) -> str:
    """A table in HTML."""
    def line(row: list[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}{' class=bad' if 'FAILED' in cell else ''}>{html.escape(cell)}</{tag}>"
                                for cell in row) + "</tr>"
    return "<table>\n" + "\n".join([line(rows[0], "th"), *(line(row, "td") for row in rows[1:])]) + "\n</table>\n"


def write(path: Path, rows: Iterable[tuple[Case, Result]]) -> None:
    """Write both tables; the suffix of the file decides how."""
    cells, guests = collect(rows)
    parts = [("Guest programs on both drivers", grid(cells, guests)), ("What differs", differences(cells))]
    if path.suffix == ".html":
        style = "table{border-collapse:collapse}td,th{border:1px solid;padding:2px 6px}.bad{background:#fbb}"
        text = f"<!doctype html><meta charset=utf-8><title>panthor and garm.ko</title><style>{style}</style>\n" + \
            "".join(f"<h2>{title}</h2>\n{page(table)}" for title, table in parts)
    else:
        text = "\n".join(f"## {title}\n\n{markdown(table)}" for title, table in parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
