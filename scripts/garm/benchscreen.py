"""Frames a second of unmodified programs: the emulated GPU against llvmpipe or lavapipe in the same guest, and against
these natively on this machine.

kmscube draws on the guest's screen: Debian's has no mode without one, so the panel takes thousands of frames a second, each
when it comes (adaptive), and nobody waits long for it; a machine without a display controller cannot run it natively. Its frame is short and is the one in
which the driver counts, and it grows with the screen: so it runs with both drivers, on two sizes. Called by bench.py.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping

from . import footprint
from .errors import GarmError
from .figure import Figure
from .nativeroot import NativeRoot
from .options import Options
from .setup import Setup

MESA = ("mesa-vulkan-drivers", "libgl1-mesa-dri", "libegl-mesa0", "libegl1", "libgles2")
SOFTWARE = "GBM_ALWAYS_SOFTWARE=1 LIBGL_ALWAYS_SOFTWARE=1"
SCREEN, SIZE = "640x480", "800x600"     # of OpenGL ES, where the guest's screen decides; of Vulkan
LIMIT = 3.0     # issue 5: at least three times the guest's llvmpipe
SCORE_LIMIT = 10.0      # issue 7: glmark2's score against the guest's llvmpipe
TIMEOUT = 1800.0

# --- OpenGL ES: kmscube, glmark2 ---------------------------------------------------------------------------------------

SCENES = ("build:use-vbo=true", "texture:texture-filter=linear", "shading:shading=phong", "terrain")
# Frames of the Mali, of llvmpipe in a round: about a second of either; the panel's frames a second, as many as its clock allows.
CUBES = {"640x480": (300, 100, 4000), "1280x720": (150, 50, 1800)}
ROUNDS = 5      # of the two, by turns: a machine that gets slower meanwhile is as slow for both
NATIVE_GLES = (*MESA, "glmark2-es2-x11", "xvfb", "x11-xkb-utils", "xkb-data")


def _glmark2(program: str, seconds: int) -> str:
    """Each scene after a line that names it."""
    return "; ".join(f"echo @@ {scene.partition(':')[0]}; {program} --off-screen -b {scene}:duration={seconds} 2>&1"
                     for scene in SCENES)


def _both(mali: str, soft: str) -> str:
    """A shell line for each renderer."""
    return f"echo @@@ mali; {mali}; echo @@@ llvmpipe; {soft}"


def _cube(setting: str, frames: int) -> str:
    """kmscube ends when its input does."""
    return f"echo @@ kmscube; {setting} kmscube -A -c {frames} < <(sleep 300) 2>&1"


def gles_rates(text: str) -> dict[str, float]:
    """Frames a second by program, in what lies behind the lines that name them; glmark2's FPS are whole, its times are not."""
    rates = {}
    for part in re.split(r"^@@ ", text, flags=re.M)[1:]:
        cube = re.findall(r"Rendered \d+ frames in \S+ sec \((\S+) fps\)", part)
        times = re.findall(r"FrameTime: ([\d.]+) ms", part)
        name = part.split("\n", 1)[0]
        if not cube and not times:
            raise GarmError(f"bench: {name} says no rate\n{part[-1500:]}")
        rates[name] = float(cube[-1]) if cube else 1000 / float(times[-1])
    return rates


def _rows(scene: str, mali: float, soft: float, peer: str, native: float | None, limit: float = LIMIT,
          native_limit: float | None = None) -> list[Figure]:
    """A scene against the peer, in the guest and natively where that can be."""
    rows = [Figure(f"{scene}: emulated GPU against {peer} in the guest", mali / soft, "x", f">= {limit}",
                   mali / soft >= limit, f"{mali:.2f} against {soft:.3g} frames a second")]
    if native:
        rows.append(Figure(f"{scene}: emulated GPU against {peer} natively", mali / native, "x",
                           f">= {native_limit}" if native_limit else "",
                           mali / native >= native_limit if native_limit else None,
                           f"{mali:.2f} against {native:.4g} frames a second"))
    return rows


def _native_gles(setup: Setup) -> Mapping[str, float]:
    """glmark2 on llvmpipe of this machine; it wants a display."""
    root = NativeRoot(setup.env, setup.apt, NATIVE_GLES)
    screen = f"Xvfb :77 -screen 0 {SCREEN}x24 > /tmp/x.log 2>&1 & x=$!; export DISPLAY=:77; " \
             "for i in $(seq 100); do [ -S /tmp/.X11-unix/X77 ] && break; sleep 0.1; done; "
    return gles_rates(root.output(f"{screen} {_glmark2('glmark2-es2 -s ' + SCREEN, 2)}; kill $x", 120))


def rounds_of(text: str) -> dict[str, dict[str, float]]:
    """By renderer and program the median rate of all rounds, in what a guest has printed of some."""
    rates: dict[str, dict[str, list[float]]] = {}
    for part in text.split("@@@ ")[1:]:
        renderer, printed = part.split("\n", 1)
        for program, rate in gles_rates(printed).items():
            rates.setdefault(renderer, {}).setdefault(program, []).append(rate)
    return {renderer: {program: statistics.median(all_of) for program, all_of in programs.items()}
            for renderer, programs in rates.items()}


def _rates(setup: Setup, options: Options, command: str) -> tuple[dict[str, float], dict[str, float], float]:
    """What a guest's programs say of the Mali and of llvmpipe; the MiB that QEMU held above the guest's RAM."""
    run, memory = footprint.run(setup, options, command, TIMEOUT, "@@@ llvmpipe")
    if run.status:
        raise GarmError(f"bench: the guest failed\n{run.explain()}")
    rates = rounds_of(run.stdout.decode(errors="replace"))
    return rates["mali"], rates["llvmpipe"], memory


