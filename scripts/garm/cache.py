"""The cache folder: entries named by a hash of what they were made from, locks, and logs.

An entry is a folder `KIND/NAME-HASH`. It is made as `KIND/NAME-HASH.tmp` under a lock and renamed when
complete, so whatever has the final name is whole, and two runs may share the cache.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import GarmError
from .ui import UI


KEEP_SECONDS = 14 * 24 * 3600.0
HASH_GLOB = "[0-9a-f]" * 12


def digest(parts: Iterable[str]) -> str:
    """Short hash of a list of strings, order-sensitive."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def file_digest(path: Path) -> str:
    """Hash of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def remove_tree(path: Path) -> None:
    """Remove a file or a tree if it is there."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        try:
            shutil.rmtree(path)
        except FileNotFoundError:  # somebody else removes it, too
            shutil.rmtree(path, ignore_errors=True)


class Cache:
    """Everything downloaded or built lives below `root`."""

    def __init__(self, root: Path, ui: UI, offline: bool = False) -> None:
        self.root = root
        self.ui = ui
        self.offline = offline
        try:
            for name in ("lock", "log"):
                (root / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GarmError(f"cannot write the cache folder {root}: {error.strerror}") from error

    def log(self, name: str) -> Path:
        """Where the output of a step goes."""
        return self.root / "log" / f"{name}.log"

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Exclusive between processes; the kernel drops it when a holder dies."""
        with (self.root / "lock" / name).open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.ui.say(f"waiting for another run that works on: {name}")
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def need_free(self, gigabytes: float, what: str) -> None:
        """Refuse to begin a step that the disk cannot hold."""
        stat = os.statvfs(self.root)
        free = stat.f_bavail * stat.f_frsize / 1e9
        if free < gigabytes:
            raise GarmError(f"not enough disk space in {self.root} for {what}: "
                            f"{gigabytes:.1f} GB needed, {free:.1f} GB free "
                            "(free some, or choose another folder with --cache)")

    def entry(self, kind: str, name: str, inputs: Iterable[str]) -> Path:
        """Path of an entry, whether or not it exists."""
        return self.root / kind / f"{name}-{digest(inputs)}"

    def make(self, kind: str, name: str, inputs: Iterable[str], what: str,
             build: Callable[[Path], None], network: bool = False, gigabytes: float = 0.5) -> Path:
        """Return the entry, building it into a temporary folder first if it is missing."""
        path = self.entry(kind, name, inputs)
        if path.exists():
            os.utime(path)
            return path
        with self.lock(f"{kind}-{name}"):
            if path.exists():
                return path
            if network and self.offline:
                raise GarmError(f"{what} is not in the cache {self.root} and --offline forbids to fetch it")
            self.need_free(gigabytes, what)
            self._forget(path.parent, name)
            temporary = path.with_name(path.name + ".tmp")
            temporary.mkdir(parents=True)
            try:
                with self.ui.step(what, self.log(f"{kind}-{name}")):
                    build(temporary)
            except BaseException:
                remove_tree(temporary)
                raise
            os.rename(temporary, path)
        return path

    @staticmethod
    def _forget(folder: Path, name: str) -> None:
        """Under the lock of `name`: remove what a killed run left, and versions that nobody has used for long."""
        limit = time.time() - KEEP_SECONDS
        for path in folder.glob(f"{name}-{HASH_GLOB}*"):
            if path.suffix == ".tmp" or path.stat().st_mtime < limit:
                remove_tree(path)
