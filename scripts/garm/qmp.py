"""A small client of QEMU's machine protocol (QMP) over a connected socket. Called by boot.py."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any

from .errors import EXIT_QEMU, GarmError


class Qmp:
    """Commands and events of one QEMU; commands may come from any thread."""

    def __init__(self, connection: socket.socket, timeout: float = 60.0) -> None:
        self.socket = connection
        self.socket.settimeout(timeout)
        self.file = connection.makefile("rb")
        self.lock = threading.Lock()
        self.events: list[dict[str, Any]] = []
        self._read()                      # the greeting
        self.command("qmp_capabilities")

    def _read(self) -> dict[str, Any]:
        try:
            line = self.file.readline()
        except OSError as error:
            raise GarmError("QEMU does not answer on QMP", EXIT_QEMU) from error
        if not line:
            raise GarmError("QEMU closed its QMP connection", EXIT_QEMU)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def command(self, name: str, **arguments: Any) -> Any:
        """Run a command and return its result; underscores in argument names become hyphens."""
        wanted = {key.replace("_", "-"): value for key, value in arguments.items()}
        with self.lock:
            request = {"execute": name, "arguments": wanted}
            try:
                self.socket.sendall(json.dumps(request).encode() + b"\n")
            except OSError as error:
                raise GarmError("QEMU is gone", EXIT_QEMU) from error
            while True:
                answer = self._read()
                if "event" in answer:
                    self.events.append(answer)
                elif "error" in answer:
                    raise GarmError(f"QMP {name}: {answer['error'].get('desc')}", EXIT_QEMU)
                else:
                    return answer["return"]

    def close(self) -> None:
        """Hang up."""
        self.file.close()
        self.socket.close()

    def hmp(self, line: str) -> str:
        """Run a command of the human monitor and return what it prints."""
        return str(self.command("human-monitor-command", command_line=line))

    def savevm(self, name: str) -> None:
        """Snapshot; the guest needs Options(snapshots=True)."""
        self._quiet(f"savevm {name}")

    def loadvm(self, name: str) -> None:
        """Return to a snapshot."""
        self._quiet(f"loadvm {name}")

    def _quiet(self, line: str) -> None:
        printed = self.hmp(line).strip()
        if printed:
            raise GarmError(f"{line}: {printed}", EXIT_QEMU)
