"""Shell lines that run programs on the guest's screen, and what they said. Called by tests/boot/display.py and frames.py.

Each program (or Weston, with its clients) switches the screen on and off again, which begins a series of frames of its
own: `frames=FOLDER` of the screen (hw/qemu/lcdif.c) writes them as SERIES-FRAME.ppm.
"""

import re

from .bootcases import MARK

# GBM's and EGL's word for llvmpipe; what it draws does not depend on its compiler's passes.
SOFTWARE = "GBM_ALWAYS_SOFTWARE=1 LIBGL_ALWAYS_SOFTWARE=1 "
HEAD = "export GALLIVM_PERF=nopt XDG_RUNTIME_DIR=/tmp; "
WESTON = ("weston --backend=drm --drm-device=card1 --continue-without-input --shell=kiosk-shell.so --no-config "
          "--socket=wayland-1 --idle-time=0")
DESKTOP = HEAD + "mkdir -m 700 /tmp/run; export XDG_RUNTIME_DIR=/tmp/run SEATD_VTBOUND=0 WAYLAND_DISPLAY=wayland-1; "


def step(name: str, command: str, seconds: int = 60) -> str:
    """A program between marks. Some read the terminal and end when it does."""
    return (f"echo '{MARK} begin {name}'; timeout -k 5 {seconds} {command} < <(sleep {seconds}) 2>&1; "
            f"echo \"{MARK} end {name} $?\"; ")


def section(text: str, name: str) -> tuple[str, int]:
    """Output and exit status of a step."""
    found = re.search(rf"^{MARK} begin {name}\n(.*?)^{MARK} end {name} (\d+)$", text, re.M | re.S)
    return (found[1], int(found[2])) if found else (text[-1500:], -1)


def on_mali(text: str, before: str = "") -> bool:
    """Whether a program names the emulated GPU as its GL renderer, with `before` in front. Mesa 26 adds the number of cores."""
    return re.search(rf"{before}Mali-G610( MC\d+)? \(Panfrost\)", text) is not None


def weston(clients: str, name: str = "weston", prefix: str = "") -> str:
    """Weston on the screen, with what runs under it; DESKTOP stands before the first.

    Its socket appears once it runs; killing it switches the screen off.
    """
    return (f"rm -f /tmp/run/wayland-1; env {prefix} seatd-launch -- {WESTON} > /out/{name}.log 2>&1 & "
            "for i in $(seq 300); do [ -S /tmp/run/wayland-1 ] && break; sleep 0.1; done; "
            + clients + "pkill -x weston; wait; ")
