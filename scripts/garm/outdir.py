"""The folder of a run's results, and the small host-side things beside it. Called by boot.py."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from .errors import GarmError, UsageError
from .options import Options

if TYPE_CHECKING:
    from .boot import Guest
    from .setup import Setup

KEEP_RUNS = 40
KEEP_SECONDS = 3600.0     # an older run that is still going would be a strange one
VNC_BASE = 5900
# Python from 3.12 (and patched older ones) wants to be told how far members are trusted; safe() has looked.
FILTER: dict[str, Any] = {"filter": "tar"} if hasattr(tarfile, "tar_filter") else {}


def make(cache: Path, chosen: Path | None) -> Path:
    """The folder that --out names, or a new one in the cache (the oldest of those go)."""
    if chosen:
        if chosen.exists() and not chosen.is_dir():
            raise UsageError(f"--out {chosen}: not a folder")
        chosen.mkdir(parents=True, exist_ok=True)
        return chosen.resolve()
    runs = cache / "runs"
    runs.mkdir(exist_ok=True)
    forget_old(runs)
    # Process and clock make the name unique between threads and processes.
    path = runs / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}-{time.monotonic_ns() % 1000000:06d}"
    path.mkdir()
    return path


def forget_old(runs: Path) -> None:
    """Keep the last runs."""
    limit = time.time() - KEEP_SECONDS
    for path in sorted(runs.iterdir())[:-KEEP_RUNS]:
        with contextlib.suppress(FileNotFoundError):     # another process tidies up, too
            if path.stat().st_mtime < limit:
                shutil.rmtree(path, ignore_errors=True)


def write_log(log: BinaryIO, chunk: bytes) -> None:
    """Append to the console log, without the serial line's carriage returns."""
    log.write(chunk.replace(b"\r", b""))


def safe(member: tarfile.TarInfo) -> bool:
    """Whether a member of the guest's archive stays inside the folder: the guest is not trusted."""
    inside = not member.name.startswith("/") and ".." not in member.name.split("/")
    if member.issym():
        inside = inside and not member.linkname.startswith("/") and ".." not in member.linkname.split("/")
    return inside and (member.isfile() or member.isdir() or member.issym())


def unpack(data: bytes, into: Path) -> list[str]:
    """Unpack the guest's /out; returns notes on what was left out."""
    if not data:
        return []
    notes = []
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                if not safe(member):
                    name = member.name.removeprefix("./")
                    notes.append(f"/out/{name} was not copied: neither a file, folder nor link inside /out")
                elif member.name not in (".", "./"):
                    archive.extract(member, into, **FILTER)
    except (tarfile.TarError, OSError) as error:
        notes.append(f"/out could not be copied as a whole: {error}")
    return notes


def vnc_display(options: Options) -> int:
    """A free VNC display number of this machine."""
    if options.display != "vnc":
        return 0
    for number in range(100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", VNC_BASE + number))
            except OSError:
                continue
            return number
    raise GarmError("no free VNC display on this machine")


def screenshot(guest: Guest, name: str = "screen") -> Path:
    """What the guest's screen shows, as NAME.png in its folder; a screen that is off shows its last picture."""
    path = guest.out_dir / f"{name}.png"
    guest.qmp.command("screendump", filename=str(path), format="png")
    return path


def screenshots_on_signal(guest: Guest) -> None:
    """SIGUSR1 to this process takes screen-1.png, screen-2.png, ... while the guest runs."""
    numbers = itertools.count(1)

    def take() -> None:
        try:
            guest.setup.env.ui.say(f"screenshot: {screenshot(guest, f'screen-{next(numbers)}')}")
        except GarmError as error:
            guest.setup.env.ui.say(f"no screenshot: {error}")

    # A thread: the signal may have come while this one waits for QMP itself.
    signal.signal(signal.SIGUSR1, lambda *_: threading.Thread(target=take, daemon=True).start())


def snapshot_drive(setup: Setup, into: Path) -> Path:
    """An empty qcow2 file for savevm."""
    from .qemu import Qemu, host_command  # only runs with snapshots need it
    path = into / "snapshots.qcow2"
    qemu = Qemu(setup.env, setup.root)
    program = qemu.binary.with_name("qemu-img")
    command = host_command(setup.root, program)
    subprocess.run([*command, "create", "-q", "-f", "qcow2", str(path), "16G"], check=True)
    return path
