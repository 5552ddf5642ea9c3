"""Guest kernels: Debian's, a folder or Image of the user's, or the debug kernel; and their modules.

Each becomes a cache entry with the Image, the modules that the guest's init loads (decompressed, in load
order, as a cpio), and all modules as a file-system image for modprobe in the guest. Called by boot.py.
"""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from . import apt
from .buildroot import BuildRoot
from .cache import digest, file_digest
from .cpio import Cpio
from .env import Env
from .errors import GarmError, UsageError
from .modules import Modules

# What init loads, by role. A name may be built into one kernel and a module in another.
ROLES = {
    "base": ("virtio_pci", "virtio_console", "virtio_blk", "erofs", "overlay"),
    "display": ("panel_simple", "mxsfb", "virtio_input", "evdev"),
    "panthor": ("gpio_regulator", "governor_simpleondemand", "panthor"),
    "garm": ("gpio_regulator", "governor_simpleondemand", "drm_gpuvm", "drm_exec"),
}
# Modules of a role that come with each run, not with the kernel.
OURS = {"garm": "garm.ko"}
# Builds may leave these out: the kernel is still good for a run that does not ask for that role.
OPTIONAL_ROLES = ("display", "panthor", "garm")
PACKAGES = {"4k": "linux-image-arm64", "16k": "linux-image-arm64-16k"}
SUITES = {"stable": apt.SUITE, "backports": apt.BACKPORTS}
BUILT = ("debug", "lockdep")        # by debugkernel.py
# The image, its modules and (in backports) its base files; not the tools that they depend on.
KEEP = r"linux-(image|binary|modules|base)-(?!arm64)\S*\d+\.\d+"


@dataclass(frozen=True)
class Kernel:
    """A kernel ready to boot."""

    folder: Path

    @property
    def image(self) -> Path:
        """For QEMU's -kernel."""
        return self.folder / "Image"

    @property
    def modules_image(self) -> Path:
        """All modules, as usr/lib/modules/VERSION in an erofs."""
        return self.folder / "modules.erofs"

    @property
    def boot_cpio(self) -> Path:
        """Modules for init, below /modules."""
        return self.folder / "boot.cpio"

    @property
    def version(self) -> str:
        """What uname -r says."""
        return (self.folder / "version").read_text().strip()

    @property
    def roles(self) -> list[str]:
        """Roles of ROLES that this kernel can fill."""
        return (self.folder / "roles").read_text().split()


