"""What the cases share: build root, builds, QEMU; made on first use. Called by the cases of this package."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

from ..boot import Guest
from ..buildroot import BuildRoot
from ..env import Env
from ..project import Project
from ..qemu import Qemu
from ..setup import Setup
from .gallery import Gallery
from .model import Case


class Context:
    """One run of scripts/test."""

    def __init__(self, env: Env, out: Path | None, names: Sequence[str] = (),
                 shard: tuple[int, int] | None = None) -> None:
        self.env = env
        self.shard = shard      # part I of N of tests that are many, or their sample
        self.names = names      # what the caller named; none: everything
        self.out = out.resolve() if out else Path(tempfile.mkdtemp(prefix="garm-test-"))
        self.gallery = Gallery()
        self.guests: list[Guest] = []   # of the case that runs, in the order of their start

    @cached_property
    def setup(self) -> Setup:
        """Tools and images of this clone."""
        return Setup(self.env)

    @property
    def root(self) -> BuildRoot:
        """The build root."""
        return self.setup.root

    @property
    def project(self) -> Project:
        """Native, guest and fuzz builds."""
        return self.setup.project

    def prepare(self, cases: Iterable[Case]) -> None:
        """Build what the cases need before the first of them runs."""
        names = [case.name for case in cases]
        self.project.build()
        if any(name.startswith("fuzz/") for name in names):
            self.project.build(["fuzz"])
        if any(name.startswith("tsan/") for name in names):
            self.project.build(["tsan"])
        if any(name.startswith(("device/", "boot/", "debug/")) for name in names):
            self.setup.qemu()

    def in_root(self, command: Sequence[str], timeout: float = 300, env: dict[str, str] | None = None,
                target: str = "native") -> subprocess.CompletedProcess:
        """Run inside the build root, in a build's folder."""
        argv = self.root.argv(command, cwd=self.root.inside(self.project.path(target)), env=env)
        return subprocess.run(argv, text=True, errors="replace", capture_output=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, check=False)

    def program(self, program: str, timeout: float, env: dict[str, str] | None = None,
                args: Sequence[str] = (), target: str = "native",
                under: Sequence[str] = ()) -> subprocess.CompletedProcess:
        """Run a program of a build, started by the command UNDER if given; a hang is reported as status 124."""
        try:
            return self.in_root([*under, f"./{program}", *args], timeout, env, target)
        except subprocess.TimeoutExpired as error:
            text = (error.stdout or b"").decode(errors="replace") + (error.stderr or b"").decode(errors="replace")
            return subprocess.CompletedProcess(program, 124, text, f"killed after {timeout} s\n")

    def qemu_in_root(self) -> str:
        """QEMU's binary as programs inside the build root see it."""
        return self.root.inside(Qemu(self.env, self.root).build())
