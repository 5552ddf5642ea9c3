"""Debian's Mesa and programs for this machine, in a folder of their own: what the emulated GPU is set against natively.

Made as the guest's root file system is, of unpacked packages; programs run inside as in the build root. Called by
benchscreen.py; xserver.py has its X server in such a folder.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from . import apt
from .buildroot import MOUNT_POINTS, BuildRoot
from .env import Env
from .errors import GarmError
from .guestimage import BASE_PACKAGES, FILES, FOLDERS, LINKS, finish_tree, merge_usr


class NativeRoot(BuildRoot):
    """The folder with some packages; `path` makes it on first use."""

    def __init__(self, env: Env, packages: apt.Apt, names: Sequence[str]) -> None:
        super().__init__(env, packages)
        self.names = [*BASE_PACKAGES, *sorted(set(names) - set(BASE_PACKAGES))]

    @property
    def path(self) -> Path:
        """Where the folder is on the host."""
        inputs = [*self.names, self.apt.generation(), repr((FILES, LINKS, FOLDERS))]
        return self.env.cache.make("native", "programs", inputs, "programs for this machine", self._make, network=True,
                                   gigabytes=2.0)

    def _make(self, into: Path) -> None:
        merge_usr(into)
        apt.unpack(self.apt.download(self.names, "amd64"), into)
        finish_tree(into)
        for name in MOUNT_POINTS:
            (into / name).mkdir(exist_ok=True)

    def output(self, command: str, timeout: float) -> str:
        """What a shell command inside prints, errors included; its status must be 0."""
        try:
            done = subprocess.run(self.argv(["bash", "-c", command]), text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=timeout, check=False, errors="replace")
        except subprocess.TimeoutExpired as error:
            raise GarmError(f"on this machine: nothing after {timeout:g} s of {command}") from error
        if done.returncode:
            raise GarmError(f"on this machine: status {done.returncode} of {command}\n{done.stdout[-1500:]}")
        return done.stdout
