"""What a guest is booted with: one dataclass for Python callers, and its command line. Called by boot.py, main.py."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .errors import UsageError

EPILOG = """\
examples:
  scripts/run                                       the demonstration
  scripts/run -- ls -l /dev/dri                     a command in the guest
  scripts/run 'dmesg | grep panthor'                one argument is a shell line
  scripts/run --kernel backports --page-size 16k --firmware vendor -- garm-demo
  scripts/run --gpu model=g610,deterministic=on --gpu trace=/tmp/gpu.json -- garm-demo
  scripts/run --packages "mesa-vulkan-drivers vulkan-tools" -- vulkaninfo --summary
  scripts/run --add ./mytest:/root/mytest --out /tmp/result -- sh -c '/root/mytest > /out/log'
  scripts/run --display --packages "kmscube mesa-vulkan-drivers libgl1-mesa-dri libegl1" -- kmscube -A
  scripts/run --driver none --gpu none --shell      a shell without the GPU
  scripts/run --gdb --kernel debug                  wait for a debugger on the guest kernel

exit status: the command's own, or
    2  wrong options                    122  time-out: the command or the guest hangs
  120  guest kernel oops or panic       123  QEMU ended by itself
  121  guest kernel warning (WARN,      124  set-up failed (network, disk, package, build)
       lockdep, KASAN, hung task, ...)  130  interrupted

