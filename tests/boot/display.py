"""Pictures on the guest's screen: unmodified programs of Debian on panfrost and a KMS display, against llvmpipe.

The screen (hw/qemu/lcdif.c) writes flips to files, by the series that each program makes and by number, so that the
same frame of both renderers is compared whatever either takes.
"""

import re

from garm.options import Options
from garm.picture import Picture, compare
from garm.suite.onscreen import DESKTOP, HEAD, SOFTWARE, on_mali, section, step, weston

MESA = ["mesa-vulkan-drivers", "vulkan-tools", "mesa-utils", "libgl1-mesa-dri", "libegl-mesa0", "libegl1", "libgles2"]
PACKAGES = [*MESA, "kmscube", "glmark2-es2-drm", "glmark2-es2-wayland", "weston", "seatd", "vkmark"]

# Mode, arguments, frame to look at, mode whose llvmpipe picture it is compared with, tolerance of a channel, pixels beyond
# it (edges that fall on a sample). Colours are within a rounding; RGB565 is dithered by panfrost only: one step of 5 bits.
# llvmpipe has no NV12 in one image (it ends with an assertion), and kmscube's own conversion of two images uses other
# coefficients than Mesa's of one. Frames behind the one that is compared are there because kmscube ends without
# waiting for its last one, and the kernel kills what that still draws.
KMSCUBE = (
    ("smooth", "-A", 2, "smooth", 1, 20),
    ("legacy", "", 2, "legacy", 1, 20),
    ("rgba", "-A -M rgba", 2, "rgba", 2, 100),
    ("nv12-2img", "-A -M nv12-2img", 2, "nv12-2img", 2, 100),
    ("nv12-1img", "-A -M nv12-1img", 2, "nv12-2img", 32, 100),
    ("rgb565", "-A -f RG16", 2, "rgb565", 9, 20),
)


def _kmscube(s, options):
    frames = s.context.out / s.name.replace("/", "-")
    options.display, options.screen, options.packages = "none", [f"frames={frames}"], PACKAGES
    series = {}
    command = HEAD
    for mode, arguments, frame, like, _, _ in KMSCUBE:
        for name, prefix in ((mode, ""), (f"{mode}-software", SOFTWARE)):
            if prefix and like != mode:
                continue
            series[name] = len(series) + 1
            command += step(name, f"env {prefix}kmscube {arguments} -c {frame + 3}")
    run = s.boot(options, command, 400)
    yield s.verdict("boot, no kernel warning, power off", run)
    text = run.stdout.decode(errors="replace")
    for name in series:
        output, status = section(text, name)
        software = name.endswith("-software")
        yield s.check(f"{name}: kmscube ends well on {'llvmpipe' if software else 'panfrost'}",
                      status == 0 and ("llvmpipe" in output if software else on_mali(output, 'renderer: "')),
                      f"status {status}\n{output}")
    for mode, _, frame, like, tolerance, pixels in KMSCUBE:
        got, wanted = (frames / f"{series[name]:03}-{frame:05}.ppm" for name in (mode, f"{like}-software"))
        yield s.compare(f"{mode}: frame {frame}", got, wanted, tolerance, pixels)
    yield s.check("the run leaves screen.png", (run.out_dir / "screen.png").exists())


def test_kmscube_panthor(s):
    """kmscube on the screen of the guest, on panthor and the backports kernel, against llvmpipe"""
    yield from _kmscube(s, Options(driver="panthor", kernel="backports"))


def test_kmscube_garm(s):
    """kmscube on the screen of the guest, on garm.ko and the stable kernel, against llvmpipe"""
    yield from _kmscube(s, Options(driver="garm"))


def test_kmscube_backports(s):
    """kmscube on the backports' Mesa, on panthor and the stable kernel, against llvmpipe"""
    yield from _kmscube(s, Options(driver="panthor", mesa="backports"))


# Scenes of glmark2 that look at a pixel of theirs (--validate). Some of its own references hold for 800x600 only, so
# its verdict and the pixel that it read (--debug says it where the verdict is "Failure") are compared with llvmpipe's.
GLMARK2 = ("build:use-vbo=false", "texture:texture-filter=mipmap", "texture:texture-filter=nearest", "shading:shading=phong",
           "bump:bump-render=normals")
GLMARK2_TOLERANCE = 3       # of a channel of that pixel

CLIENTS = (DESKTOP
           + "".join(step(name, f"env {prefix}glmark2-es2-drm --debug --off-screen --validate "
                          + " ".join(f"-b {scene}" for scene in GLMARK2))
                     for name, prefix in (("glmark2", ""), ("glmark2-software", SOFTWARE)))
           + weston(step("simple-egl", "timeout -s INT 6 weston-simple-egl")
                     + step("glmark2-wayland", "glmark2-es2-wayland -b build:duration=0.3")))


