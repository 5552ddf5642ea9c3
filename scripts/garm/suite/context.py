"""What the cases share: build root, builds, QEMU; made on first use. Called by the cases of this package."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

from .. import apt
from ..buildroot import BuildRoot
from ..env import Env
from ..project import Project
from ..qemu import Qemu, host_command
from .model import Case


class Context:
    """One run of scripts/test."""

    def __init__(self, env: Env, out: Path | None) -> None:
        self.env = env
        self.out = out.resolve() if out else Path(tempfile.mkdtemp(prefix="garm-test-"))

    @cached_property
    def root(self) -> BuildRoot:
        """The build root."""
        return BuildRoot(self.env, apt.Apt(self.env))

    @cached_property
    def project(self) -> Project:
        """Native and guest builds."""
        return Project(self.env, self.root)

    @cached_property
    def qemu(self) -> Path:
        """This clone's QEMU, built."""
        return Qemu(self.env, self.root).build()

    def prepare(self, cases: Iterable[Case]) -> None:
        """Build what the cases need before the first of them runs."""
        self.project.build()
        if any(c.name.startswith(("device/", "boot/")) for c in cases):
            _ = self.qemu

    def in_root(self, command: Sequence[str], timeout: float = 300, env: dict[str, str] | None = None
                ) -> subprocess.CompletedProcess:
        """Run inside the build root, in the native build's folder."""
        argv = self.root.argv(command, cwd=self.root.inside(self.project.native), env=env)
        return subprocess.run(argv, text=True, errors="replace", capture_output=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, check=False)

    def native_program(self, program: str, timeout: float, env: dict[str, str] | None = None,
                       args: Sequence[str] = ()) -> subprocess.CompletedProcess:
        """Run a program of the native build; a hang is reported as status 124."""
        try:
            return self.in_root([f"./{program}", *args], timeout, env)
        except subprocess.TimeoutExpired as error:
            text = (error.stdout or b"").decode(errors="replace") + (error.stderr or b"").decode(errors="replace")
            return subprocess.CompletedProcess(program, 124, text, f"killed after {timeout} s\n")

    def qemu_wrapper(self) -> str:
        """QEMU's binary as programs inside the build root see it."""
        return self.root.inside(self.qemu)

    def qemu_on_host(self) -> list[str]:
        """QEMU's command on the host."""
        return host_command(self.root, self.qemu)
