"""The recovery suite: faults of the catalogue against a driver in a guest, and what became of it, seen from outside.

The guest's half is tests/guest/recovery_suite.c. Called by tests/boot/recovery.py; calls boot.py, inject.py.
"""

from __future__ import annotations

import html
import json
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import console
from .boot import Guest
from .errors import GarmError
from .inject import DUTIES, Fault, Injector, points

RECOVERED, DEGRADED, LOST, HUNG, CRASHED, MISSED = "recovered", "degraded", "lost", "hung", "crashed", "not struck"
GUILTY = "va=0x50000000-0x5fffffff"
# While all processors wait the guest's clock jumps to what comes next, so a time-out of seconds takes milliseconds; the
# GPU then must work inside its timers, or time would run away from it.
WARP = ("-icount", "shift=1,sleep=off")
GPU = "deterministic=on"
STEP_SECONDS = 120.0     # of the host, for one answer of the guest
LOOK_SECONDS = 5.0       # meanwhile its console is looked at
COMPLAINTS = 20          # of the kernel about one fault
HANGS = re.compile(r"blocked for more than|Kernel panic|Internal error: Oops")
# What a fault needs beside its name to strike the guilty client's work.
KEYS = {
    "irq-lost": "line=job", "irq-late": "line=job", "read-flipped": "reg=0x1000-0x100c:bit=20",
    "csg-event-lost": "bits=0x10000000", "csg-wrong-state": "request=1",
}
# A GPU reset is brought about by a fault of its own.
RESET = f"cs-fatal-unrecoverable:{GUILTY}"
# The kernel's own words on a line that nobody serves are not the driver's.
KERNEL_COMPLAINS = ("irq-stuck",)


@dataclass
class Cell:
    """What one fault did to one driver."""

    fault: str
    driver: str
    kernel: str
    verdict: str
    why: str = ""
    rule: str = ""
    log: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    out: str = ""


def rule_of(fault: Fault, nth: int = 1) -> str:
    """The text that injects it at the guilty client, at the nth event there."""
    parts = [fault.name]
    keys = points()[fault.point]
    if "va" in keys and not fault.preset.startswith("as=") and fault.point not in ("sync", "chunk"):
        parts.append(GUILTY)
    text = ":".join([*parts, *filter(None, [KEYS.get(fault.name, ""), f"nth={nth}" if nth > 1 else ""])])
    return f"{RESET};{text}" if fault.stage == "RESET" else text


def lost_more(fault: Fault, r: dict[str, Any]) -> str:
    """What was lost beyond the fault's duty, in words; empty when nothing was."""
    # A reset was brought about by another fault, whose victims are not this one's.
    duty = max(DUTIES.index(fault.duty), DUTIES.index("RESET") if fault.stage == "RESET" else 0)
    guilty, innocent = r["guilty"], r["innocent"]
    reset, silent = DUTIES.index("RESET"), DUTIES.index("SILENT")
    checks = (
        (innocent["wrong"], "an innocent job has a wrong result and no error"),
        (guilty["wrong"] and duty != silent, "a guilty job has a wrong result and no error"),
        (duty < reset and innocent["lost"] + innocent["refused"], "innocent work was lost"),
        (duty < reset and r["innocent_group"], "the innocent group ended"),
        (duty < DUTIES.index("GROUP") and r["guilty_group"], "the guilty group ended"),
        (duty <= silent and guilty["lost"] + guilty["refused"], "work was lost"),
        (duty < DUTIES.index("GONE") and r["fences_ms"] > fault.limit_ms, f"fences took {r['fences_ms']:.0f} ms, the limit is "
                                                                          f"{fault.limit_ms}"),
        (fault.name.startswith(("cs-fault-", "cs-fatal-")) and not guilty["lost"], "the error was not reported"),
    )
    return "; ".join(text for bad, text in checks if bad)


def judge(fault: Fault, r: dict[str, Any], check: dict[str, Any], said: str, struck: bool) -> tuple[str, str]:
    """Verdict and reason. `said`: the kernel's log of the time."""
    worst = console.worst(console.scan(said))
    usable = check["works"] or check["after_bind"]
    gone = fault.duty == "GONE"
    if worst and fault.name not in KERNEL_COMPLAINS:
        return HUNG if worst.name == "hung task" else CRASHED, f"{worst.name}: {worst.text}"
    if not struck:
        return MISSED, "the work did not come by the fault's hook"
    if r["guilty"]["hung"] + r["innocent"]["hung"]:
        return HUNG, f"{r['guilty']['hung'] + r['innocent']['hung']} fences did not signal within the limit"
    if not usable:
        return LOST, "the device does not work again, not even when the driver is bound anew"
    if gone:
        return RECOVERED, "given up, bound again" if check["after_bind"] else "survived"
    if not check["works"]:
        return LOST, "the device works only after the driver was bound anew"
    if r["next_guilty"] or r["next_innocent"]:
        return LOST, f"no next job: guilty {r['next_guilty']}, innocent {r['next_innocent']}"
    more = lost_more(fault, r)
    return (DEGRADED, more) if more else (RECOVERED, "")


