"""Command-line tools on the core (hw/tools): built when needed, run on this machine. Called by scripts/tool."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from .env import Env
from .errors import GarmError
from .qemu import host_command
from .setup import Setup

TOOLS = ("mali-run", "mali-replay", "mali-disasm", "mali-csdisasm")
USAGE = f"usage: scripts/tool {{{'|'.join(TOOLS)}}} ARGS...    (--help: the tool's own)"


def main(argv: Sequence[str]) -> int:
    """Does not return when all is well: the tool takes the process over, with its streams and exit status."""
    if not argv or argv[0] not in TOOLS:
        print(USAGE, file=sys.stdout if argv[:1] == ["--help"] else sys.stderr)
        return 0 if argv[:1] == ["--help"] else 2
    try:
        setup = Setup(Env())
        setup.project.build(("native",))
        command = [*host_command(setup.root, setup.project.path("native") / "hw/tools" / argv[0]), *argv[1:]]
    except GarmError as error:
        print(f"scripts/tool: {error}", file=sys.stderr)
        return 2
    sys.stdout.flush()
    os.execv(command[0], command)
