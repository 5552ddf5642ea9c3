"""The debug kernel: Debian's stable kernel source with images/kernel/debug.config. Called by kernels.py.

The result is a folder with Image, vmlinux (for gdb), lib/modules/VERSION and the configured source tree in
src/, without objects, for building modules against.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from . import apt
from .buildroot import BuildRoot
from .cache import file_digest
from .env import Env
from .errors import GarmError

PACKAGE = "linux-source-6.12"
CONFIG = "images/kernel/debug.config"
MAKE = ["make", "ARCH=arm64", "CROSS_COMPILE=aarch64-linux-gnu-", "LOCALVERSION=-garm-debug",
        "KBUILD_BUILD_USER=garm", "KBUILD_BUILD_HOST=garm"]
PAGES = {"4k": "CONFIG_ARM64_4K_PAGES=y", "16k": "CONFIG_ARM64_16K_PAGES=y"}
GIGABYTES = 9.0


def lost_lines(wanted: str, got: str) -> list[str]:
    """Settings that the kernel's configuration did not accept."""
    lines = set(got.splitlines())
    lost = []
    for line in wanted.splitlines():
        match = re.match(r"(CONFIG_\w+)=(.*)", line)
        if match and match.group(2) == "n":
            accepted = not any(other.startswith(match.group(1) + "=") for other in lines)
        elif match:
            accepted = line in lines
        else:
            continue
        if not accepted:
            lost.append(line)
    return lost


def _inputs(env: Env, root: BuildRoot, page_size: str) -> list[str]:
    return [root.apt.generation(), root.path.name, file_digest(env.repo / CONFIG), page_size, *MAKE]


def debug_kernel_built(env: Env, root: BuildRoot, page_size: str) -> bool:
    """Is it in the cache? Building takes long; tests that nobody asked for do not begin with that."""
    return env.cache.entry("debugkernel", f"debug-{page_size}", _inputs(env, root, page_size)).exists()


def debug_kernel(env: Env, root: BuildRoot, page_size: str) -> Path:
    """Build it on first use."""
    config = env.repo / CONFIG
    inputs = _inputs(env, root, page_size)

    def build(into: Path) -> None:
        log = env.cache.log(f"debugkernel-debug-{page_size}")
        debs = root.apt.download([PACKAGE], "amd64", keep=PACKAGE)
        apt.unpack(debs, into / "deb")
        root.run(["sh", "-ec", f"mkdir src && tar -C src --strip-components=1 -xf deb/usr/src/{PACKAGE}.tar.xz "
                               "&& rm -r deb"], "unpacking the kernel", log, cwd="/build", build=into)
        wanted = config.read_text() + PAGES[page_size] + "\n"
        (into / "wanted.config").write_text(wanted)
        run = partial(root.run, log=log, cwd="/build/src", build=into, append=True)
        run([*MAKE, "allnoconfig", "KCONFIG_ALLCONFIG=/build/wanted.config"], "configuring the kernel")
        lost = lost_lines(wanted, (into / "src/.config").read_text())
        if lost:
            raise GarmError(f"{CONFIG}: the kernel's configuration does not accept {', '.join(lost)}")
        run(["nice", *MAKE, f"-j{env.jobs}", "Image", "modules"], "building the kernel")
        run([*MAKE, "modules_install", "INSTALL_MOD_PATH=/build", "INSTALL_MOD_STRIP=1"], "installing the modules")
        root.run(["sh", "-ec", "cp src/arch/arm64/boot/Image src/vmlinux . && "
                               "find src -name '*.o' -delete -o -name '*.a' -delete -o -name '*.ko' -delete && "
                               "rm -f lib/modules/*/build lib/modules/*/source"],
                 "tidying the kernel", log, cwd="/build", build=into, append=True)

    return env.cache.make("debugkernel", f"debug-{page_size}", inputs, f"debug kernel, {page_size} pages", build,
                          gigabytes=GIGABYTES)
