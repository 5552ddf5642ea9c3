"""lavapipe natively on this machine: Debian's Mesa for the host, and vk_bench built for it.

The limit that `scripts/bench compute` sets the emulated GPU against, beside lavapipe in the guest. In a folder of its own
that the build root's loader is pointed at. Called by bench.py.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from . import apt
from .errors import GarmError
from .setup import Setup

PACKAGES = ("mesa-vulkan-drivers", "libvulkan1", "libvulkan-dev")
LIB = "usr/lib/x86_64-linux-gnu"
# Each by its name: of the guest's library there is also a clock that goes by calls (stepping_clock.c), which took this
# program's time once.
SOURCES = ("vk/vk_bench.c", "vk/vkc.c", "vk/vkc_run.c", "vk/cases_basic.c", "vk/cases_math.c", "vk/cases_parallel.c",
           "vk/cases_memory.c", "lib/garm_igt.c", "lib/outcome.c")
# The shaders' headers are the guest build's: SPIR-V is the same everywhere.
BUILD = """cd /garm/tests/guest && exec cc -O2 -g -D_GNU_SOURCE -isystem {mesa}/usr/include -Ilib -Ivk \
-I{guest}/tests/guest/vk {sources} -o {out} -L{mesa}/{lib} -Wl,-rpath-link,{mesa}/{lib} -lvulkan -lm"""
GRAIN = 1.1  # the slowest program's time over the fastest's: below this it is no program's time


def parse(text: str) -> dict[str, float]:
    """Seconds of each case, of what vk_bench prints; refuses times that say nothing of the programs."""
    rows = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    found = {row["case"]: row["lavapipe_s"] for row in rows}
    if len(found) < 2 or min(found.values()) <= 0:
        raise GarmError(f"vk_bench on this machine measured nothing: {text[-500:]}")
    if max(found.values()) < GRAIN * min(found.values()):
        raise GarmError(f"vk_bench on this machine: {len(found)} different programs all take {min(found.values()):.4f} s: "
                        "the grain of a clock or of a wait, not their time")
    return found


def times(setup: Setup) -> dict[str, float]:
    """Seconds of a round of each case of vk_bench on this machine's CPU."""
    root, env = setup.root, setup.env

    def make(into: Path) -> None:
        apt.unpack(setup.apt.download(PACKAGES, "amd64"), into)

    mesa = env.cache.make("mesa", "lavapipe", [*PACKAGES, setup.apt.generation()], "lavapipe for this machine", make,
                          network=True, gigabytes=1.0)
    inside, guest = root.inside(mesa), root.inside(setup.project.path("guest"))
    program = setup.project.path("native") / "vk_bench"
    root.run(["sh", "-c", BUILD.format(mesa=inside, guest=guest, lib=LIB, out=root.inside(program),
                                        sources=" ".join(SOURCES))],
             "vk_bench for this machine", env.cache.log("vk-bench"))
    icd = sorted((mesa / "usr/share/vulkan/icd.d").glob("lvp_icd*.json"))
    if not icd:
        raise GarmError(f"{mesa} has no lavapipe: {PACKAGES[0]} of this suite is made otherwise")
    variables = {"LD_LIBRARY_PATH": f"{inside}/{LIB}", "VK_DRIVER_FILES": root.inside(icd[0])}
    run = subprocess.run(root.argv([root.inside(program), "--lavapipe"], env=variables), text=True, capture_output=True,
                         timeout=600, check=False)
    if run.returncode:
        raise GarmError(f"vk_bench on this machine ended with {run.returncode}: {run.stderr[-500:]}")
    return parse(run.stdout)
