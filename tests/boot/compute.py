"""Unmodified Mesa of Debian computes on the emulated GPU: panvk and panfrost, against lavapipe, llvmpipe and the CPU."""

from garm.options import Options
from garm.suite.bootcases import MARK, program_results

PACKAGES = ["mesa-vulkan-drivers", "vulkan-tools", "mesa-utils", "libgl1-mesa-dri", "libegl-mesa0", "libegl1", "libgles2"]
# The software drivers' compiler takes most of the time; what it computes does not depend on its passes.
COMMAND = "export GALLIVM_PERF=nopt; {0}; echo '" + MARK + "' $?"


def _run(s, program, options):
    """One boot with one program; its subtests are results."""
    run = s.boot(options, COMMAND.format(program), 600)
    yield s.verdict("boot, no kernel warning, power off", run)
    output, _, status = run.stdout.decode(errors="replace").rpartition(MARK)
    yield from program_results(program, output, int(status or 255), options)


def test_compute_vulkan_panthor(s):
    """panvk on panthor, the backports kernel: every compute case"""
    yield from _run(s, "vk_compute", Options(driver="panthor", kernel="backports", packages=PACKAGES))


def test_compute_vulkan_garm(s):
    """panvk on garm.ko, the stable kernel: every compute case"""
    yield from _run(s, "vk_compute", Options(driver="garm", packages=PACKAGES))


def test_compute_gles_panthor(s):
    """panfrost on panthor, the stable kernel: every GLES 3.1 compute case"""
    yield from _run(s, "gles_compute", Options(driver="panthor", packages=PACKAGES))


def test_compute_gles_garm(s):
    """panfrost on garm.ko, the backports kernel: every GLES 3.1 compute case"""
    yield from _run(s, "gles_compute", Options(driver="garm", kernel="backports", packages=PACKAGES))
