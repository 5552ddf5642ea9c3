"""Unmodified Mesa of Debian draws on the emulated GPU: panfrost against llvmpipe, panvk against lavapipe, scene by scene."""

import re
from pathlib import Path

from garm.options import Options
from garm.suite.bootcases import MARK, program_results
from garm.suite.model import SKIP, Result

PACKAGES = ["mesa-vulkan-drivers", "vulkan-tools", "mesa-utils", "libgl1-mesa-dri", "libegl-mesa0", "libegl1", "libgles2"]
# The software drivers' compiler takes most of the time; what it draws does not depend on its passes.
COMMAND = "export GALLIVM_PERF=nopt GLES_DRAW_OUT=/out VK_DRAW_OUT=/out; {0}; echo '" + MARK + "' $?"

SOFTWARE = {"gles_draw": "llvmpipe", "gles_scenes": "llvmpipe", "gles_formats": "llvmpipe", "vk_draw": "lavapipe"}


def _run(s, program, options, compiled=0):
    """One boot; each scene is a result. @compiled: forms of shaders, at least, of which none may fail."""
    run = s.boot(options, COMMAND.format(program), 900)
    yield s.verdict("boot, no kernel warning, power off", run)
    if compiled:
        found = re.search(r"shaders-compiled (\d+), failed 0$", run.qemu_stderr, re.M)
        yield s.check(f"{compiled} forms of shaders are compiled, none fails", bool(found) and int(found[1]) >= compiled,
                      run.qemu_stderr[-500:])
    output, _, status = run.stdout.decode(errors="replace").rpartition(MARK)
    for result in program_results(program, output, int(status or 255), options):
        name = Path(result.name).name
        s.show(result, run.out_dir / f"{name}-mali.ppm", run.out_dir / f"{name}-{SOFTWARE[program]}.ppm")
        yield result


def test_draw_gles_panthor(s):
    """panfrost on panthor, the backports kernel: every scene"""
    yield from _run(s, "gles_draw", Options(driver="panthor", kernel="backports", packages=PACKAGES))


def test_draw_gles_garm(s):
    """panfrost on garm.ko, the stable kernel: every scene"""
    yield from _run(s, "gles_draw", Options(driver="garm", packages=PACKAGES))


def test_draw_vulkan_panthor(s):
    """panvk on panthor, the backports kernel: every scene"""
    yield from _run(s, "vk_draw", Options(driver="panthor", kernel="backports", packages=PACKAGES))


def test_draw_vulkan_garm(s):
    """panvk on garm.ko, the stable kernel: every scene"""
    yield from _run(s, "vk_draw", Options(driver="garm", packages=PACKAGES))


def test_draw_gles_compiled(s):
    """panfrost on garm.ko: every scene, hot shaders compiled meanwhile, not from a cache"""
    if "avx2" not in Path("/proc/cpuinfo").read_text():
        yield Result("compiled", SKIP, "shaders are compiled on hosts with AVX2")
        return
    options = Options(driver="garm", packages=PACKAGES, gpu=["jit=on,jit-cache=none,stats=on"])
    yield from _run(s, "gles_draw", options, compiled=4)


def test_draw_scenes_panthor(s):
    """panfrost on panthor, the backports kernel: scenes of vertices, samples, textures, targets"""
    yield from _run(s, "gles_scenes", Options(driver="panthor", kernel="backports", packages=PACKAGES))


def test_draw_scenes_garm(s):
    """panfrost on garm.ko, the stable kernel: scenes of vertices, samples, textures, targets"""
    yield from _run(s, "gles_scenes", Options(driver="garm", packages=PACKAGES))


def test_draw_formats_panthor(s):
    """panfrost on panthor: formats of textures; llvmpipe's compiler takes a second or two for each"""
    yield from _run(s, "gles_formats", Options(driver="panthor", packages=PACKAGES))


def test_draw_formats_garm(s):
    """the same on garm.ko and the backports kernel"""
    yield from _run(s, "gles_formats", Options(driver="garm", kernel="backports", packages=PACKAGES))


def test_draw_vulkan_backports(s):
    """panvk of the backports' Mesa on garm.ko, the stable kernel: every scene"""
    yield from _run(s, "vk_draw", Options(driver="garm", mesa="backports", packages=PACKAGES))


def test_draw_gles_backports(s):
    """panfrost of the backports' Mesa on panthor and the backports kernel"""
    yield from _run(s, "gles_draw", Options(driver="panthor", kernel="backports", mesa="backports", packages=PACKAGES))


def test_draw_scenes_backports(s):
    """panfrost of the backports' Mesa on garm.ko: scenes of vertices, samples, textures, targets"""
    yield from _run(s, "gles_scenes", Options(driver="garm", mesa="backports", packages=PACKAGES))


def test_draw_formats_backports(s):
    """panfrost of the backports' Mesa on panthor and the backports kernel: formats of textures"""
    yield from _run(s, "gles_formats", Options(driver="panthor", kernel="backports", mesa="backports", packages=PACKAGES))


for test in (test_draw_scenes_panthor, test_draw_scenes_garm, test_draw_formats_panthor, test_draw_formats_garm,
             test_draw_vulkan_backports, test_draw_gles_backports, test_draw_vulkan_panthor, test_draw_scenes_backports,
             test_draw_formats_backports):
    test.asked = True   # a minute each and more: when they are named


# A heap of one chunk: the target is drawn in several goes. Then one that grows while it is drawn into.
HEAP = ("export GALLIVM_PERF=nopt pan_csf_chunk_size=262144 pan_csf_initial_chunks=1; s=0; for n in 1 64; do "
        "for i in crowd mesh; do echo \"$n chunks\"; pan_csf_max_chunks=$n gles_draw --run-subtest $i || s=$?; done; done; echo '"
        + MARK + "' $s")


def _heap(s, options):
    s.context.out.mkdir(parents=True, exist_ok=True)
    report = s.context.out / "heap.json"
    options.gpu = [f"report={report}"]
    run = s.boot(options, HEAP, 600)
    yield s.verdict("boot, no kernel warning, power off", run)
    output, _, status = run.stdout.decode(errors="replace").rpartition(MARK)
    yield s.check("24000 and 2400 triangles, heap of one chunk and of up to 64: as llvmpipe", int(status or 255) == 0, output[-3000:])
    things = {t["name"]: t["count"] for t in s.json(report)["things"]}
    yield s.check("the tiler ran out of memory", things.get("CS_TILER_OOM", 0) >= 4, str(things.get("CS_TILER_OOM")))
    yield s.check("more fragment jobs than targets: incremental rendering", things.get("RUN_FRAGMENT", 0) > 8, str(things.get("RUN_FRAGMENT")))


def test_draw_heap_panthor(s):
    """the tiler heap runs out on panthor: growth, the exception handler, incremental rendering"""
    yield from _heap(s, Options(driver="panthor", kernel="backports", packages=PACKAGES))


def test_draw_heap_garm(s):
    """the same on garm.ko"""
    yield from _heap(s, Options(driver="garm", packages=PACKAGES))
