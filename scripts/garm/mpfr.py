"""GNU MPFR's headers and libraries for one unit test, tests/unit/valhall_mpfr_test.c, in a folder of their own.

Apart from the build root, whose name is part of the name of all that is built in it. Called by project.py.
"""

from __future__ import annotations

from pathlib import Path

from . import apt
from .env import Env
from .errors import GarmError

PACKAGES = ("libmpfr-dev", "libgmp-dev")
KEEP = r"lib(mpfr|gmp)"


def folder(env: Env, packages: apt.Apt) -> Path | None:
    """A tree with usr/include and usr/lib, or None, said once: it is not in the cache and cannot be fetched."""
    def make(into: Path) -> None:
        apt.unpack(packages.download(PACKAGES, "amd64", keep=KEEP), into)

    try:
        return env.cache.make("mpfr", "dev", [*PACKAGES, KEEP, packages.generation()], "GNU MPFR for a unit test", make,
                              network=True)
    except GarmError as error:
        env.ui.say(f"the unit test against MPFR will be skipped: {error}")
        return None