The guest has the project's programs in /usr/libexec/garm (on PATH). What the command leaves in /out is
copied to the folder of --out, beside console.log. Everything downloaded or built is in the cache folder.
"""


@dataclass
class Options:
    """How to boot a guest. The defaults are those of scripts/run."""

    driver: str = "panthor"
    kernel: str = "stable"
    page_size: str = "4k"
    firmware: str = "free"
    gpu: Sequence[str] = ()          # "KEY=VALUE,..." each; "none" alone for no GPU
    faults: Path | None = None       # scenario: rules of faults, one a line
    packages: Sequence[str] = ()
    mesa: str = "stable"             # the suite that Mesa is taken from: "stable" or "backports"
    add: Sequence[str] = ()          # "HOST[:GUEST]" each
    out: Path | None = None          # default: a folder in the cache
    display: str | None = None       # "window", "vnc", or "none" for a screen that only screenshots show
    screen: Sequence[str] = ()       # "KEY=VALUE,..." each: properties of the screen (hw/qemu/lcdif.h)
    timeout: float = 300.0           # seconds for boot and command together; 0 is none
    smp: int = 2
    memory: str = "1G"
    cpu: str = "cortex-a76"
    shell: bool = False
    gdb: bool = False
    trace: Sequence[str] = ()
    qmp: Path | None = None
    append: str = ""
    qemu_args: Sequence[str] = ()
    allow_warnings: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    snapshots: bool = False          # give QEMU a place for savevm (Qmp.savevm, Qmp.loadvm)
    stdin: bool = False              # connect the command's stdin (Guest.write)
    sanitize: bool = False           # QEMU with ASan and UBSan

    @property
    def hold(self) -> bool:
        """Whether the guest waits after the command, for a last look at its screen."""
        return self.display is not None

    @property
    def has_gpu(self) -> bool:
        """Whether QEMU gets a GPU."""
        return tuple(self.gpu) != ("none",)

    def check(self) -> None:
        """Refuse combinations that cannot work."""
        if "none" in self.gpu and self.has_gpu:
            raise UsageError("--gpu none cannot go with other --gpu options")
        if self.faults and not self.has_gpu:
            raise UsageError("--faults needs a GPU: it cannot go with --gpu none")
        if self.faults and not self.faults.is_file():
            raise UsageError(f"--faults {self.faults}: no such file")
        if not self.has_gpu and self.driver != "none":
            raise UsageError(f"--gpu none leaves nothing to drive: add --driver none (it is {self.driver})")
        if self.page_size not in ("4k", "16k"):
            raise UsageError(f"--page-size {self.page_size}: 4k or 16k")
        if self.driver not in ("panthor", "garm", "none"):
            raise UsageError(f"--driver {self.driver}: panthor, garm or none")
        if self.mesa not in ("stable", "backports"):
            raise UsageError(f"--mesa {self.mesa}: stable or backports")
        if self.screen and self.display is None:
            raise UsageError("--screen goes with --display")
        if self.smp < 1:
            raise UsageError("--smp must be at least 1")
        if self.shell and self.stdin:
            raise UsageError("--shell already owns the terminal's input")


def parser() -> argparse.ArgumentParser:
    """The command line of scripts/run."""
    top = argparse.ArgumentParser(
        prog="scripts/run", usage="%(prog)s [options] [--] [COMMAND...]", epilog=EPILOG, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Boot a guest with an emulated Mali-G610 and run a command in it (as root).")
    default = Options()
    guest = top.add_argument_group("guest")
    guest.add_argument("--driver", default=default.driver, choices=("panthor", "garm", "none"),
                       help="GPU driver to load before the command (default: %(default)s)")
    guest.add_argument("--kernel", default=default.kernel, metavar="stable|backports|debug|lockdep|PATH",
                       help="Debian's kernel, the debug kernel (built on first use), a folder with an Image and "
                            "lib/modules/VERSION, or an Image with such a folder beside it")
    guest.add_argument("--page-size", default=default.page_size, choices=("4k", "16k"), help="kernel's page size")
    guest.add_argument("--firmware", default=default.firmware, metavar="free|vendor|PATH",
                       help="CSF firmware for the driver: the project's own (default), Debian's, or a file")
    guest.add_argument("--gpu", action="append", default=[], metavar="KEY=VALUE,...",
                       help="properties of the GPU (repeatable), e.g. report=FILE, trace=FILE, deterministic=on; "
                            "'none' for no GPU")
    guest.add_argument("--faults", type=Path, metavar="FILE",
                       help="scenario of faults to inject, one rule a line (hw/inject/README.md); single ones: "
                            "--gpu inject=RULE")
    guest.add_argument("--packages", action="append", default=[], metavar='"A B C"',
                       help="Debian packages to add to the guest, with their dependencies (repeatable)")
    guest.add_argument("--mesa", default=default.mesa, choices=("stable", "backports"),
                       help="where Mesa comes from when --packages brings it in: Debian stable (25.0) or its backports "
                            "(default: %(default)s)")
    guest.add_argument("--add", action="append", default=[], metavar="HOST[:GUEST]",
                       help="file or folder to copy into the guest (repeatable; default place: /root/)")
    guest.add_argument("--smp", type=int, default=default.smp, metavar="N", help="virtual CPUs (%(default)s)")
    guest.add_argument("--memory", default=default.memory, metavar="SIZE", help="guest memory (%(default)s)")
    guest.add_argument("--cpu", default=default.cpu, metavar="MODEL", help="CPU model (%(default)s)")
    guest.add_argument("--append", default="", metavar="ARGS", help="more kernel arguments")
    run = top.add_argument_group("run")
    run.add_argument("--out", type=Path, metavar="DIR",
                     help="where console.log, what the command left in /out, traces and screenshots go")
    run.add_argument("--timeout", type=float, metavar="S",
                     help=f"seconds for boot and command, 0 for none (default {default.timeout:.0f}; "
                          "none with --shell, --gdb and a display to look at)")
    run.add_argument("--allow-warnings", action="store_true", help="a kernel warning does not fail the run")
    run.add_argument("--shell", action="store_true", help="an interactive shell (or COMMAND) on this terminal")
    run.add_argument("--display", nargs="?", const="window", choices=("window", "vnc", "none"),
                     help="give the guest a screen and keyboard: a window, VNC on this machine, or only for "
                          "DIR/screen.png, which each of them leaves at the end (SIGUSR1: DIR/screen-N.png at once)")
    run.add_argument("--screen", action="append", default=[], metavar="KEY=VALUE,...",
                     help="properties of the screen (repeatable): width=640,height=480; rate=60, frames a second (at "
                          "most 1000: programs hardly wait for it); adaptive=on, at most so many (up to 5000), each "
                          "when it comes; frames=FOLDER,every=N,limit=N for a picture of each n-th flip")
    run.add_argument("--gdb", action="store_true", help="stop before the first instruction and wait for gdb")
    run.add_argument("--trace", action="append", default=[], metavar="PATTERN",
                     help="QEMU trace events, e.g. 'mali_*', into DIR/trace.log (repeatable)")
    run.add_argument("--qmp", type=Path, metavar="SOCKET", help="also serve QMP on a UNIX socket")
    run.add_argument("--qemu-arg", action="append", default=[], metavar="ARG",
                     help="one more argument for QEMU (repeatable; --qemu-arg=-d --qemu-arg=int)")
    run.add_argument("--sanitize", action="store_true", help="QEMU built with ASan and UBSan (a second build)")
    run.add_argument("--print-command", action="store_true", help="print the QEMU command line and stop")
    add_setup_arguments(top.add_argument_group("set-up"))
    top.add_argument("command", nargs="*", metavar="COMMAND", help="one argument is a shell line; default: the demo")
    return top


def add_setup_arguments(group: argparse._ArgumentGroup) -> None:
    """Options that the other scripts share."""
    group.add_argument("--cache", type=Path, metavar="DIR",
                       help="cache folder (default: $GARM_CACHE, or ~/.cache/garm)")
    group.add_argument("--offline", action="store_true", help="use what is in the cache, fetch nothing")
    group.add_argument("--update", action="store_true", help="look for newer Debian packages first")
    group.add_argument("--mirror", metavar="URL",
                       help="Debian mirror (default: $GARM_MIRROR, or the one in this machine's apt sources)")
    group.add_argument("--verbose", action="store_true", help="show what the set-up's programs print")


def from_arguments(args: argparse.Namespace) -> Options:
    """Options of a parsed command line."""
    interactive = args.shell or args.gdb or args.display in ("window", "vnc")
    timeout = args.timeout if args.timeout is not None else 0.0 if interactive else Options.timeout
    options = Options(
        driver=args.driver, kernel=args.kernel, page_size=args.page_size, firmware=args.firmware, gpu=args.gpu, faults=args.faults,
        packages=[name for text in args.packages for name in text.split()], mesa=args.mesa, add=args.add, out=args.out,
        display=args.display, screen=args.screen, timeout=timeout, smp=args.smp, memory=args.memory, cpu=args.cpu, shell=args.shell,
        gdb=args.gdb, trace=args.trace, qmp=args.qmp, append=args.append, qemu_args=args.qemu_arg,
        allow_warnings=args.allow_warnings, sanitize=args.sanitize)
    options.check()
    return options
