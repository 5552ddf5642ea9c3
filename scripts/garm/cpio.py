"""Write cpio archives in the format the kernel unpacks as its initramfs. Called by kernels.py and boot image code."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def header(name: str, inode: int, mode: int, size: int, rdev: int = 0) -> bytes:
    """One "newc" entry header with its name, padded."""
    fields = (inode, mode, 0, 0, 1, 0, size, 0, 0, os.major(rdev), os.minor(rdev), len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    return head + b"\0" * (-len(head) % 4)


class Cpio:
    """Collects entries; parents are created as needed. Later entries of a name replace earlier ones."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.folders: set[str] = set()
        self.inode = 0

    def _add(self, name: str, mode: int, data: bytes = b"", rdev: int = 0) -> None:
        self.inode += 1
        self.parts += [header(name, self.inode, mode, len(data), rdev), data, b"\0" * (-len(data) % 4)]

    def folder(self, name: str, mode: int = 0o755) -> None:
        """A folder and its parents."""
        name = name.strip("/")
        if not name or name in self.folders:
            return
        self.folder(name.rpartition("/")[0])
        self.folders.add(name)
        self._add(name, stat.S_IFDIR | mode)

    def parents(self, name: str) -> None:
        """The folders above a name."""
        self.folder(name.strip("/").rpartition("/")[0])

    def file(self, name: str, data: bytes, mode: int = 0o644) -> None:
        """A regular file."""
        name = name.strip("/")
        self.parents(name)
        self._add(name, stat.S_IFREG | mode, data)

    def link(self, name: str, target: str) -> None:
        """A symbolic link."""
        name = name.strip("/")
        self.parents(name)
        self._add(name, stat.S_IFLNK | 0o777, target.encode())

    def device(self, name: str, major: int, minor: int) -> None:
        """A character device."""
        self.parents(name)
        self._add(name, stat.S_IFCHR | 0o600, rdev=os.makedev(major, minor))

    def tree(self, host: Path, name: str) -> None:
        """A host file or folder with all that is below it; links stay links."""
        if host.is_symlink():
            self.link(name, os.readlink(host))
        elif host.is_dir():
            self.folder(name, stat.S_IMODE(host.stat().st_mode))
            for child in sorted(host.iterdir()):
                self.tree(child, f"{name.rstrip('/')}/{child.name}")
        elif host.is_file():
            self.file(name, host.read_bytes(), stat.S_IMODE(host.stat().st_mode))

    def bytes(self) -> bytes:
        """The archive, padded so that another may follow."""
        data = b"".join([*self.parts, header("TRAILER!!!", 0, 0, 0)])
        return data + b"\0" * (-len(data) % 512)
