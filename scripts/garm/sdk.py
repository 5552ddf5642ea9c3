"""Headers and libraries of Vulkan, EGL and GLES for programs of the guest, in a folder of their own.

Apart from the build root, whose name is part of the name of all that is built in it: a change here costs no
rebuild of QEMU. Called by project.py.
"""

from __future__ import annotations

from pathlib import Path

from . import apt
from .env import Env

PACKAGES = ("libvulkan-dev", "libegl-dev", "libgles-dev")
# Of their dependencies only what the linker reads; the C library is the build root's.
KEEP = r"lib(vulkan|egl|gles|glvnd|gl-dev)"


class Sdk:
    """The folder; `path` makes it on first use."""

    def __init__(self, env: Env, packages: apt.Apt) -> None:
        self.env = env
        self.apt = packages

    @property
    def path(self) -> Path:
        """Where the folder is on the host: a tree with usr/include and usr/lib/aarch64-linux-gnu."""
        inputs = [*PACKAGES, KEEP, self.apt.generation()]
        return self.env.cache.make("guest", "sdk", inputs, "Vulkan and GLES headers for the guest", self._make)

    def _make(self, into: Path) -> None:
        apt.unpack(self.apt.download(PACKAGES, "arm64", keep=KEEP), into)
