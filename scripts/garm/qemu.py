"""QEMU from Debian's source, with the device in hw/ built in.

A plain QEMU is built once per cache (`qemu/base-*`). Each clone gets a copy of that tree, objects included,
to which hw/qemu/patches and hw/ are added: so a new clone or a changed patch costs seconds, not minutes,
and clones do not disturb each other. Inside the build root the tree is always at /build, so that objects
and dependency files stay valid in the copy. Called by boot.py and by the test runner.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from . import proc
from .buildroot import BuildRoot
from .cache import digest, file_digest, remove_tree
from .env import Env

CONFIGURE = ["--target-list=aarch64-softmmu", "--without-default-features", "--enable-tcg", "--enable-system",
             "--enable-fdt=system", "--enable-pixman", "--enable-vnc", "--enable-vnc-jpeg", "--enable-png",
             "--enable-sdl", "--enable-tools", "--enable-trace-backends=log",
             # Debian's source has no firmware blobs; the virt machine boots a kernel without any.
             "--disable-install-blobs", "--disable-werror"]
SANITIZE = ["--enable-asan", "--enable-ubsan"]
PATCHES = "hw/qemu/patches"
DEVICE_FOLDER = "hw/mali"     # below QEMU's source; the copy of the clone's hw/
KEEP_CLONES = 16    # work trees of one repository are clones, too: too few, and they throw each other's build away
# SDL's sound libraries name their private folder by an absolute path, which on the host is another one.
LIBRARY_FOLDERS = (".", "pulseaudio")


def hw_files(repo: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Files of hw/ that QEMU's build sees, relative to hw/."""
    top = repo / "hw"
    for folder, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            path = Path(folder) / name
            relative = path.relative_to(top).as_posix()
            if not relative.startswith("qemu/patches/"):
                yield relative, path.stat()


def sync(repo: Path, target: Path) -> None:
    """Make `target` a copy of hw/, touching only what changed, so that ninja rebuilds only that."""
    wanted = dict(hw_files(repo))
    for relative, stat in wanted.items():
        copy = target / relative
        if copy.exists():
            have = copy.stat()
            if (have.st_size, have.st_mtime_ns) == (stat.st_size, stat.st_mtime_ns):
                continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(repo / "hw" / relative, copy)
    for path in list(target.rglob("*")):
        if path.is_file() and path.relative_to(target).as_posix() not in wanted:
            path.unlink()


class Qemu:
    """The QEMU of this clone."""

    def __init__(self, env: Env, root: BuildRoot, sanitize: bool = False) -> None:
        self.env = env
        self.root = root
        self.variant = "sanitize" if sanitize else "plain"
        self.options = CONFIGURE + (SANITIZE if sanitize else [])
        self.tree = env.cache.root / "qemu" / f"clone-{env.clone_key}-{self.variant}"

    @property
    def binary(self) -> Path:
        """qemu-system-aarch64 of this clone, on the host's side."""
        return self.tree / "src/build/qemu-system-aarch64"

    @property
    def data(self) -> Path:
        """QEMU's data folder (key maps)."""
        return self.tree / "src/pc-bios"

    def _base(self) -> Path:
        inputs = [*self.options, self.root.path.name]
        return self.env.cache.make("qemu", f"base-{self.variant}", inputs, f"QEMU ({self.variant}): build",
                                   self._make_base, network=True, gigabytes=3.0)

    def _make_base(self, into: Path) -> None:
        log = self.env.cache.log(f"qemu-base-{self.variant}")
        dsc = self.root.apt.source("qemu", into)
        (into / "version").write_text(dsc.name.removesuffix(".dsc").removeprefix("qemu_") + "\n")
        self.root.run(["dpkg-source", "--no-check", "-x", f"/build/{dsc.name}", "/build/src"],
                      "unpacking QEMU", log, build=into)
        for path in into.glob("qemu_*"):
            path.unlink()
        (into / "src/build").mkdir()
        self.root.run(["../configure", *self.options], "QEMU configure", log, cwd="/build/src/build",
                      build=into, append=True)
        self._ninja(into, log)

    def _ninja(self, tree: Path, log: Path) -> None:
        self.root.run(["nice", "ninja", f"-j{self.env.jobs}", "qemu-system-aarch64", "qemu-img"], "QEMU build", log,
                      cwd="/build/src/build", build=tree, append=True)

    def _patches(self) -> list[Path]:
        return sorted((self.env.repo / PATCHES).glob("*.patch"))

    def _state(self, base: Path) -> tuple[str, str]:
        """Identify the patched source, and the device's files."""
        patched = digest([base.name, *(file_digest(path) for path in self._patches())])
        files = digest(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in hw_files(self.env.repo))
        return patched, files

    def build(self) -> Path:
        """Bring this clone's QEMU up to date and return the binary; fast when nothing changed."""
        base = self._base()
        patched, files = self._state(base)
        stamp = self.tree / "stamp"
        if stamp.exists() and stamp.read_text() == f"{patched} {files}":
            return self.binary
        with self.env.cache.lock(self.tree.name):
            log = self.env.cache.log(f"qemu-{self.variant}")
            with self.env.ui.step("QEMU with the device: build", log):
                self._prepare(base, patched, log)
                sync(self.env.repo, self.tree / "src" / DEVICE_FOLDER)
                self._ninja(self.tree, log)
                stamp.write_text(f"{patched} {files}")
        return self.binary

    def _prepare(self, base: Path, patched: str, log: Path) -> None:
        """Copy the plain tree and patch it, unless this clone's tree already is so."""
        stamp = self.tree / "patched"
        log.write_text("")
        if stamp.exists() and stamp.read_text() == patched:
            return
        self._forget_old_clones()
        self.env.cache.need_free(2.0, "QEMU with the device")
        remove_tree(self.tree)
        subprocess.run(["cp", "-a", "--reflink=auto", str(base), str(self.tree)], check=True)
        sync(self.env.repo, self.tree / "src" / DEVICE_FOLDER)
        for patch in self._patches():
            self.root.run(["patch", "-p1", "-N", "-i", self.root.inside(patch)], f"applying {patch.name} to QEMU",
                          log, cwd="/build/src", build=self.tree, append=True)
        stamp.write_text(patched)

    def _forget_old_clones(self) -> None:
        """CI clones into ever new folders; keep the trees that were used last."""
        trees = [path for path in self.tree.parent.glob("clone-*") if path != self.tree]
        trees.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in trees[KEEP_CLONES:]:
            remove_tree(path)


def host_command(root: BuildRoot, program: Path) -> list[str]:
    """Run a program built in the build root directly on the host, with the build root's libraries.

    QEMU is started this way, not by chroot: paths that users name stay the host's, a window finds the
    host's display server, and there is no mount to leave behind.
    """
    base = root.path
    libraries = ":".join(str(base / "usr/lib/x86_64-linux-gnu" / folder) for folder in LIBRARY_FOLDERS)
    return [str(base / "usr/lib64/ld-linux-x86-64.so.2"), "--argv0", str(program),
            "--library-path", libraries, str(program)]


def probe_device(command: list[str], name: str) -> bool:
    """Whether this QEMU has a device."""
    return f'name "{name}"' in proc.capture([*command, "-M", "none", "-device", "help"], "qemu -device help")