class Kernels:
    """Finds or makes kernels."""

    def __init__(self, env: Env, root: BuildRoot) -> None:
        self.env = env
        self.root = root

    def get(self, name: str, page_size: str) -> Kernel:
        """The kernel that --kernel and --page-size name."""
        if name in SUITES:
            return self._debian(name, page_size)
        if name in BUILT:
            from .debugkernel import debug_kernel  # a rare, slow path: its module is loaded only for it
            return Kernel(self._bundle(name, debug_kernel(self.env, self.root, page_size, name)))
        path = Path(name).expanduser()
        if not path.exists():
            raise UsageError(f"--kernel {name}: neither stable, backports, debug, lockdep nor an existing path")
        if page_size != "4k":
            raise UsageError("--page-size goes with stable, backports, debug or lockdep; a kernel of yours has its own")
        return Kernel(self._bundle("own", path.resolve()))

    def _debian(self, name: str, page_size: str) -> Kernel:
        inputs = [self.root.apt.generation(), SUITES[name], PACKAGES[page_size], recipe()]

        def build(into: Path) -> None:
            debs = self.root.apt.download([PACKAGES[page_size]], "arm64", suite=SUITES[name], keep=KEEP)
            apt.unpack(debs, into / "tree")
            self._finish(into / "tree", into)
            shutil.rmtree(into / "tree")

        return Kernel(self.env.cache.make("kernel", f"{name}-{page_size}", inputs,
                                          f"Debian {name} kernel, {page_size} pages", build, gigabytes=1.5))

    def _bundle(self, name: str, source: Path) -> Path:
        """A kernel from a folder or an Image; made again when the Image or modules.order changed."""
        folder = source if source.is_dir() else source.parent
        image = source if source.is_file() else find_image(folder)
        modules = find_modules(folder)
        seen = [image, modules / "modules.order", *sorted(modules.rglob("panthor.ko*"))]
        stamps = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in seen if path.exists()]

        def build(into: Path) -> None:
            tree = into / "tree"
            target = tree / "usr/lib/modules" / modules.name
            shutil.copytree(modules, target, symlinks=True, ignore=shutil.ignore_patterns("build", "source"))
            shutil.copy2(image, target / "vmlinuz")
            self._finish(tree, into)
            shutil.rmtree(tree)
            if (folder / "vmlinux").exists():
                (into / "vmlinux").symlink_to(folder / "vmlinux")     # for a debugger; see --gdb

        return self.env.cache.make("kernel", name, [*stamps, recipe()], f"kernel {source}", build, gigabytes=1.5)

    def _finish(self, tree: Path, into: Path) -> None:
        """Turn an unpacked kernel into Image, boot.cpio and modules.erofs."""
        log = self.env.cache.log("kernel")
        folder = find_modules(tree)
        write_image(find_image(tree), into / "Image")
        inside = self.root.inside(tree)
        # depmod and modprobe look below /lib/modules, which is what Debian's merged /usr makes of this.
        self.root.run(["depmod", "-b", f"{inside}/usr", "-a", folder.name], "depmod", log)
        roles = self._boot_cpio(Modules.read(folder), into / "boot.cpio")
        (into / "roles").write_text(" ".join(roles) + "\n")
        (into / "version").write_text(folder.name + "\n")
        for path in folder.glob("vmlinuz*"):
            path.unlink()
        only = into / "only/usr/lib/modules" / folder.name
        only.parent.mkdir(parents=True)
        folder.rename(only)
        # Uncompressed: reading is a copy from the host's page cache, and 4 KiB blocks suit every page size.
        self.root.run(["mkfs.erofs", "-b4096", "--all-root", self.root.inside(into) + "/modules.erofs",
                       self.root.inside(into) + "/only"], "mkfs.erofs", log, append=True)
        shutil.rmtree(into / "only")

    @staticmethod
    def _boot_cpio(modules: Modules, path: Path) -> list[str]:
        cpio = Cpio()
        loaded: set[str] = set()
        roles = []
        written: set[str] = set()
        for role, names in ROLES.items():
            if role in OPTIONAL_ROLES and not all(modules.has(name) for name in names):
                continue
            order = modules.order(names, loaded if role != "base" else ())
            if role == "base":
                loaded = {name for name, (file, _) in modules.deps.items() if file in order}
            files = [os.path.basename(file).split(".ko")[0] + ".ko" for file in order]
            for file, target in zip(order, files):
                if target not in written:
                    written.add(target)
                    cpio.file(f"modules/{target}", modules.content(file))
            if role in OURS:
                files.append(OURS[role])
            cpio.file(f"modules/{role}.order", "".join(f"{name}\n" for name in files).encode())
            roles.append(role)
        path.write_bytes(cpio.bytes())
        return roles


def recipe() -> str:
    """Identifies how kernels are made ready, so that a change here makes them anew."""
    return digest(file_digest(Path(__file__).with_name(name)) for name in ("kernels.py", "modules.py", "cpio.py"))


def first(paths: Iterable[Path]) -> Path | None:
    """The first of some paths."""
    return next(iter(paths), None)


def find_modules(folder: Path) -> Path:
    """lib/modules/VERSION below a folder, or the folder itself."""
    if (folder / "modules.order").exists() and (folder / "kernel").is_dir():
        return folder
    for place in ("usr/lib/modules", "lib/modules", "modules"):
        found = first(path.parent for path in sorted((folder / place).glob("*/modules.order")))
        if found:
            return found
    raise GarmError(f"no modules (lib/modules/VERSION with modules.order) in {folder}")


def find_image(folder: Path) -> Path:
    """The kernel image below a folder."""
    for pattern in ("Image", "vmlinuz", "boot/vmlinuz-*", "boot/Image*", "usr/lib/modules/*/vmlinuz",
                    "lib/modules/*/vmlinuz", "arch/arm64/boot/Image"):
        found = first(sorted(folder.glob(pattern)))
        if found:
            return found
    raise GarmError(f"no kernel image (Image, vmlinuz, boot/vmlinuz-*) in {folder}")


def write_image(source: Path, target: Path) -> None:
    """Copy a kernel image, decompressed so that QEMU need not do it on every boot."""
    data = source.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    target.write_bytes(data)
