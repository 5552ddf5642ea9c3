"""The shader tests of Debian's piglit that panfrost's OpenGL 3.1 and GLES 3.1 can run, for the guest.

The package unpacks to two gigabytes; these, what runs them and its libraries are some fifty megabytes, which
tests/boot/piglit.py copies into the guest. Programs: piglitprograms.py.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from . import apt
from .env import Env

HOME = "usr/lib/aarch64-linux-gnu/piglit"
# In the package: programs, their libraries, tests.
PARTS = ("lib/*", "bin/shader_runner", "bin/shader_runner_gles2", "bin/shader_runner_gles3", "tests/spec/*/execution/*",
         "generated_tests/spec/glsl-1.[1-4]0/execution/*", "generated_tests/spec/glsl-es-*/execution/*",
         "generated_tests/spec/arb_shad*/execution/*", "generated_tests/spec/arb_uniform_buffer_object/execution/*")
# Of the folders below spec: what the versions hold, and extensions that panfrost offers.
SPECS = """glsl-1.10 glsl-1.20 glsl-1.30 glsl-1.40 glsl-1.40-compat glsl-es-1.00 glsl-es-3.00 glsl-es-3.10
amd_shader_trinary_minmax amd_texture_texture4 arb_arrays_of_arrays arb_draw_instanced arb_enhanced_layouts
arb_framebuffer_object arb_get_program_binary arb_shader_atomic_counter_ops arb_shader_atomic_counters
arb_shader_bit_encoding arb_shader_image_load_store arb_shader_storage_buffer_object arb_shader_texture_lod
arb_shading_language_420pack arb_shading_language_include arb_shading_language_packing arb_texture_gather
arb_texture_query_levels arb_texture_query_lod arb_texture_rg arb_uniform_buffer_object
ext_demote_to_helper_invocation ext_gpu_shader4 ext_shader_integer_mix mesa_shader_integer_functions""".split()
GL, GLSL = 3.1, 1.40
# What its programs link to, and Mesa.
PACKAGES = ["libgl1-mesa-dri", "libegl-mesa0", "libegl1", "libgles2", "libgl1", "libwaffle-1-0", "libgbm1", "libx11-6",
            "libxcb-dri2-0", "libxkbcommon0", "libwayland-client0", "libwayland-egl1"]


def runner(text: str) -> str | None:
    """The program that runs a shader test, by its [require] section; None when it asks for more than panfrost has."""
    required = re.search(r"^\[require\]\n(.*?)(?=^\[|\Z)", text, re.M | re.S)
    rows = required.group(1) if required else ""

    def at_least(what: str) -> float:
        found = re.search(rf"^{what}\s*>=\s*([\d.]+)", rows, re.M)
        return float(found.group(1)) if found else 0.0

    es = max(at_least("GL ES"), at_least("GLSL ES"))
    if es:
        return f"shader_runner_gles{3 if es >= 3.0 else 2}" if es <= GL else None
    return None if at_least("GL(?: COMPAT| CORE)?") > GL or at_least("GLSL") > GLSL else "shader_runner"


class Piglit:
    """The folder; `path` makes it on first use."""

    def __init__(self, env: Env, packages: apt.Apt) -> None:
        self.env = env
        self.apt = packages

    @property
    def path(self) -> Path:
        """Piglit's folder (bin, lib, tests, generated_tests) on the host."""
        inputs = [*PARTS, *SPECS, self.apt.generation()]
        return self.env.cache.make("guest", "piglit", inputs, "piglit's shader tests", self._make) / HOME

    def _make(self, into: Path) -> None:
        deb, = self.apt.download(["piglit"], "arm64", keep="piglit$")
        wanted = [f"./{HOME}/{part}" for part in PARTS]
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE) as unpacked:
            subprocess.run(["tar", "-x", "-C", str(into), "--wildcards", *wanted], stdin=unpacked.stdout, check=True)
        for path in (into / HOME).rglob("*.shader_test"):
            if path.relative_to(into / HOME).parts[:-1] and not self._applies(path.relative_to(into / HOME), path):
                path.unlink()

    @staticmethod
    def _applies(name: Path, path: Path) -> bool:
        spec = name.parts[name.parts.index("spec") + 1]
        return spec in SPECS and runner(path.read_text(errors="replace")) is not None

    def tests(self) -> list[tuple[str, str]]:
        """(program, name) of each test that applies; a name is its path without ".shader_test"."""
        found = []
        for path in self.path.rglob("*.shader_test"):
            program = runner(path.read_text(errors="replace"))
            if program:
                found.append((program, str(path.relative_to(self.path).with_suffix(""))))
        return sorted(found)