def _verdict(output, scene):
    """What glmark2 says of a scene: verdict and, when that is not "Success", the channels that it read."""
    kind, _, rest = scene.partition(":")
    found = re.search(rf"\[{kind}\] {rest}:(.*?) Validation: (\w+)", output, re.S)
    if not found:
        return None
    actual = re.search(r"Actual: 0x(\w{8})", found[1])
    return found[2], tuple(bytes.fromhex(actual[1])) if actual else ()


def _glmark2(s, text):
    mali, soft = section(text, "glmark2"), section(text, "glmark2-software")
    yield s.check("glmark2 draws on the Mali, and on llvmpipe", on_mali(mali[0]) and "llvmpipe" in soft[0],
                  f"{mali}\n{soft}")
    for scene in GLMARK2:
        got, wanted = _verdict(mali[0], scene), _verdict(soft[0], scene)
        same = got and wanted and got[0] == wanted[0] and len(got[1]) == len(wanted[1]) and \
            all(abs(a - b) <= GLMARK2_TOLERANCE for a, b in zip(got[1], wanted[1]))
        yield s.check(f"glmark2 {scene}: the pixel is right", bool(same), f"got {got}, llvmpipe {wanted}\n{mali}")


def _triangle(path):
    """Whether a frame shows weston-simple-egl's triangle: red, green and blue at its corners, many shades in between."""
    if not path.exists():
        return False
    colours = Picture.read(path).smaller(2).colours()
    pure = [any(c[i] > 200 and max(c[:i] + c[i + 1:]) < 60 for c in colours) for i in range(3)]
    return all(pure) and len(colours) > 500


def _desktop(s, options):
    frames = s.context.out / s.name.replace("/", "-")
    options.display, options.screen, options.packages = "none", [f"frames={frames}"], PACKAGES
    run = s.boot(options, CLIENTS, 400)
    yield s.verdict("boot, no kernel warning, power off", run)
    text = run.stdout.decode(errors="replace")
    yield from _glmark2(s, text)
    log = (run.out_dir / "weston.log").read_text(errors="replace") if (run.out_dir / "weston.log").exists() else ""
    yield s.check("Weston's GL renderer is on the Mali", on_mali(log, "GL renderer: "), log[-3000:])
    shown = sorted(frames.glob("*.ppm"))
    good = [path for path in shown if _triangle(path)]
    yield s.check("weston-simple-egl's triangle is on the screen", bool(good),
                  f"in none of {len(shown)} frames\n{section(text, 'simple-egl')}\n{log[-1500:]}")
    for path in good[:1]:
        s.context.gallery.add(f"{s.name}: weston-simple-egl", True, path.name, [("Weston's screen", Picture.read(path))])
    output, status = section(text, "glmark2-wayland")
    yield s.check("glmark2 under Weston", status == 0 and on_mali(output) and
                  re.search(r"FPS: [1-9]", output) is not None, f"status {status}\n{output}")


def test_weston_panthor(s):
    """Weston's GL renderer and clients on the screen, glmark2's own checks; panthor, the backports kernel"""
    yield from _desktop(s, Options(driver="panthor", kernel="backports"))


def test_weston_garm(s):
    """Weston's GL renderer and clients on the screen, glmark2's own checks; garm.ko, the stable kernel"""
    yield from _desktop(s, Options(driver="garm"))


def test_weston_backports(s):
    """Weston's GL renderer and clients on the backports' Mesa, glmark2's own checks; garm.ko, the backports kernel"""
    yield from _desktop(s, Options(driver="garm", kernel="backports", mesa="backports"))


# The angle of vkcube's cube is the number of its frame: both renderers draw the same ones. Edges fall on a sample; the
# picture on the cube is small text, whose texels are chosen by the last bit of a coordinate. The last frames of a client
# that ends are never shown, so lavapipe draws more, and the Mali has to show some.
VKCUBE_FRAMES, VKCUBE_SOFTWARE_FRAMES, VKCUBE_SHOWN = 7, 12, 3
VKCUBE_TOLERANCE, VKCUBE_PIXELS = 8, 300
VKCUBE = ["vulkan-tools", "mesa-vulkan-drivers", "libgl1-mesa-dri", "libegl-mesa0", "libegl1", "libgles2", "weston", "seatd"]
VKCUBES = DESKTOP + "".join(
    weston(step(name, f"vkcube --wsi wayland --gpu_number {gpu} --width 640 --height 480 --c {count}"), f"weston-{name}")
    for gpu, (name, count) in enumerate((("vkcube", VKCUBE_FRAMES), ("vkcube-software", VKCUBE_SOFTWARE_FRAMES))))


def _cubes(frames, series):
    """Frames of a series in which something is drawn, each once: path, picture, and a small one to tell them apart."""
    found = {}
    for path in sorted(frames.glob(f"{series:03}-*.ppm")):
        picture = Picture.read(path)
        small = picture.smaller(8)
        if len(small.colours()) > 50:
            found.setdefault(picture.data, (path, picture, small))
    return list(found.values())


