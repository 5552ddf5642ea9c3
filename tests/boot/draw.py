"""Unmodified Mesa of Debian draws on the emulated GPU: panfrost, scene by scene against llvmpipe in the same guest."""

from garm.options import Options
from garm.suite.bootcases import MARK, program_results

PACKAGES = ["mesa-vulkan-drivers", "vulkan-tools", "mesa-utils", "libgl1-mesa-dri", "libegl-mesa0", "libegl1", "libgles2"]
# llvmpipe's compiler takes most of the time; what it draws does not depend on its passes.
COMMAND = "export GALLIVM_PERF=nopt; gles_draw; echo '" + MARK + "' $?"


def _run(s, options):
    """One boot; each scene is a result."""
    run = s.boot(options, COMMAND, 600)
    yield s.verdict("boot, no kernel warning, power off", run)
    output, _, status = run.stdout.decode(errors="replace").rpartition(MARK)
    yield from program_results("gles_draw", output, int(status or 255), options)


def test_draw_gles_panthor(s):
    """panfrost on panthor, the backports kernel: every scene"""
    yield from _run(s, Options(driver="panthor", kernel="backports", packages=PACKAGES))


def test_draw_gles_garm(s):
    """panfrost on garm.ko, the stable kernel: every scene"""
    yield from _run(s, Options(driver="garm", packages=PACKAGES))
