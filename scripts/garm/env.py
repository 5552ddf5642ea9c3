"""What every set-up step needs: the clone, the cache, the terminal, and the choice of mirror."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from .cache import Cache, digest
from .errors import GarmError
from .ui import UI

REPO = Path(__file__).resolve().parents[2]


def default_cache() -> Path:
    """$GARM_CACHE, or a folder in the user's home."""
    chosen = os.environ.get("GARM_CACHE")
    return Path(chosen) if chosen else Path.home() / ".cache" / "garm"


@dataclass
class Env:
    """One run of the scripts."""

    cache_root: Path = field(default_factory=default_cache)
    offline: bool = False
    mirror: str | None = None
    verbose: bool = False
    quiet: bool = False
    repo: Path = REPO

    def __post_init__(self) -> None:
        if os.geteuid() != 0:
            raise GarmError("must be run as root (it makes a Debian folder and uses chroot): try sudo")
        self.cache_root = self.cache_root.expanduser().resolve()
        self.ui = UI(self.verbose, self.quiet)
        self.cache = Cache(self.cache_root, self.ui, self.offline)
        self.mirror = self.mirror or os.environ.get("GARM_MIRROR")

    @property
    def clone_key(self) -> str:
        """Tells apart clones that share a cache."""
        return digest([str(self.repo)])

    @property
    def jobs(self) -> int:
        """How many compilers to run at once."""
        return os.cpu_count() or 1