def _screen(size: str) -> list[str]:
    return ["width={},height={},rate={},adaptive=on".format(*size.split("x"), CUBES[size][2])]


def screen(setup: Setup) -> list[Figure]:
    """kmscube on screen; glmark2 off screen, shaders interpreted and compiled."""
    rows = []
    for size, (mali_frames, soft_frames, _) in CUBES.items():
        for driver in ("panthor", "garm"):
            options = Options(driver=driver, packages=(*MESA, "kmscube"), display="none", screen=_screen(size))
            round_of = _both(_cube("", mali_frames), _cube(SOFTWARE, soft_frames))
            mali, soft, memory = _rates(setup, options, "; ".join([round_of] * ROUNDS))
            name = f"kmscube (on the screen, {size}, {driver})"
            rows += [*_rows(name, mali["kmscube"], soft["kmscube"], "llvmpipe", None), footprint.figure(name, memory)]
    native = _native_gles(setup)
    for label, gpu in (("interpreted", []), ("compiled", ["jit=on", "jit-cache=none"])):
        rows += _glmark2_rows(setup, native, f"glmark2 off screen, {SCREEN}, {label}", gpu)
    return rows


def _glmark2_rows(setup: Setup, native: dict[str, float], name: str, gpu: list[str]) -> list[Figure]:
    options = Options(packages=(*MESA, "glmark2-es2-drm"), gpu=gpu, display="none", screen=_screen(SCREEN))
    mali, soft, memory = _rates(setup, options, _both(_glmark2("glmark2-es2-drm", 4), _glmark2(f"{SOFTWARE} glmark2-es2-drm", 4)))
    score = sum(mali.values()) / sum(soft[scene] for scene in mali)  # glmark2's own is the mean of its scenes' rates
    rows = [Figure(f"{name}, the mean of its scenes' rates: emulated GPU against llvmpipe in the guest", score, "x",
                   f">= {SCORE_LIMIT}", score >= SCORE_LIMIT)]
    for scene in mali:
        rows += _rows(f"{scene} ({name})", mali[scene], soft[scene], "llvmpipe", native[scene])
    return [*rows, footprint.figure(name, memory)]


# --- Vulkan: vkmark -----------------------------------------------------------------------------------------------------

# Issue 5's scenes.
VKMARK = ("vertex", "shading:shading=phong", "texture:anisotropy=0", "desktop")
VKMARK_PACKAGES = ("mesa-vulkan-drivers", "vkmark")
GUEST_LIMIT, NATIVE_LIMIT = 20.0, 0.5   # issue 7
LAVAPIPE = "VK_DRIVER_FILES=$(echo /usr/share/vulkan/icd.d/lvp_icd*.json)"


def vkmark_rates(text: str) -> dict[str, int]:
    """Frames a second by scene, as vkmark prints them: whole numbers, rounded down."""
    return {scene: int(rate) for scene, rate in re.findall(r"^\[(\w+)\] \S+: FPS: (\d+) ", text, re.M)}


def _vkmark(setting: str, seconds: int) -> str:
    scenes = " ".join(f"-b {scene}" for scene in VKMARK)
    return f"{setting} vkmark --winsys headless -s {SIZE} -b :duration={seconds} {scenes} 2>&1"


def _guest_vkmark(setup: Setup, driver: str, settings: Mapping[str, str]) -> tuple[dict[str, dict[str, int]], float]:
    """Rates by label of @settings and scene, in one guest; the MiB that QEMU held above the guest's RAM."""
    command = "; ".join(f"echo @@ {label}; {_vkmark(setting, 8)}" for label, setting in settings.items())
    options = Options(driver=driver, packages=VKMARK_PACKAGES, gpu=["jit=on"])
    run, memory = footprint.run(setup, options, command, TIMEOUT, "@@ lavapipe")
    if run.status:
        raise GarmError(f"bench: vkmark failed\n{run.explain()}\n{run.stdout.decode(errors='replace')[-1500:]}")
    parts = (part.split("\n", 1) for part in run.stdout.decode(errors="replace").split("@@ ")[1:])
    return {label: vkmark_rates(text) for label, text in parts}, memory


def vkmark(setup: Setup) -> list[Figure]:
    """vkmark without a window system on panvk, with both drivers, shaders compiled. Its rates are rounded down: a frame
    more a second for those of lavapipe."""
    garm, garm_memory = _guest_vkmark(setup, "garm", {"garm": ""})
    panthor, panthor_memory = _guest_vkmark(setup, "panthor", {"panthor": "", "lavapipe": LAVAPIPE})
    rates = {**garm, **panthor,
             "native": vkmark_rates(NativeRoot(setup.env, setup.apt, VKMARK_PACKAGES).output(_vkmark(LAVAPIPE, 2), 120))}
    rows = []
    for scene in (scene.partition(":")[0] for scene in VKMARK):
        soft, native = (rates[label].get(scene) for label in ("lavapipe", "native"))
        for driver in ("garm", "panthor"):
            mali = rates[driver].get(scene)
            if not mali or soft is None or not native:
                raise GarmError(f"bench: vkmark's {scene}: {mali} frames a second on the Mali with {driver}, {soft} on "
                                f"lavapipe, {native} natively\n{rates}")
            rows += _rows(f"{scene} (vkmark, {SIZE}, headless, {driver})", mali, soft + 1, "lavapipe", native + 1,
                          GUEST_LIMIT, NATIVE_LIMIT)
    return [*rows, *(footprint.figure(f"vkmark ({driver})", memory)
                     for driver, memory in (("garm", garm_memory), ("panthor", panthor_memory)))]
