"""What QEMU holds of the host's memory above the guest's RAM, while a guest runs. Called by bench.py and benchscreen.py.

Resident pages of all its mappings but that of the guest's RAM, shared libraries among them, looked at every few
seconds: adding up a large mapping's pages takes the kernel some milliseconds. Only until the renderer that the Mali is
compared with runs in the guest: QEMU keeps what it translates, and llvmpipe makes a hundred MiB of that.
"""

from __future__ import annotations

import re
import threading
from pathlib import Path

from .boot import Guest, Result
from .errors import GarmError
from .figure import Figure
from .options import Options
from .setup import Setup

RAM = 0x40000000        # where the machine `virt` has it
SECONDS = 2.0
LIMIT_MIB = 300.0       # issue 7

HEADER = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) ", re.M)


def ram_address(answer: str) -> int:
    """The host's address of the guest's RAM, in what the monitor's gpa2hva prints."""
    found = re.search(r"is 0x([0-9a-f]+)", answer)
    if not found:
        raise GarmError(f"bench: QEMU does not say where the guest's RAM is: {answer.strip()!r}")
    return int(found.group(1), 16)


def above_ram(smaps: str, ram: int, size: int) -> float:
    """MiB resident outside [ram, ram + size), in the text of /proc/PID/smaps. A mapping that reaches over an end of it
    counts as the share that lies outside."""
    kib = 0.0
    heads = list(HEADER.finditer(smaps))
    for head, after in zip(heads, [*heads[1:], None]):
        text = smaps[head.end():after.start() if after else len(smaps)]
        resident = re.search(r"^Rss: +(\d+) kB", text, re.M)
        first, last = int(head.group(1), 16), int(head.group(2), 16)
        inside = max(0, min(last, ram + size) - max(first, ram))
        if resident:
            kib += int(resident.group(1)) * (1 - inside / (last - first))
    return kib / 1024


class Watch:
    """The most of it that was seen, from here to stop(), or until the guest's stdout has the text @until."""

    def __init__(self, guest: Guest, until: str = "") -> None:
        assert guest.process
        self.guest, self.until = guest, until
        self.smaps = Path(f"/proc/{guest.process.pid}/smaps")
        self.ram = ram_address(guest.qmp.hmp(f"gpa2hva 0x{RAM:x}"))
        self.size = int(guest.qmp.command("query-memory-size-summary")["base-memory"])
        self.peak = 0.0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self) -> None:
        while not self.ended.wait(SECONDS):
            try:
                text = self.smaps.read_text("ascii", "replace")
            except OSError:     # QEMU has ended
                return
            if self.until and self.until in self.guest.output():
                return
            self.peak = max(self.peak, above_ram(text, self.ram, self.size))

    def stop(self) -> float:
        """MiB."""
        self.ended.set()
        self.thread.join()
        return self.peak


def run(setup: Setup, options: Options, command: str, timeout: float, until: str = "") -> tuple[Result, float]:
    """Guest.run(), and the most MiB that QEMU held above the guest's RAM, see Watch."""
    with Guest(setup, options) as guest:
        guest.start(command)
        watch = Watch(guest, until)
        try:
            result = guest.wait(timeout)
        finally:
            peak = watch.stop()
    return result, peak


def figure(what: str, mib: float) -> Figure:
    """The row of a run."""
    return Figure(f"{what}: QEMU's memory above the guest's RAM", mib, "MiB", f"< {LIMIT_MIB:.0f}", 0 < mib < LIMIT_MIB,
                  note="resident pages of QEMU, its libraries among them, at most")