def _vkcube(s, options):
    frames = s.context.out / s.name.replace("/", "-")
    options.display, options.screen, options.packages = "none", [f"frames={frames}"], VKCUBE
    run = s.boot(options, VKCUBES, 400)
    yield s.verdict("boot, no kernel warning, power off", run)
    text = run.stdout.decode(errors="replace")
    for name, gpu in (("vkcube", "Mali-G610"), ("vkcube-software", "llvmpipe")):
        output, status = section(text, name)
        yield s.check(f"{name}: vkcube ends well on {gpu}", status == 0 and re.search(rf"Selected GPU \d: {gpu}", output) is not None,
                      f"status {status}\n{output}")
    drawn, wanted = _cubes(frames, 1), _cubes(frames, 2)
    yield s.check("lavapipe's cube turns", len(wanted) >= len(drawn), f"{len(wanted)} different frames, {len(drawn)} of the Mali")
    same = 0
    for path, picture, small in drawn if wanted else ():
        like, theirs, _ = min(wanted, key=lambda row: compare(small, row[2], VKCUBE_TOLERANCE).pixels)
        best = compare(picture, theirs, VKCUBE_TOLERANCE)
        ok = best.pixels <= VKCUBE_PIXELS
        same += ok
        s.context.gallery.add(f"{s.name}: {path.name}, {like.name}", ok, str(best),
                              [("drawn by the Mali", picture), ("lavapipe", theirs), ("difference", best.picture)])
        yield s.check(f"{path.name} is one of lavapipe's frames", ok, f"{best}; allowed are {VKCUBE_PIXELS} pixels by more than "
                      f"{VKCUBE_TOLERANCE}\n{path}\n{like}")
    yield s.check("the Mali's cube turns", same >= VKCUBE_SHOWN, f"{same} frames of {len(drawn)} are right")


def test_vkcube_panthor(s):
    """vkcube under Weston on the screen, frame by frame against lavapipe; panthor, the backports kernel"""
    yield from _vkcube(s, Options(driver="panthor", kernel="backports"))


test_vkcube_panthor.asked = True    # what it adds to the one of garm.ko is little for a minute


def test_vkcube_garm(s):
    """vkcube under Weston on the screen, frame by frame against lavapipe; garm.ko, the stable kernel"""
    yield from _vkcube(s, Options(driver="garm"))


def test_vkcube_backports(s):
    """vkcube under Weston on the backports' Mesa, frame by frame against lavapipe; garm.ko, the backports kernel"""
    yield from _vkcube(s, Options(driver="garm", kernel="backports", mesa="backports"))


# vkmark's own list of scenes, without a window system. Small, so that each draws some frames: what takes 800x600 pixels of a
# blur is the figures' business.
VKMARK = ("vertex:device-local=true", "vertex:device-local=false", "texture:anisotropy=0", "texture:anisotropy=16",
          "shading:shading=gouraud", "shading:shading=blinn-phong-inf", "shading:shading=phong", "shading:shading=cel",
          "effect2d:kernel=edge", "effect2d:kernel=blur", "desktop", "cube", "clear")


def _vkmark(s, options):
    options.packages = [*VKCUBE, "vkmark"]
    scenes = " ".join(f"-b {scene}" for scene in VKMARK)
    run = s.boot(options, HEAD + "vkmark --winsys headless -s 160x120 -b :duration=0.5 " + scenes + " 2>&1", 400)
    yield s.verdict("boot, no kernel warning, vkmark ends well", run)
    text = run.stdout.decode(errors="replace")
    yield s.check("vkmark draws on the Mali", "Mali-G610" in text, text[-1500:])
    rates = re.findall(r"^\[(\w+)\] (\S+): FPS: (\d+)", text, re.M)
    for scene in VKMARK:
        kind, _, rest = scene.partition(":")
        rate = next((int(fps) for name, how, fps in rates if name == kind and how == (rest or "<default>")), 0)
        yield s.check(f"vkmark {scene}: frames are drawn", rate > 0, text[-1500:])


def test_vkmark_panthor(s):
    """vkmark's scenes on panvk without a window system; panthor, the backports kernel"""
    yield from _vkmark(s, Options(driver="panthor", kernel="backports"))


def test_vkmark_garm(s):
    """vkmark's scenes on panvk without a window system; garm.ko, the stable kernel"""
    yield from _vkmark(s, Options(driver="garm"))


def test_vkmark_backports(s):
    """vkmark's scenes on the backports' panvk without a window system; garm.ko, the backports kernel"""
    yield from _vkmark(s, Options(driver="garm", kernel="backports", mesa="backports"))


for test in (test_vkmark_panthor, test_vkmark_garm, test_vkmark_backports, test_kmscube_backports, test_weston_backports,
             test_vkcube_backports):
    test.asked = True       # a minute each, for what others show, too, or draw-vulkan-* more of
