"""Frames of glmark2 on the guest's screen, panfrost's against llvmpipe's; glmark2's whole run; frames of vkmark, panvk's
against lavapipe's.

Their scenes show the time. For frames they run with a clock of their own that goes by calls (tests/guest/lib/stepping_clock.c), so
that the n-th frame of a scene shows the same moment whoever draws it and however long that takes. vkmark needs no screen: a
Vulkan layer keeps what it presents (tests/guest/vk/frames_layer.c).
"""

import re

from garm.options import Options
from garm.picture import Picture, compare
from garm.recovery import GPU, WARP
from garm.suite.onscreen import HEAD, SOFTWARE, on_mali, section, step

MESA = ["mesa-vulkan-drivers", "libgl1-mesa-dri", "libegl-mesa0", "libegl1", "libgles2"]
CLOCK = "LD_PRELOAD=/usr/libexec/garm/libstepping_clock.so GARM_CLOCK_STEP="
# llvmpipe's short cuts in filtering off: a level of detail that is guessed, for four pixels at once, blends of two levels that are
# cut short, weights and sums of 8 bits that are cut off (so that mipmaps get darker from level to level, on Arm; lighter on AVX2).
ACCURATE = "GALLIVM_PERF=nopt,no_rho_approx,no_quad_lod,no_brilinear,no_aos_sampling "
SCREEN = "width=320,height=240,limit=1000"     # small: each frame is drawn by the guest's processor, too
BOOT = 1500

# glmark2's own list of benchmarks: channel tolerance, and how many of 76,800 pixels may be beyond it. Figures are those that
# were seen with some room; the reasons:
EXACT = (1, 0)          # a rounding to 8 bits
EDGE = (2, 8)           # and single samples on an edge, which both may take
MIPMAP = (2, 8)         # the level is chosen in steps of 1/256
NEAREST = (16, 500)     # seen at a slant, many texels lie in a pixel: the last bit of a coordinate chooses one
BLUR = (3, 8)           # windows drawn over each other, with filtered textures: roundings add up
LAYERS = (5, 60)        # so they do in what is seen through
LIGHT = (8, 250)        # a power of interpolated vectors: the last bits show in small highlights
STEPS = (2, 60)         # brightness in four steps, shadows' edges: on a threshold it is one or the other
REFRACT = (16, 2500)    # a vector bent twice names a texel, and the depth of the back names where: small differences grow
CHAOS = (8, 3500)       # sines of products, five times: the last bits decide
# Slopes from differences of neighbours in a map of 8 bits, threefold: a step of that map (where the Mali and llvmpipe differ by one)
# tilts the ground, and so does a level of detail that is a little another. With llvmpipe's short cuts 7000 pixels were beyond 32.
TERRAIN = (16, 1500)
GLMARK2 = {
    "build:use-vbo=false": EXACT,
    "build:use-vbo=true": EXACT,
    "texture:texture-filter=nearest": NEAREST,
    "texture:texture-filter=linear": EXACT,
    "texture:texture-filter=mipmap": MIPMAP,
    "shading:shading=gouraud": EXACT,
    "shading:shading=blinn-phong-inf": LIGHT,
    "shading:shading=phong": LIGHT,
    "shading:shading=cel": STEPS,
    "bump:bump-render=high-poly": LIGHT,
    "bump:bump-render=normals": LIGHT,
    "bump:bump-render=height": LIGHT,
    "effect2d:kernel=0,1,0;1,-4,1;0,1,0;": EXACT,
    "effect2d:kernel=1,1,1,1,1;1,1,1,1,1;1,1,1,1,1;": EXACT,
    "pulsar:light=false:quads=5:texture=false": EDGE,
    "desktop:blur-radius=5:effect=blur:passes=1:separable=true:windows=4": BLUR,
    "desktop:effect=shadow:windows=4": BLUR,
    "buffer:columns=200:interleave=false:update-dispersion=0.9:update-fraction=0.5:update-method=map": EXACT,
    "buffer:columns=200:interleave=false:update-dispersion=0.9:update-fraction=0.5:update-method=subdata": EXACT,
    "buffer:columns=200:interleave=true:update-dispersion=0.9:update-fraction=0.5:update-method=map": EXACT,
    "ideas:speed=duration": STEPS,
    "jellyfish:<default>": LAYERS,
    "terrain:<default>": TERRAIN,
    "shadow:<default>": STEPS,
    "refract:<default>": REFRACT,
    "conditionals:fragment-steps=0:vertex-steps=0": EDGE,
    "conditionals:fragment-steps=5:vertex-steps=0": EDGE,
    "conditionals:fragment-steps=0:vertex-steps=5": EDGE,
    "function:fragment-complexity=low:fragment-steps=5": EDGE,
    "function:fragment-complexity=medium:fragment-steps=5": CHAOS,
    "loop:fragment-loop=false:fragment-steps=5:vertex-steps=5": EDGE,
    "loop:fragment-steps=5:fragment-uniform=false:vertex-steps=5": EDGE,
    "loop:fragment-steps=5:fragment-uniform=true:vertex-steps=5": EDGE,
}
GLMARK2_PACKAGES = [*MESA, "glmark2-es2-drm"]
# The screen has no alpha, and glmark2 would take a format with it.
ON_SCREEN = "glmark2-es2-drm --visual-config red=8:green=8:blue=8:alpha=0:buffer=24 --swap-mode fifo "
# The last frame of a program that ends is not always shown: one more is drawn of each scene than is looked at.
DRAWN, SHOWN = 4, 3


