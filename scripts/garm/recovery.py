"""The recovery suite: faults of the catalogue against a driver in a guest, and what became of it, seen from outside.

The guest's half is tests/guest/recovery_suite.c. Called by tests/boot/recovery.py; calls boot.py, inject.py.
"""

from __future__ import annotations

import gzip
import html
import json
import os
import random
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from . import console
from .boot import Guest
from .errors import GarmError
from .inject import DUTIES, Fault, Injector, catalogue, points

RECOVERED, DEGRADED, LOST, HUNG, CRASHED, MISSED = "recovered", "degraded", "lost", "hung", "crashed", "not struck"
GUILTY = "va=0x50000000-0x5fffffff"
# While all processors wait the guest's clock jumps to what comes next, so a time-out of seconds takes milliseconds; the
# GPU then must work inside its timers, or time would run away from it.
WARP = ("-icount", "shift=1,sleep=off")
GPU = "deterministic=on"
# In a guest's folder: what its GPU did, with every fault; packed to a thirtieth when it has ended (ui.perfetto.dev opens both).
TIMELINE, PACKED = "timeline.json", "timeline.json.gz"
STEP_SECONDS = 120.0     # of the host, for one answer of the guest
LOOK_SECONDS = 5.0       # meanwhile its console is looked at
END_SECONDS = 60.0       # of the host, for a guest to power off
DEAD_SECONDS = 4.0       # for one that may be dead
CLEAN_MS = 20000         # of the guest, for work without a fault
CLEAN_TRIES = 3          # Linux 6.12 now and then kills a group that did nothing: tests/guest/README.md
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
# What a driver's core dump says about each kind that the catalogue has; panthor makes no dumps.
DUMPS = {
    "garm": {"FATAL": "CS_FATAL", "MMU": "MMU fault|CS_FATAL", "TIMEOUT": "job timed out", "PROGRESS": "no progress",
             "HANG": "reset|group does not suspend", "HALT": "firmware does not halt"},
}
# A stage whose first job is another: the same faults, at graphics.
DRAWN = {"RUN": "DRAW", "COMPUTE": "DRAW"}
RUN_IDVS = 6
CROWDS = (1, 2, 4, 11)   # innocent clients in a soak; the GPU has eight slots
# At which of its events a fault strikes in a soak; what happens once or twice in a stage has no eighth.
NTHS = {"BIND": (1,), "RESET": (1,), "RESUME": (1, 1, 1, 2), "DEVFREQ": (1, 1, 1, 2), "SUSPEND": (1,)}
MANY = (1, 1, 1, 2, 3, 5, 8)


class Strike(NamedTuple):
    """A fault, at which of its events, whether the guilty client's first job is a draw, and how many are innocent."""

    fault: Fault
    nth: int = 1
    drawn: bool = False
    crowd: int = 1

    @property
    def rule(self) -> str:
        """The text that injects it."""
        return rule_of(self.fault, self.nth, self.drawn)

    @property
    def stray(self) -> bool:
        """Whether it may strike an innocent client: its hook knows no addresses, and it is not the first event."""
        return (self.nth > 1 or self.crowd > 1) and GUILTY not in self.rule.removeprefix(RESET)


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
    check: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0    # of the host, from the fault to the answer
    crowd: int = 1          # innocent clients


def rule_of(fault: Fault, nth: int = 1, drawn: bool = False) -> str:
    """The text that injects it at the guilty client, at the nth event there; `drawn`: at its draw."""
    parts = [fault.name]
    keys = points()[fault.point]
    if "va" in keys and not fault.preset.startswith("as=") and fault.point not in ("sync", "chunk"):
        parts.append(GUILTY)
    if drawn and fault.point == "cs_instr" and not fault.preset:
        parts.append(f"opcode={RUN_IDVS}")
    text = ":".join([*parts, *filter(None, [KEYS.get(fault.name, ""), f"nth={nth}" if nth > 1 else ""])])
    return f"{RESET};{text}" if fault.stage == "RESET" else text


