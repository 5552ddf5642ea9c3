"""The QEMU command line for a guest. Called by boot.py; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .options import Options

DEVICE = "mali-g610"
GDB_PORT = 1234
# oops and panic end QEMU (with -no-reboot) instead of leaving a half-dead guest to the time-out.
# Boot time: no self-tests of ciphers, no audit, no mitigations. KASLR would bring page-table isolation, which
# costs a TLB flush per system call, and hides the addresses of vmlinux from a debugger. The jitter entropy
# source measures time for 0.15 s, and QEMU seeds the generator anyway.
KERNEL_ARGUMENTS = ("console=ttyAMA0 rdinit=/init loglevel=7 panic=-1 oops=panic nokaslr mitigations=off audit=0 "
                    "apparmor=0 cryptomgr.notests=1 initcall_blacklist=jent_mod_init random.trust_cpu=on")

# MiB for the guest code that QEMU has translated. It keeps all of it until that is full, boot and installation
# included (170 MiB after a few programs of Mesa), and begins again: what is still in use is back within a second.
TRANSLATED = 112

# No text console on the guest's screen: it is for what programs draw, and stays as the last one left it.
SCREEN_ARGUMENTS = "drm_kms_helper.fbdev_emulation=0"


@dataclass(frozen=True)
class Files:
    """Host files of one boot."""

    kernel: Path
    initrd: Path
    rootfs: Path
    modules: Path
    log: Path
    snapshot: Path | None = None


def chardev(name: str, descriptors: Mapping[str, int] | None) -> list[str]:
    """A channel to boot.py, or a dead end when the command line is only to be shown."""
    backend = f"socket,id={name},fd={descriptors[name]}" if descriptors is not None else f"null,id={name}"
    return ["-chardev", backend]


def gpu_argument(options: Options) -> str:
    """-device's value for the GPU."""
    return ",".join([DEVICE, *(text.strip(",") for text in options.gpu), *faults(options)])


def faults(options: Options) -> list[str]:
    """The scenario as a property: comments go, rules are joined."""
    if options.faults is None:
        return []
    lines = [line.partition("#")[0].strip() for line in options.faults.read_text().splitlines()]
    rules = ";".join(line for line in lines if line)
    return [f"inject={rules.replace(',', ',,')}"] if rules else []


def quote(path: Path) -> str:
    """A file name inside a QEMU option list: commas are doubled."""
    return str(path).replace(",", ",,")


def drive(name: str, path: Path) -> list[str]:
    """A read-only disk."""
    return ["-blockdev", f"driver=raw,node-name={name},read-only=on,file.driver=file,file.read-only=on,"
                         f"file.locking=off,file.filename={quote(path)}",
            "-device", f"virtio-blk-pci,drive={name}"]


def kernel_arguments(options: Options) -> str:
    """The kernel command line."""
    screen = SCREEN_ARGUMENTS if options.display else ""
    return " ".join(part for part in (KERNEL_ARGUMENTS, screen, options.append) if part)


def display_arguments(options: Options, vnc_display: int) -> list[str]:
    """A screen with its input devices."""
    if options.display is None:
        return ["-display", "none"]
    shown = {"window": "sdl,gl=off", "vnc": f"vnc=127.0.0.1:{vnc_display}", "none": "none"}[options.display]
    return ["-display", shown, "-device", ",".join(["lcdif", *(text.strip(",") for text in options.screen)]),
            "-device", "virtio-keyboard-pci", "-device", "virtio-tablet-pci"]


def log_arguments(options: Options, log: Path) -> list[str]:
    """Guest errors, and the trace events asked for, in one file."""
    arguments = ["-d", "guest_errors,unimp", "-D", str(log)]
    for pattern in options.trace:
        arguments += ["-trace", pattern]
    return arguments


def command_line(qemu: Sequence[str], options: Options, files: Files, ports: Sequence[str],
                 descriptors: Mapping[str, int] | None, vnc_display: int = 0) -> list[str]:
    """All of it. `ports` are names of virtio-serial ports; descriptors of None gives a line to show."""
    argv = [*qemu, "-nodefaults", "-no-user-config", "-no-reboot", "-name", "garm",
            "-M", "virt,gic-version=3", "-cpu", options.cpu, "-smp", str(options.smp), "-m", options.memory,
            # QEMU counts instructions only when all processors share a thread.
            "-accel", f"tcg,tb-size={TRANSLATED},thread={'single' if '-icount' in options.qemu_args else 'multi'}",
            "-kernel", str(files.kernel), "-initrd", str(files.initrd), "-append", kernel_arguments(options)]
    argv += [*chardev("console", descriptors), "-serial", "chardev:console"]
    argv += [*chardev("monitor", descriptors), "-mon", "chardev=monitor,mode=control"]
    argv += ["-device", "virtio-serial-pci,max_ports=16"]
    if options.shell:
        argv += [*chardev("terminal", descriptors), "-device", "virtconsole,chardev=terminal"]
    for name in ports:
        argv += [*chardev(name, descriptors), "-device", f"virtserialport,chardev={name},name={name}"]
    argv += [*drive("rootfs", files.rootfs), *drive("modules", files.modules)]
    if files.snapshot:
        argv += ["-blockdev", f"driver=qcow2,node-name=snapshot,file.driver=file,"
                              f"file.filename={quote(files.snapshot)}"]
    if options.has_gpu:
        argv += ["-device", gpu_argument(options)]
    argv += display_arguments(options, vnc_display)
    argv += log_arguments(options, files.log)
    if options.gdb:
        argv += ["-S", "-gdb", f"tcp:127.0.0.1:{GDB_PORT}"]
    if options.qmp:
        argv += ["-qmp", f"unix:{quote(options.qmp.absolute())},server=on,wait=off"]
    return [*argv, *options.qemu_args]
