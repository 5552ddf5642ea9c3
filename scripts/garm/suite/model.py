"""What a test case and its results are. Used by every module of this package and by tests/boot/*.py."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

PASS, FAIL, SKIP = "pass", "fail", "skip"


@dataclass
class Result:
    """One line of the report: a subtest of a case, or the whole case when it has none."""

    name: str
    status: str
    detail: str = ""
    seconds: float = 0.0


@dataclass
class Case:
    """A unit of selection: `scripts/test NAME` runs it. `run` yields one or more results."""

    name: str
    run: Callable[[], Iterable[Result]]
    describe: str = ""
    asked: bool = False     # only when it is named: not part of a run of everything
    tags: tuple[str, ...] = field(default_factory=tuple)
    beside: bool = False    # may run beside others of this kind: needs no guest, no build, and not the clock
    cell: tuple[str, str] | None = None   # driver and guest, for the table that compares drivers

    @property
    def repeat(self) -> str:
        """The command that runs this case alone."""
        return f"scripts/test {self.name}"


def selected(cases: Iterable[Case], patterns: list[str]) -> Iterator[Case]:
    """Cases whose name matches a pattern, lies below it as a folder, or has it as a tag."""
    for case in cases:
        if any(matches(case, p) for p in patterns) or (not patterns and not case.asked):
            yield case


def matches(case: Case, pattern: str) -> bool:
    """True when PATTERN (glob, folder or tag) names the case."""
    pattern = pattern.rstrip("/")
    return (fnmatch.fnmatch(case.name, pattern) or case.name.startswith(pattern + "/")
            or pattern in case.tags)