def lost_more(fault: Fault, r: dict[str, Any], stray: bool = False) -> str:
    """What was lost beyond the fault's duty, in words; empty when nothing was. A fault that strayed took an innocent
    client in the guilty one's place: what the duty allows one of them to lose, but only one."""
    # A reset was brought about by another fault, whose victims are not this one's.
    duty = max(DUTIES.index(fault.duty), DUTIES.index("RESET") if fault.stage == "RESET" else 0)
    guilty, innocent = r["guilty"], r["innocent"]
    reset, silent = DUTIES.index("RESET"), DUTIES.index("SILENT")
    guilty_ended, innocent_ended, several = r["guilty_group"], r["innocent_groups"], False
    if stray and not guilty_ended and not guilty["lost"] + guilty["refused"] + guilty["wrong"]:
        guilty, innocent = innocent, guilty
        guilty_ended, innocent_ended, several = innocent_ended, 0, innocent_ended > 1
    checks = (
        (duty < reset and several, "more than one group ended"),
        (innocent["wrong"], "an innocent job has a wrong result and no error"),
        (guilty["wrong"] and duty != silent, "a guilty job has a wrong result and no error"),
        (duty < reset and innocent["lost"] + innocent["refused"], "innocent work was lost"),
        (duty < reset and innocent_ended, "an innocent group ended"),
        (duty < DUTIES.index("GROUP") and guilty_ended, "the guilty group ended"),
        (duty <= silent and guilty["lost"] + guilty["refused"], "work was lost"),
        (duty < DUTIES.index("GONE") and r["fences_ms"] > fault.limit_ms, f"fences took {r['fences_ms']:.0f} ms, the limit is "
                                                                          f"{fault.limit_ms}"),
        (fault.name.startswith(("cs-fault-", "cs-fatal-")) and not guilty["lost"], "the error was not reported"),
        (duty == DUTIES.index("JOB") and guilty["lost"] > 1, "more than the guilty job was lost"),
    )
    return "; ".join(text for bad, text in checks if bad)


def dump_missing(strike: Strike, driver: str, r: dict[str, Any]) -> str:
    """What the core dump should have said, in words; empty when it did, or the catalogue wants none. It speaks of the
    first event of a few: at a later one, or when later events made up for a lost one, there may be nothing to tell of."""
    want = DUMPS.get(driver, {}).get(strike.fault.dump, "")
    harmless = (strike.nth > 1 or strike.stray or strike.fault.dump == "TIMEOUT") and not r["guilty"]["lost"]
    if not want or harmless or re.search(want, r["reason"]):
        return ""
    return f"expected a core dump whose reason is \"{want}\", got " + (f'"{r["reason"]}"' if r["dump"] else "none")


def left_over(check: dict[str, Any], before: dict[str, Any]) -> str:
    """What is left of the clients after all was closed, in words; a device that was bound anew has new tables."""
    more = {name: n for name, n in check["left"].items() if n > before["left"][name]}
    return "left behind: " + ", ".join(f"{name} {before['left'][name]} -> {n}" for name, n in more.items()) if more else ""


def judge(strike: Strike, r: dict[str, Any], check: dict[str, Any], said: str, struck: bool,
          driver: str = "panthor", before: dict[str, Any] | None = None) -> tuple[str, str]:
    """Verdict and reason. `said`: the kernel's log of the time; `before`: a check() without a fault."""
    fault = strike.fault
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
    left = left_over(check, before) if before else ""
    if gone:
        return (DEGRADED, left) if left else (RECOVERED, "given up, bound again" if check["after_bind"] else "survived")
    if not check["works"]:
        return LOST, "the device works only after the driver was bound anew"
    if r["next_guilty"] or r["next_innocent"]:
        return LOST, f"no next job: guilty {r['next_guilty']}, innocent {r['next_innocent']}"
    more = "; ".join(filter(None, (lost_more(fault, r, strike.stray), dump_missing(strike, driver, r), left)))
    return (DEGRADED, more) if more else (RECOVERED, "")


