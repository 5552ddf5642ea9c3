"""The report of image tests: each picture beside the one it was compared with and their difference, in one HTML file.

Cases add to it (Scenario.compare in bootcases.py), main.py writes it.
"""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass
from pathlib import Path

from ..picture import Picture

STYLE = ("body{font:15px sans-serif;margin:2em}figure{display:inline-block;margin:0 1em 1em 0}"
         "img{display:block;max-width:420px;background:#000;image-rendering:pixelated}figcaption{color:#555}"
         ".fail{color:#b00}h2{margin:1.5em 0 .3em;font-size:1.1em}")


@dataclass(frozen=True)
class Entry:
    """One comparison, or one picture that was looked at by itself."""

    name: str
    passed: bool
    note: str
    pictures: list[tuple[str, Picture]]


class Gallery:
    """Collects entries while cases run."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def add(self, name: str, passed: bool, note: str, pictures: list[tuple[str, Picture]]) -> None:
        """One row; `pictures` are captions with pictures."""
        self.entries.append(Entry(name, passed, note, pictures))

    def write(self, path: Path) -> None:
        """One file with everything in it; failures first."""
        failed = sum(not entry.passed for entry in self.entries)
        parts = ["<!DOCTYPE html><meta charset=utf-8><title>Garm: pictures</title>", f"<style>{STYLE}</style>",
                 f"<h1>Pictures</h1><p>{len(self.entries)} compared, {failed} failed. Difference: four times as bright; "
                 "red where it is more than the test allows.</p>"]
        for entry in sorted(self.entries, key=lambda each: each.passed):
            parts.append(f"<h2{'' if entry.passed else ' class=fail'}>{html.escape(entry.name)}"
                         f"{'' if entry.passed else ': failed'}</h2><p>{html.escape(entry.note)}</p>")
            for caption, picture in entry.pictures:
                data = base64.b64encode(picture.png()).decode()
                parts.append(f'<figure><img src="data:image/png;base64,{data}" alt="{html.escape(caption)}">'
                             f"<figcaption>{html.escape(caption)}</figcaption></figure>")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(parts), "utf-8")
