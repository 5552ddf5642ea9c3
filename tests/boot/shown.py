"""`scripts/run --display`: what a viewer sees is what the guest drew."""

import socket
import struct

from garm.boot import Guest
from garm.errors import GarmError
from garm.options import Options
from garm.outdir import VNC_BASE, screenshot
from garm.picture import Picture
from garm.suite.onscreen import HEAD, step

PACKAGES = ["libgl1-mesa-dri", "libegl-mesa0", "libegl1", "libgles2", "kmscube"]
# kmscube ends and the panel keeps its last picture; then the guest waits for a line that the test writes.
COMMAND = HEAD + step("kmscube", "kmscube -A -c 5") + "echo @@drawn; read line"
SECONDS = 300
# Of RFB 3.8 (RFC 6143): no authentication, true colours of 32 bits, pixels as they are.
VERSION, NONE, SHARED, SET_FORMAT, SET_ENCODINGS, REQUEST, UPDATE, RAW = b"RFB 003.008\n", 1, 1, 0, 2, 3, 0, 0
FORMAT = struct.pack(">BBBBHHHBBB3x", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)     # little endian: blue, green, red, nothing


def _take(viewer, count):
    """Bytes of the server; it may send them in parts."""
    data = bytearray()
    while len(data) < count:
        part = viewer.recv(count - len(data))
        if not part:
            raise GarmError(f"the VNC server hung up after {len(data)} bytes of {count}")
        data += part
    return bytes(data)


def _handshake(viewer):
    """Greets the server; returns width and height."""
    _take(viewer, len(VERSION))
    viewer.sendall(VERSION)
    kinds = _take(viewer, _take(viewer, 1)[0])
    if NONE not in kinds:
        raise GarmError(f"the VNC server wants authentication: {list(kinds)}")
    viewer.sendall(bytes([NONE]))
    if _take(viewer, 4) != bytes(4):
        raise GarmError("the VNC server refused")
    viewer.sendall(bytes([SHARED]))
    width, height, _, name = struct.unpack(">HH16sI", _take(viewer, 24))
    _take(viewer, name)
    return width, height


def _rectangle(viewer, rows, width):
    """One rectangle of an update, into rows of red, green and blue. Returns how many pixels it had."""
    x, y, w, h, encoding = struct.unpack(">HHHHi", _take(viewer, 12))
    if encoding != RAW or x + w > width or y + h > len(rows):
        raise GarmError(f"rectangle of {w} x {h} at {x}, {y} in encoding {encoding}")
    pixels = _take(viewer, 4 * w * h)
    for line in range(h):
        row = pixels[4 * w * line:4 * w * (line + 1)]
        for channel in range(3):
            rows[y + line][3 * x + channel:3 * (x + w):3] = row[2 - channel::4]
    return w * h


def view(port):
    """What a VNC server of this machine shows now, as a picture."""
    with socket.create_connection(("127.0.0.1", port), 30) as viewer:
        width, height = _handshake(viewer)
        viewer.sendall(struct.pack(">B3x", SET_FORMAT) + FORMAT + struct.pack(">BxHi", SET_ENCODINGS, 1, RAW)
                       + struct.pack(">BBHHHH", REQUEST, 0, 0, 0, width, height))
        rows, left = [bytearray(3 * width) for _ in range(height)], width * height
        while left > 0:
            kind, rectangles = struct.unpack(">BxH", _take(viewer, 4))
            if kind != UPDATE:
                raise GarmError(f"message {kind} of the VNC server, expected an update")
            left -= sum(_rectangle(viewer, rows, width) for _ in range(rectangles))
        return Picture(width, height, b"".join(rows))


def test_vnc(s):
    """scripts/run --display vnc: a client sees the picture that kmscube left on the screen"""
    frames = s.context.out / s.name.replace("/", "-")
    options = Options(driver="garm", display="vnc", screen=[f"frames={frames}"], packages=PACKAGES, stdin=True)
    with Guest(s.context.setup, options) as guest:
        guest.start(COMMAND)
        guest.wait_for("@@drawn", SECONDS)
        seen = view(VNC_BASE + guest.vnc)
        screenshot(guest, "shown")
        guest.write(b"\n")
        run = guest.wait(SECONDS)
    yield s.verdict("boot, no kernel warning, power off", run)
    drawn = sorted(frames.glob("001-*.ppm"))
    last = Picture.read(drawn[-1]) if drawn else None
    yield s.check("the screen has flipped", len(drawn) > 1, f"{len(drawn)} frames\n{run.stdout.decode(errors='replace')}")
    yield s.check("the cube is more than a colour", len(seen.colours()) > 100, f"{len(seen.colours())} colours")
    yield s.check("the client sees the last frame, to the bit", last is not None and seen == last,
                  f"{seen.width} x {seen.height} pixels seen")
    s.context.gallery.add(f"{s.name}: a VNC client", last is not None and seen == last, drawn[-1].name if drawn else "",
                          [("seen by a VNC client", seen), *([("the last flip", last)] if last else [])])