class Session:
    """A guest that takes faults, one after the other."""

    def __init__(self, guest: Guest, driver: str, kernel: str, first: str = "true") -> None:
        """`first`: a line for the guest's shell before anything else."""
        self.guest, self.driver, self.kernel, self.first = guest, driver, kernel, first
        self.answers = 0
        self.alive = False
        self.said = 0           # of the console, before the fault at hand
        self.injector: Injector | None = None
        self.before: dict[str, Any] = {}    # what a check says when nothing was injected

    def start(self) -> None:
        """Boot."""
        self.guest.start(f"{self.first} && GARM_DRIVER={self.driver} recovery_suite")
        self.guest.wait_for(r"^@@ 0 ready", STEP_SECONDS * 2)
        self.injector = Injector(self.guest.qmp)
        said = [self.clean() for _ in range(CLEAN_TRIES) if not self.before]
        if not self.before:
            raise GarmError(f"recovery: without a fault the work fails: {'; '.join(said)}")
        self.alive = True

    def clean(self) -> str:
        """The work without a fault: what failed, or the yardstick for what is left behind."""
        self.ask("prepare RUN", "prepared")
        work = self.ask(f"go {CLEAN_MS} {self.driver}-nothing", "result")
        check = self.ask("check", "check")
        if not check["works"] or any(work[who][what] for who in ("guilty", "innocent")
                                     for what in ("lost", "wrong", "hung", "refused")):
            return f"{work}, {check}"
        self.before = check
        return ""

    def leaks(self) -> str:
        """What kmemleak found in the whole session; empty when nothing, or where the kernel has none."""
        found = self.ask("leaks", "leaks") if self.alive else {"objects": 0}
        return f"kmemleak: {found['objects']} lines" if found["objects"] else ""

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

    def end(self) -> None:
        """Let it power off, which brings the files that it kept; a dead one is not waited for long."""
        with suppress(GarmError, OSError):
            self.guest.write(b"quit\n")
        self.guest.wait(time.monotonic() - self.guest.started + (END_SECONDS if self.alive else DEAD_SECONDS))
        self.guest.close()
        pack(self.guest.out_dir)

    def strike(self, strike: Strike, limit_ms: int = 0) -> Cell:
        """One fault. `limit_ms` for fences, if not the catalogue's. An answer that does not come leaves the session dead."""
        assert self.injector
        fault, rule = strike.fault, strike.rule
        stage = DRAWN.get(fault.stage, fault.stage) if strike.drawn else fault.stage
        name = fault.name + ("+draw" if strike.drawn else "")
        cell = Cell(name, self.driver, self.kernel, HUNG, "", rule, out=str(self.guest.out_dir), crowd=strike.crowd)
        seen = self.said = len(self.guest.output("console"))
        self.alive = False
        try:
            self.ask(f"prepare {stage} {strike.crowd}", "prepared")
            self.injector.add(rule)
            start = time.monotonic()
            cell.result = self.ask(f"go {(limit_ms or fault.limit_ms) + 1000} {self.driver}-{name}", "result")
            cell.seconds = time.monotonic() - start
            cell.log = self.injector.get("inject-log")
            self.injector.clear()
            check = cell.check = self.ask("check", "check")
        except GarmError as error:
            said = console.worst(console.scan(self.guest.output("console")[seen:]))
            word = CRASHED if said and said.name != "hung task" else HUNG
            cell.verdict, cell.why = word, f"{said.name}: {said.text}" if said else f"no answer: {error}"
            with suppress(GarmError, OSError):
                cell.log = cell.log or self.injector.get("inject-log")
            return cell
        cell.verdict, cell.why = judge(strike, cell.result, check, self.guest.output("console")[seen:],
                                       f" {fault.name} rule=" in cell.log, self.driver, self.before)
        self.alive = cell.verdict not in (CRASHED, HUNG) and (check["works"] or check["after_bind"])
        return cell


