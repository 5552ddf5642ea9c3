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
from .machine import GDB_PORT
from .options import Options, from_arguments, parser
from .outdir import screenshots_on_signal
from .setup import Setup
from .terminal import Terminal

DEMO = "garm-demo"
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
    return [f"{PROGRAMS}/{DEMO}"]


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
