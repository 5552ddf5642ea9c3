"""The programs of piglit's quick_gl profile that panfrost can run, and what they need in the guest.

Debian's package has the profile as a table (tests/quick_gl.xml.gz) and 134 MB of programs; a run takes those that it
starts, their libraries and their data. Called by tests/boot/piglit.py; tests/guest/piglit/piglit_run.c runs them.
"""

from __future__ import annotations

import ast
import gzip
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from . import apt, piglit
from .env import Env

TABLE = "tests/quick_gl.xml.gz"
# What panfrost offers on the Mali-G610.
GL, GLSL, ES, GLSL_ES = 3.1, 1.40, 3.1, 3.10
# Folders of tests that are not called like the extension they need; EGL's say by themselves what is missing.
ALIAS = {"khr_texture_compression_astc": "khr_texture_compression_astc_ldr",
         "oes_texture_compression_astc": "khr_texture_compression_astc_sliced_3d",
         "ext_transform_feedback2": "arb_transform_feedback2"}
EGL = ("egl", "ext_image_dma_buf_import")
# Window systems that a guest without a screen does not have.
WINDOWS = ("glx", "wgl")
# Not for every run: pictures of 52 MB that only these need.
PICTURES = "astc"
PACKAGES = [*piglit.PACKAGES, "waffle-utils"]


@dataclass(frozen=True)
class Program:
    """A test: its name without what lists and shells stumble over, and its command."""

    name: str
    command: tuple[str, ...]

    @property
    def line(self) -> str:
        """For piglit_run; all draw off-screen, as there is no screen, but for EGL's own tests, which make their contexts."""
        off_screen = [] if self.name.startswith("spec/egl") else ["-fbo"]
        return "\t".join([self.name, *self.command, "-auto", *off_screen]) + "\n"


def plain(name: str) -> str:
    """A test's name as lists have it: a path, without blanks, colons and braces."""
    return name.replace("@", "/").translate(str.maketrans({" ": "_", ":": ".", "{": "(", "}": ")"}))


def missing(folder: list[str], extensions: Iterable[str]) -> str:
    """What panfrost, or the guest, lacks for tests of a folder of piglit's table; "" when nothing."""
    if folder[0] in WINDOWS:
        return folder[0]
    if folder[0] != "spec" or folder[1].startswith(EGL):
        return ""
    version = re.fullmatch(r"(!opengl|!opengl es|glsl|glsl-es)[ -]([\d.]+)", folder[1])
    if version:
        kind, number = version.group(1), float(version.group(2))
        most = {"!opengl": GL, "!opengl es": ES, "glsl": GLSL, "glsl-es": GLSL_ES}[kind]
        return folder[1] if number > most or (kind == "!opengl es" and number < 2) else ""
    name = ALIAS.get(folder[1], folder[1])
    return "" if f"gl_{name}" in {extension.lower() for extension in extensions} else f"GL_{name}"


def programs(table: ElementTree.Element, extensions: Iterable[str]) -> list[Program]:
    """The programs of piglit's table that apply, by name."""
    found = []
    extensions = list(extensions)
    for test in table.iter("Test"):
        options = {str(option.get("name")): str(option.get("value")) for option in test.iter("option")}
        if missing(str(test.get("name")).split("@"), extensions):
            continue
        words = [str(word) for word in ast.literal_eval(options["command"])]
        if test.get("type") == "gl_builtin":    # a table below tests
            words[1] = f"tests/{words[1]}"
        found.append(Program(plain(str(test.get("name"))), tuple(words)))
    return sorted(found, key=lambda program: program.name)


class Programs:
    """Programs, libraries and data of the package, and the part of them that a run needs."""

    def __init__(self, env: Env, packages: apt.Apt) -> None:
        self.env = env
        self.apt = packages

    @property
    def path(self) -> Path:
        """Piglit's folder (bin, lib, tests) on the host, without shaders; made on first use."""
        inputs = ["programs", self.apt.generation()]
        return self.env.cache.make("guest", "piglitprograms", inputs, "piglit's programs", self._make) / piglit.HOME

    def _make(self, into: Path) -> None:
        deb, = self.apt.download(["piglit"], "arm64", keep="piglit$")
        wanted = [f"./{piglit.HOME}/{part}" for part in ("bin/*", "lib/*", "tests/*")]
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE) as unpacked:
            subprocess.run(["tar", "-x", "-C", str(into), "--wildcards", "--exclude=*.shader_test", *wanted],
                           stdin=unpacked.stdout, check=True)

    def all(self, extensions: Iterable[str]) -> list[Program]:
        """Every program that applies and that the package holds."""
        with gzip.open(self.path / TABLE) as file:
            found = programs(ElementTree.parse(file).getroot(), extensions)
        return [program for program in found if (self.path / "bin" / program.command[0]).exists()]

    def adds(self, chosen: Iterable[Program], guest: str) -> list[str]:
        """What to add to a guest for these programs, in its folder `guest`: "HOST:GUEST" each."""
        names = {program.command[0] for program in chosen}
        pictures = any(PICTURES in name for name in names)
        data = [path for folder in ("tests", "tests/spec", "tests/spec/*") for path in self.path.glob(f"{folder}/*")
                if not (path.is_dir() and folder != "tests/spec/*" and (folder == "tests/spec" or path.name == "spec"))]
        wanted = [self.path / "lib", *sorted(path for path in data if pictures or path.name != "decompressed"),
                  *sorted(self.path / "bin" / name for name in names)]
        return [f"{path}:{guest}/{path.relative_to(self.path)}" for path in wanted]