def pack(folder: Path) -> None:
    """The timeline of a guest that has ended, where it has one: packed, for a stream that hangs fills megabytes."""
    plain = folder / TIMELINE
    if plain.exists():
        with plain.open("rb") as source, gzip.open(folder / PACKED, "wb", compresslevel=1) as packed:
            shutil.copyfileobj(source, packed)
        plain.unlink()


def run(strikes: Iterable[Strike], driver: str, kernel: str, new_guest: Callable[[], Guest]) -> Iterator[Cell]:
    """All of them, in as few guests as there are that survive. What kmemleak finds in the last one is a cell more."""
    session: Session | None = None
    try:
        for strike in strikes:
            if session is None:
                session = Session(new_guest(), driver, kernel)
                session.start()
            yield session.strike(strike)
            if not session.alive:
                session.end()
                session = None
        leaked = session.leaks() if session else ""
        if session and leaked:
            yield Cell("kmemleak", driver, kernel, DEGRADED, leaked, out=str(session.guest.out_dir))
    finally:
        if session:
            session.end()


def sample(faults: Sequence[Fault], every: int, always: Sequence[str] = ()) -> list[Fault]:
    """Each nth, those named, and at least one of each family."""
    chosen = [f for at, f in enumerate(faults) if at % every == 0 or f.name in always]
    families = {f.family for f in chosen}
    return chosen + [next(f for f in faults if f.family == name)
                     for name in dict.fromkeys(f.family for f in faults) if name not in families]


