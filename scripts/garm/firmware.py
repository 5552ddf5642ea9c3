"""Which firmware image the guest's driver is given: the project's own, Debian's, or a file. Called by boot.py."""

from __future__ import annotations

import shutil
from pathlib import Path

from . import apt
from .env import Env
from .errors import GarmError, UsageError

PACKAGE = "firmware-misc-nonfree"
IN_PACKAGE = "usr/lib/firmware/arm/mali/arch10.8/mali_csffw.bin"
FILE = "mali_csffw.bin"


def vendor(env: Env, packages: apt.Apt) -> Path:
    """The vendor's image from Debian's non-free-firmware."""
    def build(into: Path) -> None:
        apt.unpack(packages.download([PACKAGE], "arm64", keep=PACKAGE), into / "tree")
        shutil.copy2(into / "tree" / IN_PACKAGE, into / FILE)
        shutil.rmtree(into / "tree")

    return env.cache.make("firmware", "vendor", [packages.generation()], "vendor firmware", build) / FILE


def choose(name: str, env: Env, packages: apt.Apt, built: Path) -> Path:
    """The file that --firmware names; `built` is where the project's build puts its own."""
    if name == "vendor":
        return vendor(env, packages)
    if name == "free":
        if not built.exists():
            raise GarmError("the free firmware image is not part of this tree yet "
                            "(images/firmware): use --firmware vendor")
        return built
    path = Path(name).expanduser()
    if not path.is_file():
        raise UsageError(f"--firmware {name}: neither free, vendor nor an existing file")
    return path
