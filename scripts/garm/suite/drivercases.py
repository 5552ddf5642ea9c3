"""Tests of garm.ko that need no guest: it builds without a warning, sparse and checkpatch agree. Called by main.py."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from .context import Context
from .model import FAIL, PASS, Case, Result

KERNELS = ("stable", "backports")
PAGES = ("4k", "16k")
# Not for an out-of-tree module that supports several kernels, or contrary to the project's rules.
CHECKPATCH_IGNORE = ("LINUX_VERSION_CODE", "CONSTANT_COMPARISON", "FILE_PATH_CHANGES", "SPDX_LICENSE_TAG",
                     "MACRO_ARG_REUSE", "MACRO_ARG_UNUSED")
# sparse does not know scope-based locks and takes each for a lock that is never released.
SPARSE = ["C=2", "CF=-Wno-context"]


def cases(context: Context) -> Iterator[Case]:
    """All of them."""
    for kernel in KERNELS:
        for page in PAGES:
            yield Case(f"driver/build-{kernel}-{page}", partial(warnings, context, kernel, page, ["W=1"]),
                       f"garm.ko builds for the {kernel} kernel with {page} pages without a warning (W=1)")
        yield Case(f"driver/sparse-{kernel}", partial(warnings, context, kernel, "4k", SPARSE),
                   f"sparse finds nothing in garm.ko for the {kernel} kernel")
    yield Case("driver/checkpatch", partial(checkpatch, context), "checkpatch --strict finds nothing in driver/",
               tags=("quick",))


def warnings(context: Context, kernel: str, page: str, arguments: list[str]) -> Iterable[Result]:
    """One build; every warning is shown."""
    found = context.setup.driver.warnings(kernel, page, arguments)
    yield Result("warnings", FAIL if found else PASS, "\n".join(found[:20]))


def checkpatch(context: Context) -> Iterable[Result]:
    """Each file is a result."""
    driver = context.setup.driver
    script = context.root.inside(driver.checkpatch())
    for path in sorted([*driver.sources.glob("*.c"), *driver.sources.glob("*.h")]):
        process = context.in_root(["perl", script, "--no-tree", "--strict", "--terse", "--no-summary", "--show-types",
                                   f"--ignore={','.join(CHECKPATCH_IGNORE)}", "-f", context.root.inside(path)])
        said = process.stdout.replace("/garm/", "").strip()
        yield Result(path.name, FAIL if process.returncode or said else PASS, said or process.stderr)
