"""Socket pairs between a guest's channels and this process, read by one thread. Called by boot.py.

Each channel is one end of a socket pair; QEMU inherits the other. There is no file-system name, so nothing
can clash or be left behind, and a dead QEMU is the end of every stream.
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable, Iterable

CHUNK = 1 << 16


class Channels:
    """Collects what the guest sends; `on_data` callbacks run on the reader thread."""

    def __init__(self, names: Iterable[str]) -> None:
        self.ours: dict[str, socket.socket] = {}
        self.theirs: dict[str, socket.socket] = {}
        for name in names:
            self.ours[name], self.theirs[name] = socket.socketpair()
        self.data = {name: bytearray() for name in self.ours}
        self.on_data: dict[str, Callable[[bytes], None]] = {}
        self.changed = threading.Condition()
        self.unread: set[str] = set()
        self.closed = False
        self.thread = threading.Thread(target=self._read, name="guest-channels", daemon=True)

    def descriptors(self) -> dict[str, int]:
        """File descriptors for QEMU."""
        return {name: end.fileno() for name, end in self.theirs.items()}

    def start(self, read: Iterable[str]) -> None:
        """After QEMU has been started: drop its ends and begin to read."""
        for end in self.theirs.values():
            end.close()
        self.unread = set(read)
        self.thread.start()

    def _read(self) -> None:
        selector = selectors.DefaultSelector()
        for name in self.unread:
            selector.register(self.ours[name], selectors.EVENT_READ, name)
        while selector.get_map():
            for key, _ in selector.select():
                name = key.data
                try:
                    chunk = self.ours[name].recv(CHUNK)
                except ConnectionError:
                    chunk = b""
                if not chunk:
                    selector.unregister(key.fileobj)
                self._received(name, chunk)
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def _received(self, name: str, chunk: bytes) -> None:
        listener = self.on_data.get(name)
        if chunk and listener:
            listener(chunk)
        with self.changed:
            self.data[name] += chunk
            self.changed.notify_all()

    def text(self, name: str) -> str:
        """What a channel has brought so far."""
        with self.changed:
            return self.data[name].decode("utf-8", "replace")

    def wait(self, done: Callable[[], bool], timeout: float | None) -> bool:
        """Wait until `done` (checked whenever data arrive) or the end of all streams; False on time-out."""
        with self.changed:
            return self.changed.wait_for(lambda: done() or self.closed, timeout)

    def close(self) -> None:
        """Close our ends."""
        for end in (*self.ours.values(), *self.theirs.values()):
            end.close()