class Session:
    """A guest that takes faults, one after the other."""

    def __init__(self, guest: Guest, driver: str, kernel: str) -> None:
        self.guest, self.driver, self.kernel = guest, driver, kernel
        self.answers = 0
        self.alive = False
        self.said = 0           # of the console, before the fault at hand
        self.injector: Injector | None = None

    def start(self) -> None:
        """Boot."""
        self.guest.start(f"GARM_DRIVER={self.driver} recovery_suite")
        self.guest.wait_for(r"^@@ 0 ready", STEP_SECONDS * 2)
        self.injector = Injector(self.guest.qmp)
        self.alive = True

    def ask(self, line: str, word: str) -> dict[str, Any]:
        """A command of recovery_suite and its answer."""
        self.answers += 1
        self.guest.write(f"{line}\n".encode())
        pattern, end = rf"^@@ {self.answers} {word} ([^\n]*)\n", time.monotonic() + STEP_SECONDS
        while True:
            try:
                answer: dict[str, Any] = json.loads(self.guest.wait_for(pattern, LOOK_SECONDS)[1])
                return answer
            except GarmError:
                # A kernel that says that somebody hangs for minutes of its time need not be waited for.
                if time.monotonic() > end or HANGS.search(self.guest.output("console"), self.said) or self.complains():
                    raise

    def complains(self) -> bool:
        """Whether the kernel does nothing else any more."""
        return self.guest.output("console").count("cut here", self.said) > COMPLAINTS

    def strike(self, fault: Fault, nth: int = 1) -> Cell:
        """One fault. An answer that does not come leaves the session dead."""
        assert self.injector
        rule = rule_of(fault, nth)
        cell = Cell(fault.name, self.driver, self.kernel, HUNG, "", rule, out=str(self.guest.out_dir))
        seen = self.said = len(self.guest.output("console"))
        self.alive = False
        try:
            self.ask(f"prepare {fault.stage}", "prepared")
            self.injector.add(rule)
            cell.result = self.ask(f"go {fault.limit_ms + 1000} {self.driver}-{fault.name}", "result")
            cell.log = self.injector.get("inject-log")
            self.injector.clear()
            check = self.ask("check", "check")
        except GarmError as error:
            said = console.worst(console.scan(self.guest.output("console")[seen:]))
            word = CRASHED if said and said.name != "hung task" else HUNG
            cell.verdict, cell.why = word, f"{said.name}: {said.text}" if said else f"no answer: {error}"
            with suppress(GarmError, OSError):
                cell.log = cell.log or self.injector.get("inject-log")
            return cell
        cell.verdict, cell.why = judge(fault, cell.result, check, self.guest.output("console")[seen:],
                                       f" {fault.name} rule=" in cell.log)
        self.alive = cell.verdict not in (CRASHED, HUNG) and (check["works"] or check["after_bind"])
        return cell


def run(faults: Iterable[Fault | tuple[Fault, int]], driver: str, kernel: str,
        new_guest: Callable[[], Guest]) -> Iterator[Cell]:
    """All of them, each at its nth event, in as few guests as there are that survive."""
    session: Session | None = None
    try:
        for item in faults:
            fault, nth = item if isinstance(item, tuple) else (item, 1)
            if session is None:
                session = Session(new_guest(), driver, kernel)
                session.start()
            yield session.strike(fault, nth)
            if not session.alive:
                session.guest.close()
                session = None
    finally:
        if session:
            session.guest.write(b"quit\n")
            session.guest.wait(60)
            session.guest.close()


def sample(faults: Sequence[Fault], every: int, always: Sequence[str] = ()) -> list[Fault]:
    """Each nth, those named, and at least one of each family."""
    chosen = [f for at, f in enumerate(faults) if at % every == 0 or f.name in always]
    families = {f.family for f in chosen}
    return chosen + [next(f for f in faults if f.family == name)
                     for name in dict.fromkeys(f.family for f in faults) if name not in families]