def _scenes(output, common):
    """What glmark2 says of its scenes, in order: name with its options but the common one, and the rest of the line."""
    found = []
    for kind, options, rest in re.findall(r"^\[(\w+)\] (\S+): ?(.*)$", output, re.M):
        own = ":".join(word for word in options.split(":") if not word.startswith(f"{common}=")) or "<default>"
        found.append((f"{kind}:{own}", rest))
    return found


def _worst(pairs, tolerance):
    """The pair of files that differs most; one that is not there first of all."""
    missing = next((pair for pair in pairs if not (pair[0].exists() and pair[1].exists())), None)
    return missing or max(pairs, key=lambda pair: compare(*map(Picture.read, pair), tolerance).pixels)


def _glmark2_frames(s, options):
    frames = s.context.out / s.name.replace("/", "-")
    options.display, options.packages = "none", GLMARK2_PACKAGES
    options.screen = [SCREEN, f"frames={frames}"]
    options.gpu, options.qemu_args = [GPU], WARP     # drivers' time-outs do not depend on the machine's load
    command = HEAD + "".join(step(name, f"env {prefix}{CLOCK}700 {ON_SCREEN} -b :nframes={DRAWN}", 900)
                             for name, prefix in (("mali", ""), ("software", SOFTWARE + ACCURATE)))
    run = s.boot(options, command, BOOT)
    yield s.verdict("boot, no kernel warning, power off", run)
    text = run.stdout.decode(errors="replace")
    for name, renderer in (("mali", "the Mali"), ("software", "llvmpipe")):
        output, status = section(text, name)
        names = [scene for scene, rest in _scenes(output, "nframes") if "FPS:" in rest]
        yield s.check(f"glmark2 draws every scene of its list on {renderer}",
                      status == 0 and (on_mali(output) if name == "mali" else renderer in output) and names == list(GLMARK2),
                      f"status {status}\n{output}")
    for number, (scene, (tolerance, pixels)) in enumerate(GLMARK2.items()):
        pairs = [tuple(frames / f"{series:03}-{number * DRAWN + frame:05}.ppm" for series in (1, 2)) for frame in range(SHOWN)]
        yield s.compare(scene, *_worst(pairs, tolerance), tolerance, pixels)


def test_glmark2_frames_panthor(s):
    """frames of every scene of glmark2 on the screen, panfrost against llvmpipe; panthor, the backports kernel"""
    yield from _glmark2_frames(s, Options(driver="panthor", kernel="backports"))


def test_glmark2_frames_garm(s):
    """frames of every scene of glmark2 on the screen, panfrost against llvmpipe; garm.ko, the stable kernel"""
    yield from _glmark2_frames(s, Options(driver="garm"))


def test_glmark2_frames_backports(s):
    """frames of every scene of glmark2 on the backports' Mesa, panfrost against llvmpipe; panthor, the stable kernel"""
    yield from _glmark2_frames(s, Options(driver="panthor", mesa="backports"))


def _glmark2_run(s, options):
    options.display, options.packages = "none", GLMARK2_PACKAGES
    options.gpu, options.qemu_args = [GPU], WARP
    run = s.boot(options, HEAD + step("glmark2", f"env {ON_SCREEN} -b :duration=0.1", 900), BOOT)
    yield s.verdict("boot, no kernel warning, power off", run)
    output, status = section(run.stdout.decode(errors="replace"), "glmark2")
    rates = dict(_scenes(output, "duration"))
    yield s.check("it ends well, on the Mali", status == 0 and on_mali(output), f"status {status}\n{output}")
    for scene in GLMARK2:
        yield s.check(scene, re.match(r"FPS: [1-9]", rates.get(scene, "")) is not None, f"{rates.get(scene)}\n{output}")
    yield s.check("there is a score", re.search(r"glmark2 Score: [1-9]", output) is not None, output)
    yield s.check("the run leaves screen.png", (run.out_dir / "screen.png").exists())


def test_glmark2_run_panthor(s):
    """glmark2-es2's full run on the screen of 640x480, to its score; panthor, the backports kernel"""
    yield from _glmark2_run(s, Options(driver="panthor", kernel="backports"))


