"""Build garm.ko, the project's kernel driver, against the headers of a guest kernel.

Debian's header packages are unpacked into the cache and used from there, cross-compiling in the build root.
Called by kernels.py for --driver garm, by scripts/driver and by the test runner.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from . import apt
from .buildroot import BuildRoot
from .cache import digest, file_digest, remove_tree
from .env import Env
from .errors import GarmError

PACKAGES = {"4k": "linux-headers-arm64", "16k": "linux-headers-arm64-16k"}
SUITES = {"stable": apt.SUITE, "backports": apt.BACKPORTS}
KEEP = r"linux-headers-\d+\.\d+"
COMMON = re.compile(r"linux-headers-(\S+)-common_")
KERNEL_SOURCE = "linux-source-6.12"
CHECKPATCH = ("checkpatch.pl", "spelling.txt", "const_structs.checkpatch")
# Type information for BPF needs the kernel's image, which header packages leave out.
MAKE = ("ARCH=arm64", "CROSS_COMPILE=aarch64-linux-gnu-", "CONFIG_DEBUG_INFO_BTF_MODULES=")
SOURCES = ("*.c", "*.h", "Kbuild")


class Driver:
    """The kernel module of one clone."""

    def __init__(self, env: Env, root: BuildRoot) -> None:
        self.env = env
        self.root = root
        self.sources = env.repo / "driver"

    def headers(self, name: str, page_size: str) -> Path:
        """The folder to give to make -C: a Debian kernel's header tree in the cache."""
        if name in ("debug", "lockdep"):
            from .debugkernel import debug_kernel  # a rare, slow path: its module is loaded only for it
            return debug_kernel(self.env, self.root, page_size, name) / "src"
        if name not in SUITES:
            raise GarmError(f"--driver garm with --kernel {name}: headers are known of "
                            "stable, backports, debug and lockdep")
        inputs = [self.root.apt.generation(), SUITES[name], PACKAGES[page_size], file_digest(Path(__file__))]

        def build(into: Path) -> None:
            debs = self.root.apt.download([PACKAGES[page_size]], "arm64", suite=SUITES[name], keep=KEEP)
            version = next(match.group(1) for deb in debs if (match := COMMON.match(deb.name)))
            # Programs of the build, which run here and not in the guest.
            tools = f"linux-kbuild-{version}"
            debs += self.root.apt.download([tools], "amd64", suite=SUITES[name], keep=re.escape(tools))
            apt.unpack(debs, into)
            # The packages expect to lie in /usr/src; here they lie in an entry of the cache.
            where = self.root.inside(into.with_name(into.name.removesuffix(".tmp")))
            for makefile in into.glob("usr/src/linux-headers-*/Makefile"):
                text = makefile.read_text()
                if "/usr/src/linux-headers-" in text:
                    makefile.write_text(text.replace("/usr/src/", f"{where}/usr/src/"))

        folder = self.env.cache.make("headers", f"{name}-{page_size}", inputs,
                                     f"Debian {name} kernel headers, {page_size} pages", build, gigabytes=0.5)
        return next(path.parent for path in sorted(folder.glob("usr/src/linux-headers-*/.config")))

    def state(self) -> str:
        """Identifies the sources."""
        paths = sorted(path for pattern in SOURCES for path in self.sources.glob(pattern))
        return digest(f"{path.name} {file_digest(path)}" for path in paths)

    def build(self, name: str, page_size: str, arguments: Sequence[str] = ()) -> Path:
        """Bring garm.ko for a kernel up to date; `arguments` go to make (W=1, or one object)."""
        single = any(argument.endswith(".o") for argument in arguments)
        headers = self.headers(name, page_size)
        folder = self.env.cache.root / "build" / self.env.clone_key / f"driver-{name}-{page_size}"
        module = folder / "garm.ko"
        state = f"{self.state()} {headers} {self.root.path.name} {' '.join(arguments)}"
        stamp = folder / "stamp"
        if not single and module.exists() and stamp.exists() and stamp.read_text() == state:
            return module
        log = self.env.cache.log(f"driver-{name}-{page_size}")
        with self.env.cache.lock(f"driver-{self.env.clone_key}-{name}-{page_size}"), \
                self.env.ui.step(f"garm.ko for the {name} kernel, {page_size} pages: build", log):
            self._copy(folder)
            # Kbuild writes beside the sources, so it gets a copy; times are kept, so make does what it must only.
            command = ["make", "--no-print-directory", f"-j{self.env.jobs}", "-C", self.root.inside(headers),
                       f"M={self.root.inside(folder)}", *MAKE, *arguments, *([] if single else ["modules"])]
            self.root.run(command, "garm.ko", log)
            if not single:
                stamp.write_text(state)
        return folder if single else module

    def for_guest(self, name: str, page_size: str) -> Path:
        """The module as guests get it, without debug information: that is nine tenths of it, and QEMU keeps what it boots."""
        module = self.build(name, page_size)
        bare = module.with_name("garm-guest.ko")
        with self.env.cache.lock(f"driver-{self.env.clone_key}-{name}-{page_size}"):
            if not bare.exists() or bare.stat().st_mtime_ns < module.stat().st_mtime_ns:
                made = bare.with_suffix(".new")
                self.root.capture(["aarch64-linux-gnu-strip", "--strip-debug", "-o", self.root.inside(made),
                                   self.root.inside(module)], "strip garm.ko")
                made.replace(bare)
        return bare

    def warnings(self, name: str, page_size: str, arguments: Sequence[str]) -> list[str]:
        """What the compiler (W=1) or sparse (C=2) has to say; always a complete build, in a folder of its own."""
        headers = self.headers(name, page_size)
        folder = self.env.cache.root / "build" / self.env.clone_key / f"driver-{name}-{page_size}-check"
        log = self.env.cache.log(f"driver-{name}-{page_size}-check")
        with self.env.cache.lock(f"driver-{self.env.clone_key}-{name}-{page_size}-check"):
            remove_tree(folder)
            self._copy(folder)
            command = ["make", "--no-print-directory", f"-j{self.env.jobs}", "-C", self.root.inside(headers),
                       f"M={self.root.inside(folder)}", *MAKE, *arguments, "modules"]
            self.root.run(command, "garm.ko", log)
        inside = self.root.inside(folder) + "/"
        found = [line.replace(inside, "driver/") for line in log.read_text(errors="replace").splitlines()
                 if re.search(r"(warning|error|WARNING|ERROR): ", line)]
        # The kernel's image is not there to compare with, which says nothing about the module.
        return [line for line in found if "vmlinux" not in line and "pahole" not in line]

    def checkpatch(self) -> Path:
        """The kernel's style checker and its word lists, from Debian's kernel source."""
        def build(into: Path) -> None:
            debs = self.root.apt.download([KERNEL_SOURCE], "amd64", keep=KERNEL_SOURCE)
            wanted = " ".join(f"'*/scripts/{name}'" for name in CHECKPATCH)
            self.root.run(["sh", "-ec", f"dpkg-deb --fsys-tarfile {self.root.inside(debs[0])} | tar -xO --wildcards "
                           f"'./usr/src/*.tar.xz' | tar -xJ -C /build --strip-components=2 --wildcards {wanted}"],
                          "checkpatch", self.env.cache.log("checkpatch"), build=into)

        inputs = [self.root.apt.generation(), file_digest(Path(__file__))]
        return self.env.cache.make("headers", "checkpatch", inputs, "the kernel's style checker", build) / CHECKPATCH[0]

    def _copy(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        wanted = {path.name: path for pattern in SOURCES for path in self.sources.glob(pattern)}
        for path in folder.iterdir():
            if path.suffix in (".c", ".h") and path.name not in wanted and not path.name.endswith(".mod.c"):
                path.unlink()
        for name, path in wanted.items():
            target = folder / name
            if not target.exists() or target.read_bytes() != path.read_bytes():
                shutil.copy2(path, target)
                target.touch()