def soak(faults: Sequence[Fault], seed: int, number: int) -> Iterator[tuple[Fault, int]]:
    """A number of faults at random, each at one of the first events that it could strike."""
    draw = random.Random(seed)
    for _ in range(number):
        yield draw.choice(faults), draw.choice((1, 1, 1, 2, 3, 5, 8))


def rates(cells: Sequence[Cell]) -> str:
    """How many recovered, and the time from the fault to the next good job of the guilty client."""
    struck = [c for c in cells if c.verdict != MISSED]
    times = sorted(c.result["next_ms"] for c in struck if c.verdict == RECOVERED)
    if not times:
        return f"{len(struck)} faults struck, none recovered"
    at = lambda share: times[min(len(times) - 1, int(share * len(times)))]  # noqa: E731
    return (f"{len(struck)} faults struck, {len(times)} recovered ({100 * len(times) / len(struck):.1f} %); next job after "
            f"{at(.5):.1f} ms (median), {at(.99):.1f} ms (99 of 100), {times[-1]:.1f} ms (longest), in the guest's time")


# ---- the report ----------------------------------------------------------------------------------

STYLE = """body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}td,th{border:1px solid #bbb;padding:3px 8px;
text-align:left;vertical-align:top}.recovered{background:#cfc}.degraded{background:#ffc}.lost{background:#fc9}
.hung,.crashed{background:#f99}.not{background:#eee}pre{font-size:12px;margin:0;white-space:pre-wrap}"""


def keep(cells: Iterable[Cell], folder: Path) -> None:
    """Adds the cells to recovery.json of the folder, and writes recovery.html of all that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "recovery.json"
    rows = {(c["fault"], c["driver"], c["kernel"]): c for c in (json.loads(path.read_text()) if path.exists() else [])}
    rows.update({(c.fault, c.driver, c.kernel): asdict(c) for c in cells})
    path.write_text(json.dumps(list(rows.values()), indent=1))
    (folder / "recovery.html").write_text(page([Cell(**row) for row in rows.values()]))


def cell_html(cell: Cell | None) -> str:
    """One cell: the verdict, why, and what there is to look at."""
    if cell is None:
        return "<td></td>"
    links = "".join(f' <a href="{html.escape(Path(cell.out, name).as_uri())}">{text}</a>'
                    for name, text in (("console.log", "console"), (f"{cell.driver}-{cell.fault}.dump", "dump"))
                    if cell.out and Path(cell.out, name).exists())
    detail = html.escape(f"{cell.rule}\n{cell.log}\n{json.dumps(cell.result)}")
    return (f'<td class="{cell.verdict.split()[0]}"><b>{cell.verdict}</b> {html.escape(cell.why)}{links}'
            f"<details><summary>trace</summary><pre>{detail}</pre></details></td>")


def page(cells: Sequence[Cell]) -> str:
    """The table fault x driver as a page."""
    columns = sorted({(c.driver, c.kernel) for c in cells})
    by = {(c.fault, c.driver, c.kernel): c for c in cells}
    names = list(dict.fromkeys(c.fault for c in cells))
    head = "".join(f"<th>{html.escape(d)}, {html.escape(k)}</th>" for d, k in columns)
    rows = "".join(f"<tr><th>{name}</th>{''.join(cell_html(by.get((name, *column))) for column in columns)}</tr>"
                   for name in names)
    totals = "".join(f"<td>{'<br>'.join(count(cells, column))}</td>" for column in columns)
    return (f"<!doctype html><meta charset=utf-8><title>Recovery</title><style>{STYLE}</style><h1>Fault by driver</h1>"
            f"<table><tr><th>fault</th>{head}</tr>{rows}<tr><th>in all</th>{totals}</tr></table>")


def count(cells: Sequence[Cell], column: tuple[str, str]) -> list[str]:
    """How many of each verdict."""
    mine = [c.verdict for c in cells if (c.driver, c.kernel) == column]
    return [f"{mine.count(v)} {v}" for v in (RECOVERED, DEGRADED, LOST, HUNG, CRASHED, MISSED) if v in mine]


def expected(path: Path) -> dict[tuple[str, str, str], tuple[str, str]]:
    """(driver, kernel, fault) -> (verdict, reason) of a list of what is known."""
    rows = {}
    for line in path.read_text().splitlines():
        found = re.match(r"(\w+)\s+(\w+)\s+([\w-]+)\s+(not struck|\w+)\s*(.*)", line)
        if found and not line.startswith("#"):
            rows[found[1], found[2], found[3]] = (found[4], found[5])
    return rows
