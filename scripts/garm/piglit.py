"""The part of Debian's piglit that needs no rasteriser, for the guest.

The package unpacks to two gigabytes; what compute needs of it is some ten megabytes, which tests/boot/piglit.py copies
into the guest beside the libraries that piglit links to.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from . import apt
from .env import Env

HOME = "usr/lib/aarch64-linux-gnu/piglit"
# In the package: programs, their libraries, tests. A test of the list in tests/piglit lies in one of these.
PARTS = ("lib/*", "bin/shader_runner_gles3", "tests/spec/glsl-es-3.10/execution/cs-*")
# What its programs link to, and Mesa.
PACKAGES = ["libgl1-mesa-dri", "libegl-mesa0", "libegl1", "libgles2", "libgl1", "libwaffle-1-0", "libgbm1", "libx11-6",
            "libxcb-dri2-0", "libxkbcommon0", "libwayland-client0", "libwayland-egl1"]


class Piglit:
    """The folder; `path` makes it on first use."""

    def __init__(self, env: Env, packages: apt.Apt) -> None:
        self.env = env
        self.apt = packages

    @property
    def path(self) -> Path:
        """Piglit's folder (bin, lib, tests) on the host."""
        inputs = [*PARTS, self.apt.generation()]
        return self.env.cache.make("guest", "piglit", inputs, "piglit: what compute needs", self._make) / HOME

    def _make(self, into: Path) -> None:
        deb, = self.apt.download(["piglit"], "arm64", keep="piglit$")
        wanted = [f"./{HOME}/{part}" for part in PARTS]
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE) as unpacked:
            subprocess.run(["tar", "-x", "-C", str(into), "--wildcards", *wanted], stdin=unpacked.stdout, check=True)

    def tests(self) -> list[str]:
        """Names as in tests/piglit: FOLDER/GROUP/NAME of a shader test."""
        spec = self.path / "tests/spec"
        return sorted(str(path.relative_to(spec).with_suffix("")) for path in spec.rglob("*.shader_test"))
