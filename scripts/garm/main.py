"""scripts/run: parse the command line, boot, stream, and exit with the right status."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Callable, Sequence

from .boot import Guest, Result
from .env import Env, default_cache
from .errors import EXIT_INTERRUPTED, GarmError
from .guestimage import PROGRAMS
from .kernels import SUITES
from .machine import GDB_PORT
from .options import Options, from_arguments, parser
from .outdir import screenshots_on_signal
from .setup import Setup
from .terminal import Terminal

DEMO = "garm-demo"
# The demonstration's second half: Debian's kmscube and Mesa, unmodified, and where its last frame is left.
PICTURE_PACKAGES = ("kmscube", "mesa-vulkan-drivers", "libgl1-mesa-dri", "libegl-mesa0", "libegl1", "libgles2")
# kmscube ends when its input does, and without -A only when its last frame is on the screen. What it prints is worth
# reading only when it fails.
PICTURE = (f"{PROGRAMS}/{DEMO} || exit; kmscube -c 2 < <(sleep 100) > /out/kmscube.log 2>&1 || "
           "{ status=$?; cat /out/kmscube.log; exit $status; }; "
           "echo \"Picture    by kmscube on $(sed -n 's/^ *renderer: \"\\(.*\\)\"/\\1/p' /out/kmscube.log)\"")
QEMU_LINES = 60


def main(argv: Sequence[str]) -> int:
    """The script."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        return run(argv)
    except GarmError as error:
        if error.detail:
            print(error.detail, file=sys.stderr)
        print(f"garm: error: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        print("garm: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED


def run(argv: Sequence[str]) -> int:
    """One run, errors by exception."""
    args = parser().parse_args(argv)
    options = from_arguments(args)
    env = Env(args.cache or default_cache(), args.offline, args.mirror, args.verbose)
    setup = Setup(env)
    if args.update:
        setup.apt.refresh()
    command = choose_command(args.command, options, setup)
    pictured = command == PICTURE
    guest = Guest(setup, options, write_to(1), write_to(2))
    if args.print_command:
        print(shlex.join(guest.shown_command(command)))
        return 0
    if options.shell:
        result = run_shell(guest, command)
    else:
        with guest:
            guest.start(command)
            announce(options, guest, env)
            result = guest.wait()
    if pictured and result.status == 0:
        print(f"           {result.out_dir / 'screen.png'}", flush=True)
    return finish(result, options, env)


def choose_command(words: list[str], options: Options, setup: Setup) -> Sequence[str] | str:
    """The command given, a shell, or the demonstration."""
    if len(words) == 1:
        return words[0]
    if words:
        return words
    if options.shell:
        return ["/bin/bash", "-i"]
    setup.project.build()
    if not any(path.name == DEMO for path in setup.project.guest_programs()):
        raise GarmError("the demonstration (tests/guest/garm-demo) is not part of this tree yet: "
                        "give a command, or --shell")
    if options.driver == "none" or options.kernel not in SUITES:
        return [f"{PROGRAMS}/{DEMO}"]       # kernels of one's own need not have the display's modules
    options.display = options.display or "none"
    options.packages = [*options.packages, *PICTURE_PACKAGES]
    return PICTURE


def write_to(descriptor: int) -> Callable[[bytes], None]:
    """A listener that copies to one of our own streams."""
    def write(chunk: bytes) -> None:
        view = memoryview(chunk)
        while view:
            try:
                view = view[os.write(descriptor, view):]
            except BrokenPipeError:
                return      # as with `| head`: the command goes on, its output is nobody's
    return write


def run_shell(guest: Guest, command: Sequence[str] | str) -> Result:
    """An interactive run on this terminal."""
    with guest, Terminal() as terminal:
        guest.start(command, terminal.size())
        assert guest.channels
        terminal.relay(guest.channels.ours["terminal"])
        return guest.wait()


def announce(options: Options, guest: Guest, env: Env) -> None:
    """What a person needs to join in."""
    if options.gdb:
        env.ui.say(f"waiting for a debugger: gdb-multiarch {vmlinux_hint(options, guest)} "
                   f"-ex 'target remote 127.0.0.1:{GDB_PORT}'")
    if options.display:
        screenshots_on_signal(guest)
    if options.display == "vnc":
        env.ui.say(f"VNC display: 127.0.0.1:{guest.vnc}")


def vmlinux_hint(options: Options, guest: Guest) -> str:
    """Where the guest kernel's symbols are."""
    assert guest.files
    vmlinux = guest.files.kernel.with_name("vmlinux")
    if vmlinux.exists():
        return str(vmlinux)
    version = guest.files.kernel.with_name("version").read_text().strip()
    return f"VMLINUX (Debian: package linux-image-{version}-dbg, /usr/lib/debug/boot/vmlinux-{version})"


def finish(result: Result, options: Options, env: Env) -> int:
    """Say on stderr what is not the command's own."""
    for note in result.notes:
        env.ui.say(f"guest: {note}")
    lines = result.qemu_stderr.strip().splitlines()
    if lines:
        print("\n".join(lines[-QEMU_LINES:]), file=sys.stderr)
    if result.verdict != "ok":
        print(f"garm: {result.verdict}: {result.explain()}", file=sys.stderr)
    elif result.findings:
        env.ui.say(f"{len(result.findings)} kernel warning(s) allowed; console log: {result.out_dir}/console.log")
    return result.status
