"""An X server without a screen (Debian's Xvfb), and a client that finds a window, takes its picture and presses keys.

The server runs in a folder of unpacked packages (nativeroot.py), its socket in a folder of the caller's. Of the X11
protocol, version 11 with XTEST 2.2, only what is called is here. Called by tests/boot/shown.py.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .errors import GarmError
from .nativeroot import NativeRoot
from .picture import Picture

PACKAGES = ("xvfb", "x11-xkb-utils", "xkb-data")
SIZE = (1280, 1024)
SECONDS = 30.0
# The server chooses its number, which names its socket. Outside, that folder is BUILD of the root's argv().
START = ("mkdir -m 1777 /tmp/.X11-unix && mount --bind /build /tmp/.X11-unix && "
         f"exec Xvfb -displayfd 1 -screen 0 {SIZE[0]}x{SIZE[1]}x24 -nolisten tcp -noreset -ac")

# Requests, replies and the rest of the protocol's numbers.
GET_ATTRIBUTES, GET_GEOMETRY, QUERY_TREE, GET_PROPERTY, GET_IMAGE, QUERY_EXTENSION = 3, 14, 15, 20, 73, 98
ERROR, REPLY = 0, 1
WM_NAME, VIEWABLE, Z_PIXMAP = 39, 2, 2
FAKE_INPUT, KEY_PRESS, KEY_RELEASE = 2, 2, 3


@contextlib.contextmanager
def running(root: NativeRoot, folder: Path) -> Iterator[str]:
    """A server while the block runs, its socket in `folder`; yields what DISPLAY is then."""
    log = (folder / "xvfb.log").open("wb")
    with log, subprocess.Popen(root.argv(["sh", "-c", START], build=folder), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=log) as server:
        try:
            assert server.stdout
            number = server.stdout.readline().decode().strip()
            if not number:
                raise GarmError(f"Xvfb did not start\n{(folder / 'xvfb.log').read_text(errors='replace')[-1500:]}")
            yield f"unix:{folder}/X{number}"
        finally:
            server.kill()


class Client:
    """A connection to a server."""

    def __init__(self, display: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(SECONDS)
        self.socket.connect(display.removeprefix("unix:"))
        self.socket.sendall(struct.pack("<BxHHHHxx", ord("l"), 11, 0, 0, 0))
        status, _, _, words = struct.unpack("<BxHHH", self._take(8))
        setup = self._take(4 * words)
        if status != 1:
            raise GarmError(f"the X server refused: {setup!r}")
        vendor, formats = struct.unpack("<H", setup[16:18])[0], setup[21]
        screen = 32 + (vendor + 3) // 4 * 4 + 8 * formats
        self.root: int = struct.unpack("<I", setup[screen:screen + 4])[0]

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def _take(self, count: int) -> bytes:
        """Bytes of the server; it may send them in parts."""
        data = bytearray()
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise GarmError(f"the X server hung up after {len(data)} bytes of {count}")
            data += part
        return bytes(data)

    def _send(self, opcode: int, detail: int, body: bytes) -> None:
        body += bytes(-len(body) % 4)
        self.socket.sendall(struct.pack("<BBH", opcode, detail, 1 + len(body) // 4) + body)

    def _ask(self, opcode: int, detail: int, body: bytes) -> bytes:
        """A request's reply; events in between, which every client gets, are passed over."""
        self._send(opcode, detail, body)
        while True:
            head = self._take(32)
            if head[0] == ERROR:
                raise GarmError(f"X error {head[1]} at request {opcode}")
            if head[0] == REPLY:
                return head + self._take(4 * struct.unpack("<I", head[4:8])[0])

    def _name(self, window: int) -> str:
        reply = self._ask(GET_PROPERTY, 0, struct.pack("<IIIII", window, WM_NAME, 0, 0, 64))
        return reply[32:32 + struct.unpack("<I", reply[16:20])[0]].decode(errors="replace")

    def windows(self) -> dict[int, str]:
        """Windows on the screen (without a window manager: children of the root), with their names."""
        reply = self._ask(QUERY_TREE, 0, struct.pack("<I", self.root))
        count = struct.unpack("<H", reply[16:18])[0]
        found = struct.unpack(f"<{count}I", reply[32:32 + 4 * count])
        return {window: self._name(window) for window in found
                if self._ask(GET_ATTRIBUTES, 0, struct.pack("<I", window))[26] == VIEWABLE}

    def picture(self, window: int) -> Picture:
        """What a window shows."""
        geometry = self._ask(GET_GEOMETRY, 0, struct.pack("<I", window))
        width, height = struct.unpack("<HH", geometry[16:20])
        pixels = self._ask(GET_IMAGE, Z_PIXMAP, struct.pack("<IhhHHI", window, 0, 0, width, height, 0xffffffff))[32:]
        if len(pixels) != 4 * width * height:
            raise GarmError(f"the X server sent {len(pixels)} bytes for {width} x {height} pixels of 32 bits")
        colours = bytearray(3 * width * height)
        for channel in range(3):
            colours[channel::3] = pixels[2 - channel::4]     # blue, green, red, nothing
        return Picture(width, height, bytes(colours))

    def press(self, code: int) -> None:
        """A key goes down and up, as if somebody had pressed it. The code is the kernel's plus 8."""
        reply = self._ask(QUERY_EXTENSION, 0, struct.pack("<Hxx", 5) + b"XTEST")
        if not reply[8]:
            raise GarmError("the X server has no XTEST")
        for what in (KEY_PRESS, KEY_RELEASE):
            self._send(reply[9], FAKE_INPUT, struct.pack("<BBxxII8xhh8x", what, code, 0, self.root, 0, 0))
