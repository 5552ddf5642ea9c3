"""Tests of garm.ko that need no guest: builds without a warning, sparse, checkpatch, the package. Called by main.py."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from ..cache import remove_tree
from ..driver import MAKE, SOURCES
from ..package import MODULE, Package
from .context import Context
from .model import FAIL, PASS, Case, Result

KERNELS = ("stable", "backports")
PAGES = ("4k", "16k")
BUILD_SECONDS = 900
# $1 release of a kernel, $2 its headers, $3 dkms.deb, $4 our .deb. Prints a line for each thing that is as it should be.
INSTALL = """
mkdir /tmp/upper /tmp/work /tmp/root
mount -t overlay overlay -o lowerdir=/,upperdir=/tmp/upper,workdir=/tmp/work /tmp/root
for place in cache proc dev; do mount --rbind /$place /tmp/root/$place; done
mount -t tmpfs tmpfs /tmp/root/tmp
exec chroot /tmp/root sh -ec '
    # DKMS asks it for the machine; the postinst script builds for all kernels when the running one is not among them.
    mv /usr/bin/uname /usr/bin/uname.real
    printf "#!/bin/sh\\n[ \\"\\$*\\" = -m ] && echo aarch64 || exec uname.real \\"\\$@\\"\\n" > /usr/bin/uname
    chmod +x /usr/bin/uname
    modules=/lib/modules/$1
    mkdir -p $modules
    ln -s $2 $modules/build
    dpkg -i $3 $4 >&2 && echo installed
    ko=$(find $modules/updates/dkms -name "garm.ko*")
    [ -n "$ko" ] && echo garm.ko
    # What an initial RAM disk takes along; the G610 is of architecture 10.8.
    modinfo -F firmware $ko | grep -qx arm/mali/arch10.8/mali_csffw.bin && echo firmware
    depmod $1
    grep -q "alias of:.*arm,mali-valhall-csf.* garm$" $modules/modules.alias && echo alias
    modprobe --showconfig -S $1 | grep -qx "blacklist panthor" && echo blacklist
    dpkg -r garm-dkms >&2
    [ ! -e $ko ] && [ -z "$(dkms status garm)" ] && echo removed
' install "$@"
"""
# Not for an out-of-tree module that supports several kernels, or contrary to the project's rules.
CHECKPATCH_IGNORE = ("LINUX_VERSION_CODE", "CONSTANT_COMPARISON", "FILE_PATH_CHANGES", "SPDX_LICENSE_TAG",
                     "MACRO_ARG_REUSE", "MACRO_ARG_UNUSED")
# The form of TRACE_EVENT, everywhere in the kernel.
TRACE_IGNORE = ("OPEN_ENDED_LINE", "PARENTHESIS_ALIGNMENT")
# sparse does not know scope-based locks and takes each for a lock that is never released.
SPARSE = ["C=2", "CF=-Wno-context"]


def cases(context: Context) -> Iterator[Case]:
    """All of them."""
    for kernel in KERNELS:
        for page in PAGES:
            sparse = SPARSE if page == "4k" else []     # what it looks at does not depend on the size of pages
            yield Case(f"driver/build-{kernel}-{page}", partial(warnings, context, kernel, page, ["W=1", *sparse]),
                       f"garm.ko builds for the {kernel} kernel with {page} pages without a warning (W=1"
                       f"{', sparse' if sparse else ''})")
    yield Case("driver/checkpatch", partial(checkpatch, context), "checkpatch --strict finds nothing in driver/",
               tags=("quick",))
    yield Case("driver/package", partial(package, context, "stable"),
               "the package's contents; dpkg and DKMS install it, build garm.ko for the stable kernel, and remove it",
               tags=("quick",))
    yield Case("driver/package-backports", partial(package, context, "backports"),
               "the same for the backports kernel")


def warnings(context: Context, kernel: str, page: str, arguments: list[str]) -> Iterable[Result]:
    """One build; every warning is shown."""
    found = context.setup.driver.warnings(kernel, page, arguments)
    yield Result("warnings", FAIL if found else PASS, "\n".join(found[:20]))


def checkpatch(context: Context) -> Iterable[Result]:
    """Each file is a result."""
    driver = context.setup.driver
    script = context.root.inside(driver.checkpatch())
    for path in sorted([*driver.sources.glob("*.c"), *driver.sources.glob("*.h")]):
        ignore = (*CHECKPATCH_IGNORE, *(TRACE_IGNORE if path.name.endswith("_trace.h") else ()))
        process = context.in_root(["perl", script, "--no-tree", "--strict", "--terse", "--no-summary", "--show-types",
                                   f"--ignore={','.join(ignore)}", "-f", context.root.inside(path)])
        said = process.stdout.replace("/garm/", "").strip()
        yield Result(path.name, FAIL if process.returncode or said else PASS, said or process.stderr)


def package(context: Context, kernel: str) -> Iterable[Result]:
    """Make the package, look into it, install it."""
    folder = context.env.cache.root / "build" / context.env.clone_key / f"package-test-{kernel}"
    remove_tree(folder)
    made = Package(context.env, context.root)
    deb, tree = made.build(folder), folder / "tree"
    process = context.in_root(["dpkg-deb", "--raw-extract", context.root.inside(deb), context.root.inside(tree)])
    yield outcome("unpacks", process.returncode == 0, process.stderr)
    sources = tree / f"usr/src/{MODULE}-{made.version}"
    wanted = {path.name for pattern in SOURCES for path in context.setup.driver.sources.glob(pattern)} | {"dkms.conf"}
    found = {path.name for path in sources.glob("*")}
    yield outcome("sources", found == wanted, f"differ: {sorted(found ^ wanted)}")
    for name in ("postinst", "prerm"):
        process = context.in_root(["sh", "-n", context.root.inside(tree / "DEBIAN" / name)])
        yield outcome(name, process.returncode == 0 and bool((tree / "DEBIAN" / name).stat().st_mode & 0o111),
                      process.stderr or "not executable")
    blacklist = (tree / "usr/lib/modprobe.d/garm-dkms.conf").read_text().splitlines()
    yield outcome("panthor does not load by alias", "blacklist panthor" in blacklist, "\n".join(blacklist))
    yield from install(context, kernel, deb)


def install(context: Context, kernel: str, deb: Path) -> Iterable[Result]:
    """Install and remove it with dpkg and Debian's dkms, in a throw-away copy of the build root (an overlay)."""
    headers = context.setup.driver.headers(kernel, "4k")
    release = headers.name.removeprefix("linux-headers-")
    dkms = context.root.apt.download(["dkms"], "amd64", keep="dkms")[0]
    command = ["sh", "-ec", INSTALL, "install", release,
               *(context.root.inside(path) for path in (headers, dkms, deb))]
    # What differs from a machine that builds for itself: the compiler's name, and no image for BTF to compare with.
    process = context.in_root(command, BUILD_SECONDS, {"MAKEFLAGS": " ".join(MAKE)})
    lines = process.stdout.splitlines()
    said = (process.stdout + process.stderr)[-4000:]
    yield outcome("installs", "installed" in lines, said)
    for what in (f"{MODULE}.ko", "firmware", "alias", "blacklist", "removed"):
        yield outcome(f"installs: {what}", what in lines, said)


def outcome(name: str, good: bool, detail: str) -> Result:
    """A result whose detail matters only when it is bad."""
    return Result(name, PASS if good else FAIL, "" if good else detail)
