"""Run a host program with its output in a log, and turn a failure into one clear error."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import GarmError

TAIL_LINES = 20
NETWORK_SIGNS = ("Temporary failure resolving", "Could not resolve", "Could not connect",
                 "Connection timed out", "Network is unreachable", "Unable to connect", "Connection failed")


def tail(path: Path, lines: int = TAIL_LINES) -> str:
    """The end of a log file."""
    return "\n".join(path.read_text("utf-8", "replace").splitlines()[-lines:])


def explain(what: str, log: Path) -> GarmError:
    """The error for a failed program, naming the network or the disk when they are the cause."""
    text = log.read_text("utf-8", "replace")
    if any(sign in text for sign in NETWORK_SIGNS):
        return GarmError(f"{what}: no network, or the Debian mirror does not answer (log: {log})")
    if "No space left on device" in text:
        return GarmError(f"{what}: the disk is full (log: {log})")
    return GarmError(f"{what} failed (log: {log})", detail=tail(log))


def run(argv: Sequence[str], what: str, log: Path, *, verbose: bool = False, append: bool = False,
        cwd: Path | None = None, env: Mapping[str, str] | None = None,
        shown: Sequence[str] | None = None) -> None:
    """Run a program; its output goes to the log (headed by `shown`), or to stderr too with `verbose`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab" if append else "wb") as output:
        output.write(f"+ {' '.join(shown or argv)}\n".encode())
        output.flush()
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL, cwd=cwd, env=env,
                              stdout=subprocess.PIPE if verbose else output,
                              stderr=subprocess.STDOUT) as child:
            try:
                if child.stdout:
                    _copy(child, output)
                status = child.wait()
            except BaseException:
                child.terminate()
                raise
    if status != 0:
        raise explain(what, log)


def _copy(child: subprocess.Popen[bytes], output: object) -> None:
    assert child.stdout
    for line in child.stdout:
        output.write(line)  # type: ignore[attr-defined]
        sys.stderr.buffer.write(line)
        sys.stderr.flush()


def capture(argv: Sequence[str], what: str, *, env: Mapping[str, str] | None = None) -> str:
    """Run a short program and return what it printed."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=env, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise GarmError(f"{what} failed: {last}", detail=done.stderr)
    return done.stdout