def soak(faults: Sequence[Fault], seed: int, number: int) -> Iterator[Strike]:
    """A number of faults at random, each at one of the first events that it could strike, every third at draws, with one
    innocent client or a crowd, some larger than the GPU has slots for."""
    draw = random.Random(seed)
    for _ in range(number):
        fault = draw.choice(faults)
        nth = draw.choice(NTHS.get(fault.stage, MANY))
        drawn = fault.stage in DRAWN and draw.randrange(3) == 0
        yield Strike(fault, 1 if drawn else nth, drawn, draw.choice(CROWDS))     # there is one draw


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
.hung,.crashed{background:#f99}.family{background:#eee;font-weight:bold}.not{background:#eee}pre{font-size:12px;margin:0;white-space:pre-wrap}"""


LEGEND = """Recovered: guilty work was reported lost, innocent work done, fences signalled in time, the next job ran, nothing is
left behind, the core dump says what happened. Degraded: it went on, but not all of that holds. Lost: no next job. Hung: a
fence never signalled. Crashed: the kernel complains. Times are the guest's. Point at a fault to read what it does."""


def kept(folder: Path) -> list[Cell]:
    """The cells of a folder's recovery.json; there, what a guest left is named from the folder on."""
    path = folder / "recovery.json"
    rows = json.loads(path.read_text()) if path.exists() else []
    return [Cell(**{**row, "out": row["out"] and str(folder / row["out"])}) for row in rows]


def keep(cells: Iterable[Cell], folder: Path, others: Iterable[Path] = ()) -> None:
    """Adds the cells, and those of other folders (shards), to recovery.json of the folder; recovery.html has all."""
    folder.mkdir(parents=True, exist_ok=True)
    everything = [*kept(folder), *(cell for other in others for cell in kept(other)), *cells]
    rows = {(c.fault, c.driver, c.kernel): c for c in everything}
    text = json.dumps([{**asdict(c), "out": c.out and os.path.relpath(c.out, folder)} for c in rows.values()], indent=1)
    (folder / "recovery.json").write_text(text)
    (folder / "recovery.html").write_text(page(list(rows.values()), folder))


def links(cell: Cell, folder: Path) -> str:
    """To what there is to look at: console, timeline, core dump."""
    reason = f"core dump: {cell.result['reason']}" if cell.result.get("reason") else "core dump"
    files = (("console.log", "console"), (PACKED, "timeline"), (f"{cell.driver}-{cell.fault}.dump", reason))
    return "".join(f' <a href="{html.escape(os.path.relpath(Path(cell.out, name), folder))}">{html.escape(text)}</a>'
                   for name, text in files if cell.out and Path(cell.out, name).exists())


def cell_html(cell: Cell | None, folder: Path) -> str:
    """One cell: the verdict, why, and what there is to look at."""
    if cell is None:
        return "<td></td>"
    next_ms = f"next job {cell.result['next_ms']:.0f} ms" if cell.verdict == RECOVERED and cell.result else ""
    detail = html.escape(f"{cell.rule}\n{cell.log}\n{json.dumps(cell.result)}\n{json.dumps(cell.check)}")
    return (f'<td class="{cell.verdict.split()[0]}"><b>{cell.verdict}</b> {html.escape(cell.why)} <i>{next_ms}</i>'
            f"{links(cell, folder)}<details><summary>trace</summary><pre>{detail}</pre></details></td>")


def row_html(name: str, cells: Sequence[Cell | None], folder: Path, what: str) -> str:
    """One fault."""
    return f"<tr><th title=\"{html.escape(what)}\">{html.escape(name)}</th>{''.join(cell_html(c, folder) for c in cells)}</tr>"


def page(cells: Sequence[Cell], folder: Path = Path()) -> str:
    """The table fault x driver as a page, for a folder from which files of guests are named; by family of faults."""
    columns = sorted({(c.driver, c.kernel) for c in cells})
    by = {(c.fault, c.driver, c.kernel): c for c in cells}
    faults = {f.name: f for f in catalogue()}
    order = {name: at for at, fault in enumerate(faults) for name in (fault, f"{fault}+draw")}
    names = sorted({c.fault for c in cells}, key=lambda name: (order.get(name, len(order)), name))
    found = {name: faults.get(name.removesuffix("+draw")) for name in names}
    head = "".join(f"<th>{html.escape(d)}, {html.escape(k)}</th>" for d, k in columns)
    totals = "".join(f"<td>{'<br>'.join(count(cells, column))}</td>" for column in columns)
    rows = [f"<tr><th>in all</th>{totals}</tr>"]
    for family in dict.fromkeys(f.family if f else "other" for f in found.values()):
        rows.append(f'<tr><td class=family colspan="{len(columns) + 1}">{family.lower()}</td></tr>')
        rows += [row_html(name, [by.get((name, *column)) for column in columns], folder, f.what if f else "")
                 for name, f in found.items() if (f.family if f else "other") == family]
    return (f"<!doctype html><meta charset=utf-8><title>Recovery</title><style>{STYLE}</style><h1>Fault by driver</h1>"
            f"<p>{LEGEND}</p><table><tr><th>fault</th>{head}</tr>{''.join(rows)}</table>")


def count(cells: Sequence[Cell], column: tuple[str, str]) -> list[str]:
    """How many of each verdict."""
    mine = [c.verdict for c in cells if (c.driver, c.kernel) == column]
    return [f"{mine.count(v)} {v}" for v in (RECOVERED, DEGRADED, LOST, HUNG, CRASHED, MISSED) if v in mine]


def expected(path: Path) -> dict[tuple[str, str, str], tuple[str, str]]:
    """(driver, kernel, fault) -> (verdict, reason) of a list of what is known."""
    rows = {}
    for line in path.read_text().splitlines():
        found = re.match(r"(\w+)\s+(\w+)\s+([\w+-]+)\s+(not struck|\w+)\s*(.*)", line)
        if found and not line.startswith("#"):
            rows[found[1], found[2], found[3]] = (found[4], found[5])
    return rows
