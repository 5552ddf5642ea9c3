"""Progress and messages on stderr; stdout belongs to the guest's command.

Called by every set-up step through Env.ui. Nothing is printed for a step that has nothing to do.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WIDTH = 100
TICK_SECONDS = 0.5


def last_line(path: Path) -> str:
    """Last non-empty line of a log that is still being written."""
    try:
        with path.open("rb") as log:
            log.seek(0, 2)
            log.seek(max(0, log.tell() - 2048))
            lines = log.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


class UI:
    """Writes lines like "garm: QEMU: build ... 231.4 s"."""

    def __init__(self, verbose: bool = False, quiet: bool = False) -> None:
        self.verbose = verbose
        self.quiet = quiet
        self.live = sys.stderr.isatty() and not verbose

    def say(self, text: str) -> None:
        """One line that is always shown."""
        print(f"garm: {text}", file=sys.stderr, flush=True)

    def note(self, text: str) -> None:
        """One line that --quiet callers (the test runner) do not want."""
        if not self.quiet:
            self.say(text)

    @contextmanager
    def step(self, what: str, log: Path | None = None) -> Iterator[None]:
        """Announce a step that takes time, and say how long it took."""
        start = time.monotonic()
        self.say(f"{what} ...")
        done = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(what, log, start, done), daemon=True)
        if self.live:
            ticker.start()
        outcome = "failed after"
        try:
            yield
            outcome = "done in"
        finally:
            done.set()
            if self.live:
                ticker.join()
                sys.stderr.write("\r\033[K")
            self.say(f"{what}: {outcome} {time.monotonic() - start:.1f} s")

    def _tick(self, what: str, log: Path | None, start: float, done: threading.Event) -> None:
        while not done.wait(TICK_SECONDS):
            tail = last_line(log) if log else ""
            text = f"  {time.monotonic() - start:4.0f} s  {what}  {tail}"
            sys.stderr.write(f"\r\033[K{text[:WIDTH]}")
            sys.stderr.flush()
