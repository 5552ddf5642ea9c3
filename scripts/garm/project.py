"""Build the project itself with meson in the build root: for the host, and for the guest.

Called by boot.py before a boot and by the test runner. A build whose inputs have not changed since the last
one is not even started.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from . import mpfr
from .buildroot import BuildRoot
from .cache import digest
from .env import Env
from .sdk import Sdk

IGNORED = {".git", "scripts", ".ci", "__pycache__"}
TARGETS = ("native", "guest")
PLACES = (".", "vk", "gles", "piglit")     # of guest programs
SETUP = {"native": (), "guest": ("--cross-file", "/garm/images/aarch64.ini"), "fuzz": ("-Dfuzz=true",),
         "tsan": ("-Dtsan=true",)}
COMPILER = {"fuzz": {"CC": "clang"}}
ELF = b"\x7fELF"


def fingerprint(repo: Path) -> str:
    """Names, sizes and times of everything that the build may read."""
    parts = []
    for folder, folders, names in os.walk(repo):
        folders[:] = sorted(name for name in folders if name not in IGNORED)
        for name in sorted(names):
            if not name.endswith(".md"):
                stat = os.stat(os.path.join(folder, name), follow_symlinks=False)
                parts.append(f"{folder}/{name} {stat.st_size} {stat.st_mtime_ns}")
    return digest(parts)


class Project:
    """The builds of this clone."""

    def __init__(self, env: Env, root: BuildRoot) -> None:
        self.env = env
        self.root = root
        self.sdk = Sdk(env, root.apt)
        self.mpfr: Path | None = None   # of the native build; unit tests compare with it
        self.folder = env.cache.root / "build" / env.clone_key

    def path(self, target: str) -> Path:
        """Build folder on the host's side."""
        return self.folder / target

    @property
    def firmware(self) -> Path:
        """The free firmware image."""
        return self.path("native") / "images/firmware/mali_csffw.bin"

    def guest_programs(self) -> list[Path]:
        """Programs for the guest: test programs and the demonstration."""
        folder = self.path("guest") / "tests/guest"
        found = []
        for path in sorted(path for place in PLACES for path in (folder / place).glob("*")):
            if path.is_file() and os.access(path, os.X_OK):
                with path.open("rb") as file:
                    if file.read(4) == ELF:
                        found.append(path)
        return found

    def build(self, targets: Sequence[str] = TARGETS) -> None:
        """Bring builds up to date: TARGETS, or "fuzz" and "tsan" (tests with sanitizers)."""
        state = f"{fingerprint(self.env.repo)} {self.root.path.name} {self.sdk.path.name}"
        if "native" in targets:
            self.mpfr = mpfr.folder(self.env, self.root.apt)
            state += f" {self.mpfr}"
        for target in targets:
            stamp = self.folder / f"stamp-{target}"
            if stamp.exists() and stamp.read_text() == state:
                continue
            with self.env.cache.lock(f"build-{self.env.clone_key}"):
                self._build(target)
                stamp.write_text(state)

    def _build(self, target: str) -> None:
        log = self.env.cache.log(f"project-{target}")
        folder = self.path(target)
        folder.mkdir(parents=True, exist_ok=True)
        inside = self.root.inside(folder)
        with self.env.ui.step(f"project ({target}): build", log):
            log.write_text("")
            marker = folder / "configured-with"
            setup, made_from = list(SETUP[target]), self.root.path.name
            if target == "guest":
                setup.append(f"-Dguest_sdk={self.root.inside(self.sdk.path)}")
                made_from += f" {self.sdk.path.name}"
            if target == "native":
                setup.append(f"-Dmpfr={self.root.inside(self.mpfr) if self.mpfr else ''}")
                made_from += f" {self.mpfr}"
            if not marker.exists() or marker.read_text() != made_from:
                wipe = ["--wipe"] if (folder / "build.ninja").exists() else []
                self.root.run(["meson", "setup", *wipe, *setup, inside, "/garm"], f"meson setup ({target})", log,
                              append=True, env=COMPILER.get(target))
                marker.write_text(made_from)
            self.root.run(["nice", "ninja", "-C", inside, f"-j{self.env.jobs}"], f"project build ({target})", log,
                          append=True)
