"""The Debian 13 folder in which everything is compiled, and running programs inside it.

Used on every host, also on Debian 13, so that a build is the same everywhere. Programs see the clone at
/garm, the cache at /cache and nothing else of the host; mounts live in a namespace of their own and
disappear with the program, however it ends.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import apt, proc
from .env import Env

PACKAGES = """
    build-essential ca-certificates gdb
    meson ninja-build pkgconf python3 python3-venv python3-pycotap python3-setuptools python3-distlib
    flex bison bc cpio rsync kmod file xz-utils zstd lz4 patch perl dpkg-dev
    libglib2.0-dev libpixman-1-dev zlib1g-dev libfdt-dev libpng-dev libsdl2-dev libjpeg62-turbo-dev libzstd-dev
    clang libclang-rt-19-dev llvm lld
    gcc-aarch64-linux-gnu libc6-dev:arm64 libdrm-dev:arm64 libdrm-dev
    device-tree-compiler mtools e2fsprogs erofs-utils squashfs-tools
    libssl-dev libelf-dev libcmocka-dev
    sparse clang-format glslang-tools spirv-tools
""".split()

# Mount points; the folder itself is mounted read-only, so they must exist.
MOUNT_POINTS = ("garm", "cache", "build", "proc", "sys", "dev", "tmp")

DPKG_OPTIONS = ("force-unsafe-io", "path-exclude=/usr/share/doc/*", "path-exclude=/usr/share/man/*",
                "path-exclude=/usr/share/locale/*", "path-exclude=/usr/share/info/*")

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp", "LC_ALL": "C.UTF-8", "TERM": "dumb",
               "PYTHONDONTWRITEBYTECODE": "1"}

# $1 is the root, $2 the clone, $3 the cache, $4 the folder for /build (or empty); the rest is the command.
ENTER = """
set -e
root=$1 repo=$2 cache=$3 build=$4
shift 4
mount --bind "$root" "$root"
cd "$root"
mount -o remount,bind,ro "$root"
mount --bind "$repo" "$root/garm"
mount --bind "$cache" "$root/cache"
[ -z "$build" ] || mount --bind "$build" "$root/build"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"
exec chroot "$root" "$@"
"""


class BuildRoot:
    """The build folder; `path` makes it on first use."""

    def __init__(self, env: Env, packages: apt.Apt) -> None:
        self.env = env
        self.apt = packages

    @property
    def path(self) -> Path:
        """Where the folder is on the host."""
        inputs = [*PACKAGES, *DPKG_OPTIONS, self.apt.generation()]
        return self.env.cache.make("buildroot", "trixie", inputs, f"Debian {apt.SUITE} build root", self._make,
                                   network=True, gigabytes=6.0)

    def _make(self, into: Path) -> None:
        apt.ensure_host_tool(self.env, "mmdebstrap", "mmdebstrap")
        argv = ["mmdebstrap", "--mode=root", "--variant=minbase", "--architectures=amd64,arm64",
                "--format=directory", f"--include={','.join(PACKAGES)}"]
        argv += [f"--aptopt={option}" for option in apt.OPTIONS]
        argv += [f"--dpkgopt={option}" for option in DPKG_OPTIONS]
        argv += [apt.SUITE, str(into), str(self.apt.root / "sources.list")]
        proc.run(argv, "mmdebstrap", self.env.cache.log("buildroot-trixie"), verbose=self.env.verbose)
        for name in MOUNT_POINTS:
            (into / name).mkdir(exist_ok=True)

    def argv(self, command: Sequence[str], *, cwd: str = "/", build: Path | None = None,
             env: Mapping[str, str] | None = None) -> list[str]:
        """The host command that runs a command inside; `build` is mounted at /build."""
        variables = [f"{name}={value}" for name, value in {**ENVIRONMENT, **(env or {})}.items()]
        inside = f"cd {shlex.quote(cwd)} && exec {shlex.join(command)}"
        return ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child=KILL",
                "sh", "-c", ENTER, "enter", str(self.path), str(self.env.repo), str(self.env.cache.root),
                str(build or ""), "env", "-i", *variables, "sh", "-c", inside]

    def run(self, command: Sequence[str], what: str, log: Path, *, cwd: str = "/", build: Path | None = None,
            env: Mapping[str, str] | None = None, append: bool = False) -> None:
        """Run a command inside, its output in a log."""
        proc.run(self.argv(command, cwd=cwd, build=build, env=env), what, log,
                 verbose=self.env.verbose, append=append, shown=command)

    def capture(self, command: Sequence[str], what: str, *, cwd: str = "/") -> str:
        """Run a short command inside and return its output."""
        return proc.capture(self.argv(command, cwd=cwd), what)

    def inside(self, path: Path) -> str:
        """The name that a file of the cache or the clone has inside."""
        for outer, inner in ((self.env.cache.root, "/cache"), (self.env.repo, "/garm")):
            if path.is_relative_to(outer):
                return str(Path(inner) / path.relative_to(outer))
        raise ValueError(f"{path} is neither in the cache nor in the clone")
