"""Unmodified Mesa of Debian finds the GPU: panvk and panfrost name it, on both drivers."""

import re

from garm.options import Options

PACKAGES = ["mesa-vulkan-drivers", "vulkan-tools", "mesa-utils", "libgl1-mesa-dri", "libegl-mesa0", "libegl1", "libgles2"]
COMMAND = "vulkaninfo --summary; echo @@status $?; eglinfo -B -p surfaceless; echo @@status $?"


def test_mesa_finds_the_gpu(s):
    """vulkaninfo (panvk) and eglinfo (panfrost) report the Mali-G610 on panthor and on garm.ko"""
    for driver in ("panthor", "garm"):
        run = s.boot(Options(driver=driver, packages=PACKAGES), COMMAND, 300)
        text = run.stdout.decode(errors="replace")
        yield s.verdict(f"guest with Mesa on {driver}", run)
        yield s.check(f"both programs end well on {driver}", text.count("@@status 0") == 2, text[-1500:])
        yield s.check(f"panvk on {driver}", re.search(r"deviceName\s+= Mali-G610\n\s+driverID\s+= DRIVER_ID_MESA_PANVK", text)
                      is not None, text[:3000])
        yield s.check(f"panfrost on {driver}", "OpenGL ES profile renderer: Mali-G610 (Panfrost)" in text, text[-1500:])