def test_glmark2_run_garm(s):
    """glmark2-es2's full run on the screen of 640x480, to its score; garm.ko, the stable kernel"""
    yield from _glmark2_run(s, Options(driver="garm"))


# vkmark's own list of scenes, with tolerances as above. How many texels an anisotropic filter takes, and where, Vulkan leaves
# to the driver; differences are in the crate's grain, on the faces that are seen at a slant. Without the filter some 2800 pixels
# of a frame are others. lavapipe's frames differ from Mesa 25 to 26 (by 1200), the Mali's do not.
ANISOTROPIC = (4, 1800)
VKMARK = {
    "vertex:device-local=true": EXACT,
    "vertex:device-local=false": EXACT,
    "texture:anisotropy=0": EXACT,
    "texture:anisotropy=16": ANISOTROPIC,
    "shading:shading=gouraud": EXACT,
    "shading:shading=blinn-phong-inf": EXACT,
    "shading:shading=phong": EXACT,
    "shading:shading=cel": EXACT,
    "effect2d:kernel=edge": EXACT,
    "effect2d:kernel=blur": EXACT,
    "desktop": EXACT,
    "cube": EXACT,
    "clear": EXACT,
}
LAYER = "tests/guest/vk/frames_layer.json"
LAVAPIPE = "VK_DRIVER_FILES=$(echo /usr/share/vulkan/icd.d/lvp_icd*.json) "
PANVK = "VK_DRIVER_FILES=$(echo /usr/share/vulkan/icd.d/panfrost_icd*.json) "
# Of its own accord vkmark takes sRGB where it is offered, by Mesa 26: there a rounding is many steps in the dark.
# A scene ends after so many seconds of its clock; it asks for the time once a frame, or twice.
VKMARK_SECONDS = 2


def _vkmark_step(name, prefix, number, scene):
    """One scene in a process of its own: its frames are the files of a folder."""
    folder = f"/out/{name}-{number}"
    return f"mkdir {folder}; " + step(
        f"{name}-{number}", f"env {prefix}VK_INSTANCE_LAYERS=VK_LAYER_GARM_frames GARM_FRAMES={folder} GARM_FRAMES_LIMIT={SHOWN} {CLOCK}300 "
        f"vkmark --winsys headless --pixel-format R8G8B8A8Unorm -s 320x240 -b {scene}:duration={VKMARK_SECONDS}", 300)


def _vkmark_frames(s, options):
    options.packages = ["mesa-vulkan-drivers", "vkmark"]
    options.add = [f"{s.context.env.repo / LAYER}:/usr/share/vulkan/explicit_layer.d/"]
    command = HEAD + "".join(_vkmark_step(name, prefix, number, scene) for number, scene in enumerate(VKMARK)
                             for name, prefix in (("mali", PANVK), ("lavapipe", LAVAPIPE)))
    run = s.boot(options, command, BOOT)
    yield s.verdict("boot, no kernel warning, power off", run)
    text = run.stdout.decode(errors="replace")
    for number, (scene, (tolerance, pixels)) in enumerate(VKMARK.items()):
        for name, device in (("mali", "Mali-G610"), ("lavapipe", "llvmpipe")):
            output, status = section(text, f"{name}-{number}")
            rates = re.findall(rf"^\[{scene.partition(':')[0]}\] .* FPS: [1-9]", output, re.M)
            yield s.check(f"{scene}: vkmark draws it on {device}", status == 0 and device in output and len(rates) == 1,
                          f"status {status}\n{output}")
        pairs = [tuple(run.out_dir / f"{name}-{number}/{frame:05}.ppm" for name in ("mali", "lavapipe")) for frame in range(SHOWN)]
        yield s.compare(scene, *_worst(pairs, tolerance), tolerance, pixels, "lavapipe")


def test_vkmark_frames_panthor(s):
    """frames of every scene of vkmark, panvk against lavapipe; panthor, the backports kernel"""
    yield from _vkmark_frames(s, Options(driver="panthor", kernel="backports"))


def test_vkmark_frames_garm(s):
    """frames of every scene of vkmark, panvk against lavapipe; garm.ko, the stable kernel"""
    yield from _vkmark_frames(s, Options(driver="garm"))


def test_vkmark_frames_backports(s):
    """frames of every scene of vkmark on the backports' Mesa, panvk against lavapipe; panthor, the stable kernel"""
    yield from _vkmark_frames(s, Options(driver="panthor", mesa="backports"))


for test in (test_glmark2_frames_panthor, test_glmark2_frames_garm, test_glmark2_run_panthor, test_glmark2_run_garm,
             test_glmark2_frames_backports, test_vkmark_frames_panthor, test_vkmark_frames_garm, test_vkmark_frames_backports):
    test.asked = True       # minutes each
