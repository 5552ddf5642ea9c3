"""Kernels that the project builds: Debian's stable kernel source with images/kernel/{debug,lockdep}.config.

`debug` has everything that finds mistakes and takes half an hour to build; `lockdep` only proves locking and runs
KUnit tests, and takes minutes. Called by kernels.py and driver.py. The result is a folder with Image, vmlinux (for
gdb), lib/modules/VERSION and the configured source tree in src/, without objects, for building modules against.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from . import apt
from .buildroot import BuildRoot
from .cache import file_digest
from .env import Env
from .errors import GarmError

PACKAGE = "linux-source-6.12"
PAGES = {"4k": "CONFIG_ARM64_4K_PAGES=y", "16k": "CONFIG_ARM64_16K_PAGES=y"}
TARGETS = ["Image", "modules"]
# What no build of ours needs of Debian's source: half of its bytes.
UNUSED = ("Documentation/*/*", "drivers/gpu/drm/amd/include/*", "tools/testing/*", "arch/*/boot/dts/*")


@dataclass(frozen=True)
class Kind:
    """How a kernel is made, besides its configuration: `flags` go to make, nothing is built in the folders `left_out`."""

    gigabytes: float
    flags: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


KINDS = {
    "debug": Kind(9.0),
    # Two thirds of a compiler's time go into optimising; the one file needs it. panthor is configured for the helpers
    # that it selects.
    "lockdep": Kind(2.0, ("KCFLAGS=-O1 -w", "CFLAGS_patching.o=-O2"), ("drivers/gpu/drm/panthor", "drivers/gpu/drm/scheduler")),
}


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


def config_path(env: Env, kind: str) -> Path:
    """What the kernel of that kind is made with."""
    return env.repo / f"images/kernel/{kind}.config"


def _make(kind: str) -> list[str]:
    return ["make", "ARCH=arm64", "CROSS_COMPILE=aarch64-linux-gnu-", f"LOCALVERSION=-garm-{kind}",
            "KBUILD_BUILD_USER=garm", "KBUILD_BUILD_HOST=garm", *KINDS[kind].flags]


def _inputs(env: Env, root: BuildRoot, kind: str, page_size: str) -> list[str]:
    return [root.apt.generation(), root.path.name, file_digest(config_path(env, kind)), page_size, *_make(kind),
            *KINDS[kind].left_out]


def debug_kernel_built(env: Env, root: BuildRoot, page_size: str, kind: str = "debug") -> bool:
    """Is it in the cache? Building takes long; tests that nobody asked for do not begin with that."""
    return env.cache.entry("debugkernel", f"{kind}-{page_size}", _inputs(env, root, kind, page_size)).exists()


def debug_kernel(env: Env, root: BuildRoot, page_size: str, kind: str = "debug") -> Path:
    """Build one on first use."""
    config = config_path(env, kind)
    inputs = _inputs(env, root, kind, page_size)
    make = _make(kind)

    def build(into: Path) -> None:
        log = env.cache.log(f"debugkernel-{kind}-{page_size}")
        debs = root.apt.download([PACKAGE], "amd64", keep=PACKAGE)
        apt.unpack(debs, into / "deb")
        unused = " ".join(f"--exclude='{PACKAGE}/{pattern}'" for pattern in UNUSED)
        root.run(["sh", "-ec", f"mkdir src && tar -C src --strip-components=1 -I 'xz -T0' {unused} "
                               f"-xf deb/usr/src/{PACKAGE}.tar.xz && rm -r deb"],
                 "unpacking the kernel", log, cwd="/build", build=into)
        for folder in KINDS[kind].left_out:
            (into / "src" / folder / "Makefile").write_text("# not built\n")
        wanted = config.read_text() + PAGES[page_size] + "\n"
        (into / "wanted.config").write_text(wanted)
        run = partial(root.run, log=log, cwd="/build/src", build=into, append=True)
        run([*make, "allnoconfig", "KCONFIG_ALLCONFIG=/build/wanted.config"], "configuring the kernel")
        lost = lost_lines(wanted, (into / "src/.config").read_text())
        if lost:
            raise GarmError(f"{config}: the kernel's configuration does not accept {', '.join(lost)}")
        run(["nice", *make, f"-j{env.jobs}", *TARGETS], "building the kernel")
        run([*make, "modules_install", "INSTALL_MOD_PATH=/build", "INSTALL_MOD_STRIP=1"], "installing the modules")
        root.run(["sh", "-ec", "cp src/arch/arm64/boot/Image src/vmlinux . && "
                               "find src -name '*.o' -delete -o -name '*.a' -delete -o -name '*.ko' -delete && "
                               "rm -f lib/modules/*/build lib/modules/*/source"],
                 "tidying the kernel", log, cwd="/build", build=into, append=True)

    return env.cache.make("debugkernel", f"{kind}-{page_size}", inputs, f"{kind} kernel, {page_size} pages", build,
                          gigabytes=KINDS[kind].gigabytes)
