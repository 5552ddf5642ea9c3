"""What the guest kernel's messages mean: the table of bad ones, and finding them in a console log.

Called by boot.py; pure, and unit-tested.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

OOPS = "oops"
WARNING = "warning"

# (severity, name, regular expression for the message without its time stamp); the first that matches counts.
PATTERNS: tuple[tuple[str, str, str], ...] = (
    (WARNING, "KASAN report", r"BUG: KASAN: "),
    (WARNING, "KFENCE report", r"BUG: KFENCE: "),
    (WARNING, "KCSAN report", r"BUG: KCSAN: "),
    (WARNING, "sleep in atomic context", r"BUG: sleeping function called from invalid context"),
    (WARNING, "scheduling while atomic", r"BUG: scheduling while atomic"),
    (WARNING, "spinlock misuse", r"BUG: (spinlock|rwlock|rwsem|mutex) "),
    (WARNING, "workqueue lockup", r"BUG: workqueue (lockup|leaked)"),
    (WARNING, "soft lockup", r"watchdog: BUG: soft lockup"),
    (WARNING, "hard lockup", r"(watchdog: )?Watchdog detected hard LOCKUP"),
    (WARNING, "bad page state", r"BUG: Bad (page|rss)"),
    (WARNING, "lock held at exit", r"BUG: held lock freed|WARNING: lock held when returning"),
    (OOPS, "kernel panic", r"Kernel panic - not syncing"),
    (OOPS, "kernel oops", r"Internal error: "),
    (OOPS, "kernel oops", r"Unable to handle kernel "),
    (OOPS, "kernel BUG", r"kernel BUG at "),
    (OOPS, "kernel BUG", r"------------\[ cut here \]------------.*kernel BUG"),
    (OOPS, "system error", r"SError Interrupt on CPU|Bad mode in "),
    (OOPS, "kernel BUG", r"BUG: "),
    (WARNING, "hung task", r"INFO: task .+ blocked for more than \d+ seconds"),
    (WARNING, "RCU stall", r"rcu: INFO: .*(detected stalls|self-detected stall|detected expedited stalls)"),
    (WARNING, "RCU stall", r"rcu: rcu_\w+ kthread (starved|timer wakeup)"),
    (WARNING, "lockdep", r"INFO: (possible|inconsistent|trying to register) "),
    (WARNING, "UBSAN report", r"UBSAN: "),
    (WARNING, "memory leak", r"kmemleak: \d+ new suspected memory leaks"),
    (WARNING, "object misuse", r"ODEBUG: "),
    (WARNING, "DMA API misuse", r"DMA-API: .*(not|error|different|without|overlap|exceed|leak|fail)"),
    (WARNING, "refcount misuse", r"refcount_t: "),
    (WARNING, "list corruption", r"list_(add|del) corruption"),
    (WARNING, "slab corruption", r"=+ BUG |BUG \S+ \(.*\): "),
    (WARNING, "kernel warning", r"WARNING: "),
)

_COMPILED = [(severity, name, re.compile(pattern)) for severity, name, pattern in PATTERNS]
_STAMP = re.compile(r"^(?:<\d+>)?\[\s*\d+\.\d+\](?:\[\s*[TC]\d+\])? ?")
# Lines of our own init and of the command line may quote anything.
_IGNORED = re.compile(r"garm-init: |Kernel command line: |Unknown kernel command line parameters")
LINES_BEFORE = 3
LINES_AFTER = 30


@dataclass(frozen=True)
class Finding:
    """One bad message."""

    severity: str
    name: str
    line: int     # index into the log's lines
    text: str


def message(line: str) -> str:
    """A console line without its time stamp."""
    return _STAMP.sub("", line.rstrip("\r\n"))


def classify(line: str) -> tuple[str, str] | None:
    """(severity, name) of a line, or None for a harmless one."""
    text = message(line)
    if _IGNORED.match(text):
        return None
    for severity, name, pattern in _COMPILED:
        if pattern.match(text):
            return severity, name
    return None


def scan(log: str) -> list[Finding]:
    """All bad messages of a console log, in order."""
    found = []
    for number, line in enumerate(log.splitlines()):
        kind = classify(line)
        if kind:
            found.append(Finding(*kind, number, message(line)))
    return found


def worst(findings: list[Finding]) -> Finding | None:
    """The first oops, else the first warning."""
    return next((finding for finding in findings if finding.severity == OOPS), findings[0] if findings else None)


def excerpt(log: str, finding: Finding) -> str:
    """The lines around a finding."""
    lines = log.splitlines()
    start = max(0, finding.line - LINES_BEFORE)
    return "\n".join(lines[start:finding.line + LINES_AFTER])
