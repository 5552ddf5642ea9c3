"""One figure of scripts/bench. Used by bench.py, benchdriver.py and benchrecovery.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Figure:
    """One row. `ok` is None where no limit is set."""

    name: str
    value: float
    unit: str
    limit: str = ""
    ok: bool | None = None
    note: str = ""
