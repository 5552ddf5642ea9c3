"""This terminal as the guest's, for --shell: raw mode, and bytes both ways. Called by main.py."""

from __future__ import annotations

import os
import select
import shutil
import socket
import sys
import termios
import tty

from .errors import UsageError

CHUNK = 4096


class Terminal:
    """Raw mode while inside `with`."""

    def __init__(self) -> None:
        if not sys.stdin.isatty():
            raise UsageError("--shell needs a terminal; to run a command, give it after --")
        self.saved = termios.tcgetattr(0)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        termios.tcsetattr(0, termios.TCSADRAIN, self.saved)

    @staticmethod
    def size() -> tuple[int, int]:
        """Rows and columns."""
        size = shutil.get_terminal_size()
        return size.lines, size.columns

    def relay(self, guest: socket.socket) -> None:
        """Copy both ways until the guest's side ends."""
        tty.setraw(0)
        while True:
            ready, _, _ = select.select([0, guest], [], [])
            if guest in ready:
                try:
                    chunk = guest.recv(CHUNK)
                except ConnectionError:
                    chunk = b""
                if not chunk:
                    break
                os.write(1, chunk)
            if 0 in ready:
                typed = os.read(0, CHUNK)
                if not typed:
                    break
                guest.sendall(typed)
        termios.tcsetattr(0, termios.TCSADRAIN, self.saved)
