"""Frames a second of unmodified programs, on the guest's screen and off it: the emulated GPU against llvmpipe, lavapipe.

Called by bench.py.
"""

from __future__ import annotations

import re

from .boot import Guest
from .errors import GarmError
from .figure import Figure
from .options import Options
from .setup import Setup

PACKAGES = ("mesa-vulkan-drivers", "libgl1-mesa-dri", "libegl-mesa0", "libegl1", "libgles2", "kmscube", "glmark2-es2-drm")
SOFTWARE = "GBM_ALWAYS_SOFTWARE=1 LIBGL_ALWAYS_SOFTWARE=1"
# More frames than the screen shows in the time that they take: neither renderer waits for it.
SCENES = ("build:use-vbo=true", "texture:texture-filter=linear", "shading:shading=phong", "terrain")
LIMIT = 3.0     # issue 5: at least three times the guest's llvmpipe
TIMEOUT = 1800.0


def _command() -> str:
    """Every program on both renderers, each after a line that names it; kmscube ends when its input does."""
    parts = []
    for label, setting in (("mali", ""), ("llvmpipe", SOFTWARE)):
        parts.append(f"echo @@ kmscube {label}; {setting} kmscube -A -c 30 < <(sleep 300) 2>&1")
        parts += [f"echo @@ {scene.partition(':')[0]} {label}; {setting} glmark2-es2-drm --off-screen "
                  f"-b {scene}:duration=4 2>&1" for scene in SCENES]
    return "; ".join(parts)


def screen(setup: Setup) -> list[Figure]:
    """kmscube on screen, glmark2 off screen."""
    run = Guest(setup, Options(packages=PACKAGES, display="none")).run(_command(), TIMEOUT)
    if run.status:
        raise GarmError(f"bench: the guest failed\n{run.explain()}")
    rates: dict[tuple[str, str], float] = {}
    for part in run.stdout.decode(errors="replace").split("@@ ")[1:]:
        scene, label = part.split("\n", 1)[0].split()
        found = re.findall(r"Rendered \d+ frames in \S+ sec \((\S+) fps\)|FPS: (\d+)", part)
        if not found:
            raise GarmError(f"bench: {scene} on {label} says no rate\n{part[-1500:]}")
        rates[scene, label] = float(found[-1][0] or found[-1][1])
    rows = []
    for scene in dict.fromkeys(scene for scene, _ in rates):
        mali, soft = rates[scene, "mali"], rates[scene, "llvmpipe"]
        ratio = mali / soft if soft else float("inf")
        where = "on screen, 640x480" if scene == "kmscube" else "glmark2 off screen, 640x480"
        rows.append(Figure(f"{scene} ({where}): emulated GPU against llvmpipe in the guest", ratio, "x", f">= {LIMIT}",
                           ratio >= LIMIT, f"{mali:.2f} against {soft:.2f} frames a second"))
    return rows


# Issue 5's scenes of vkmark.
VKMARK = ("vertex", "shading:shading=phong", "texture:anisotropy=0", "desktop")
VKMARK_PACKAGES = ("mesa-vulkan-drivers", "vkmark")
LAVAPIPE = "VK_DRIVER_FILES=$(echo /usr/share/vulkan/icd.d/lvp_icd*.json)"


def vkmark_rates(text: str) -> dict[str, int]:
    """Frames a second by scene, as vkmark prints them: whole numbers, rounded down."""
    return {scene: int(rate) for scene, rate in re.findall(r"^\[(\w+)\] \S+: FPS: (\d+) ", text, re.M)}


def vkmark(setup: Setup) -> list[Figure]:
    """vkmark at 800x600 without a window system: panvk against lavapipe in the same guest."""
    scenes = " ".join(f"-b {scene}" for scene in VKMARK)
    command = "; ".join(f"echo @@ {label}; {setting} vkmark --winsys headless -s 800x600 -b :duration=8 {scenes} 2>&1"
                        for label, setting in (("mali", ""), ("lavapipe", LAVAPIPE)))
    run = Guest(setup, Options(packages=VKMARK_PACKAGES)).run(command, TIMEOUT)
    if run.status:
        raise GarmError(f"bench: vkmark failed\n{run.explain()}\n{run.stdout.decode(errors='replace')[-1500:]}")
    parts = dict(part.split("\n", 1) for part in run.stdout.decode(errors="replace").split("@@ ")[1:])
    rates = {label: vkmark_rates(text) for label, text in parts.items()}
    rows = []
    for scene in (scene.partition(":")[0] for scene in VKMARK):
        mali, soft = (rates[label].get(scene) for label in ("mali", "lavapipe"))
        if not mali or soft is None:
            raise GarmError(f"bench: vkmark's {scene}: {mali} frames a second on the Mali, {soft} on lavapipe\n{parts}")
        ratio = mali / max(soft, 1)     # 0 is less than 1: the ratio is at least this
        rows.append(Figure(f"{scene} (vkmark, 800x600, headless): emulated GPU against lavapipe in the guest", ratio, "x",
                           f">= {LIMIT}", ratio >= LIMIT, f"{mali} against {soft or 'less than 1'} frames a second"))
    return rows
