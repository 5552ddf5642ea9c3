"""Everything a boot needs, made on demand and shared by all guests of one process. Called by boot.py, main.py."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import firmware
from .apt import Apt
from .buildroot import BuildRoot
from .driver import Driver
from .env import Env
from .errors import GarmError
from .guestimage import GuestImages
from .kernels import Kernel, Kernels
from .machine import DEVICE
from .options import Options
from .project import Project
from .qemu import Qemu, host_command, probe_device


@dataclass(frozen=True)
class Parts:
    """What one guest is booted from."""

    qemu: list[str]
    kernel: Kernel
    rootfs: Path
    init: Path
    programs: list[Path]
    firmware: Path | None
    module: Path | None      # garm.ko


class Setup:
    """The project's tools and images for one clone and cache."""

    def __init__(self, env: Env) -> None:
        self.env = env
        self.apt = Apt(env)
        self.root = BuildRoot(env, self.apt)
        self.kernels = Kernels(env, self.root)
        self.images = GuestImages(env, self.root)
        self.project = Project(env, self.root)
        self.driver = Driver(env, self.root)
        self.checked_devices: dict[Path, bool] = {}

    def qemu(self, sanitize: bool = False) -> list[str]:
        """Build QEMU if needed; the command that starts it on the host."""
        qemu = Qemu(self.env, self.root, sanitize)
        return [*host_command(self.root, qemu.build()), "-L", str(qemu.data)]

    def parts(self, options: Options) -> Parts:
        """Bring everything that a boot with these options needs up to date."""
        options.check()
        qemu = self.qemu(options.sanitize)
        self._check_device(qemu, options)
        self.project.build()
        kernel = self.kernels.get(options.kernel, options.page_size)
        if options.driver != "none" and options.driver not in kernel.roles:
            raise GarmError(f"the kernel {kernel.version} has no {options.driver} module")
        if options.display and "display" not in kernel.roles:
            raise GarmError(f"the kernel {kernel.version} lacks modules for --display: panel-simple, mxsfb, virtio-input, evdev")
        chosen = None
        if options.driver != "none":
            chosen = firmware.choose(options.firmware, self.env, self.apt, self.project.firmware)
        module = self.driver.for_guest(options.kernel, options.page_size) if options.driver == "garm" else None
        return Parts(qemu, kernel, self.images.rootfs(options.packages, options.mesa), self.images.init_archive(),
                     self.project.guest_programs(), chosen, module)

    def _check_device(self, qemu: list[str], options: Options) -> None:
        """QEMU's own message for an unknown device does not say what to do."""
        if not options.has_gpu:
            return
        if not self._has_device(qemu, Qemu(self.env, self.root, options.sanitize).binary):
            raise GarmError(f"this QEMU has no {DEVICE} device (hw/qemu is not part of this tree yet): "
                            "use --gpu none --driver none")

    def _has_device(self, qemu: list[str], program: Path) -> bool:
        if program not in self.checked_devices:
            self.checked_devices[program] = probe_device(qemu, DEVICE)
        return self.checked_devices[program]
