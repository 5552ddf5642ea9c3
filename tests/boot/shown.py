"""`scripts/run --display`: what a viewer sees, in a window or by VNC, is what the guest drew."""

import os
import re
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from garm import xserver
from garm.errors import GarmError
from garm.nativeroot import NativeRoot
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
    with s.guest(options) as guest:
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


# The guest says when the last picture is drawn, then waits for a key in the window and says which (linux/input.h: type,
# code, value of the first event). Its keyboard is opened before, so no key is lost.
KEY = 30, 38    # "a", to the guest and to the X server
PRESSED = (HEAD + "keyboard=$(grep -l Keyboard /sys/class/input/event*/device/name); keyboard=${keyboard%/device/name}; "
           "exec 3< /dev/input/${keyboard##*/}; " + step("kmscube", "kmscube -A -c 5")
           + "echo @@drawn; echo @@key $(head -c 24 <&3 | od -An -tu2 -j16)")
TITLE = "QEMU (garm"     # and which of its screens, and how to leave it


def _until(what, value, good, run):
    """The first value that is good. A window is drawn anew some time after a flip: there is no moment to wait for."""
    end = time.monotonic() + SECONDS
    while not good(seen := value()):
        if run.poll() is not None or time.monotonic() > end:
            raise GarmError(f"{what}: {seen!r:.300}, and scripts/run's status is {run.poll()}")
        time.sleep(0.2)
    return seen


def _last(frames):
    """The last picture that the guest put on its screen."""
    drawn = sorted(frames.glob("001-*.ppm"))
    return Picture.read(drawn[-1]) if drawn else None


def _window(s, display, folder):
    """scripts/run in the background, as a user starts it; yields results."""
    frames, log = folder / "frames", folder / "run.log"
    command = [str(s.context.env.repo / "scripts/run"), "--cache", str(s.context.env.cache.root), "--driver", "garm",
               "--display", "--screen", f"frames={frames}", "--packages", " ".join(PACKAGES), "--out", str(folder / "run"),
               "--timeout", str(SECONDS), "--", PRESSED]
    with log.open("wb") as output, xserver.Client(display) as client, \
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                             env={**os.environ, "DISPLAY": display}) as run:
        try:
            _until("what the guest says", log.read_text, lambda text: "@@drawn" in text, run)
            windows = client.windows()
            yield s.check("there is one window, QEMU's", [name.startswith(TITLE) for name in windows.values()] == [True], str(windows))
            window, last = next(iter(windows)), _last(frames)
            seen = _until("colours of the window", lambda: client.picture(window), lambda picture: picture == last, run)
            yield s.check("it shows the last frame, to the bit", seen == last)
            yield s.check("the cube is more than a colour", len(seen.colours()) > 100, f"{len(seen.colours())} colours")
            s.context.gallery.add(f"{s.name}: the window", True, "", [("seen in the window", seen), ("the last flip", last)])
            client.press(KEY[1])
            status = run.wait(SECONDS)
        finally:
            run.terminate()
    text = log.read_text(errors="replace")
    yield s.check("boot, no kernel warning, power off", status == 0, f"status {status}\n{text[-1500:]}")
    yield s.check("a key that is pressed in the window arrives in the guest", re.search(rf"^@@key 1 {KEY[0]} 1 0$", text, re.M)
                  is not None, text[-1500:])


def test_window(s):
    """scripts/run --display: a window shows the picture that kmscube left on the screen, and takes keys"""
    folder = s.context.out / s.name.replace("/", "-")
    folder.mkdir(parents=True, exist_ok=True)
    server = NativeRoot(s.context.env, s.context.setup.apt, xserver.PACKAGES)
    # A socket's name may have some hundred letters only.
    with tempfile.TemporaryDirectory(prefix="garm-x-") as short, xserver.running(server, Path(short)) as display:
        yield from _window(s, display, folder)


test_window.asked = True    # it downloads an X server
