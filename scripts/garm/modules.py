"""Kernel module dependencies: which .ko files, in which order, a set of modules needs.

Reads the files that depmod writes. Called by kernels.py; pure, and unit-tested.
"""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .errors import GarmError


def module_name(path: str) -> str:
    """`kernel/fs/a-b.ko.xz` -> `a_b`."""
    return path.rsplit("/", 1)[-1].split(".ko", 1)[0].replace("-", "_")


def parse_dep(text: str) -> dict[str, tuple[str, list[str]]]:
    """modules.dep: name -> (file, names that it needs, the first to be loaded last)."""
    found = {}
    for line in text.splitlines():
        file, _, needed = line.partition(":")
        if file:
            found[module_name(file)] = (file, [module_name(word) for word in needed.split()])
    return found


def parse_softdep(text: str) -> dict[str, list[str]]:
    """modules.softdep: name -> modules wanted before or after it, if they exist."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) > 2 and words[0] == "softdep":
            wanted = [word.replace("-", "_") for word in words[2:] if not word.endswith(":")]
            found.setdefault(words[1].replace("-", "_"), []).extend(wanted)
    return found


def parse_alias(text: str) -> dict[str, list[str]]:
    """modules.alias: exact alias -> modules; the ones with wildcards match devices and are left out."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) == 3 and words[0] == "alias" and not set("*?[") & set(words[1]):
            found.setdefault(words[1].replace("-", "_"), []).append(words[2].replace("-", "_"))
    return found


@dataclass
class Modules:
    """The modules of one kernel."""

    folder: Path
    deps: dict[str, tuple[str, list[str]]]
    soft: dict[str, list[str]]
    alias: dict[str, list[str]]
    builtin: set[str]

    @classmethod
    def read(cls, folder: Path) -> Modules:
        """From a lib/modules/VERSION on which depmod has run."""
        def text(name: str) -> str:
            path = folder / name
            return path.read_text() if path.exists() else ""
        builtin = {module_name(line) for line in text("modules.builtin").splitlines()}
        return cls(folder, parse_dep(text("modules.dep")), parse_softdep(text("modules.softdep")),
                   parse_alias(text("modules.alias")), builtin)

    def has(self, name: str) -> bool:
        """Whether the kernel has it, as a module or built in."""
        return name in self.deps or name in self.builtin

    def order(self, names: Iterable[str], loaded: Iterable[str] = ()) -> list[str]:
        """Files to load for `names`, dependencies first, without those of `loaded`."""
        files: list[str] = []
        seen = set(self.builtin) | set(loaded)
        for name in names:
            if not self.has(name):
                raise GarmError(f"the kernel in {self.folder} has no module {name}")
            self._visit(name, seen, files)
        return files

    def _visit(self, name: str, seen: set[str], files: list[str]) -> None:
        if name not in self.deps and name not in self.builtin:
            # A soft dependency such as crypto-crc32c is met by any module of that alias; generic code loads anywhere.
            named = sorted(self.alias.get(name, []), key=lambda module: "generic" not in module)
            name = named[0] if named else name
        if name in seen or name not in self.deps:
            return
        seen.add(name)
        file, needed = self.deps[name]
        for other in [*reversed(needed), *self.soft.get(name, [])]:
            self._visit(other, seen, files)
        files.append(file)

    def content(self, file: str) -> bytes:
        """A module, decompressed so that the guest need not."""
        data = (self.folder / file).read_bytes()
        if file.endswith(".xz"):
            return lzma.decompress(data)
        if file.endswith(".gz"):
            return gzip.decompress(data)
        if file.endswith(".zst"):
            raise GarmError(f"{file}: zstd modules are not supported, build with CONFIG_MODULE_COMPRESS=n or xz")
        return data
