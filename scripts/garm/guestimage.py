"""What a guest sees: its root file system, its init, and the per-run archive with the job and added files.

The root file system is unpacked Debian packages in a read-only image; everything that changes per run is
an initramfs archive whose /upper becomes the writable layer over it. Called by boot.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import apt
from .buildroot import BuildRoot
from .cache import file_digest
from .cpio import Cpio
from .env import Env
from .errors import UsageError

BASE_PACKAGES = """
    base-files bash coreutils dash diffutils findutils gawk grep gzip hostname kmod less libc-bin libdrm2
    mawk mount procps sed tar util-linux strace pciutils
""".split()

# Maintainer scripts do not run, so what they would have made is here.
FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
    "etc/group": "root:x:0:\ntty:x:5:\nvideo:x:44:\nrender:x:105:\nnogroup:x:65534:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "etc/hosts": "127.0.0.1 localhost garm\n",
    "etc/hostname": "garm\n",
    "root/.bashrc": "PS1='garm:\\w# '\nalias ls='ls --color=auto'\n",
}
LINKS = {"usr/bin/awk": "mawk", "etc/mtab": "/proc/self/mounts"}
FOLDERS = ("dev", "proc", "sys", "tmp", "run", "out", "root", "mnt")
# Debian's merged /usr: a folder of these names in the writable layer would hide the link below it.
MERGED = ("bin", "sbin", "lib")
PROGRAMS = "/usr/libexec/garm"
MODULE = "usr/lib/garm/garm.ko"      # for insmod and modprobe; outside of the kernel's folder, which is not ours
FIRMWARE = "lib/firmware/arm/mali/arch10.8/mali_csffw.bin"
ENVIRONMENT = {"PATH": f"{PROGRAMS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "HOME": "/root",
               "LANG": "C.UTF-8", "USER": "root", "SHELL": "/bin/bash"}


@dataclass
class Job:
    """What init is told."""

    command: Sequence[str]
    driver: str = "none"
    roles: Sequence[str] = ()
    shell: bool = False
    rows: int = 0
    columns: int = 0
    hold: bool = False       # after the command, wait for a line from the host before powering off
    hung_seconds: int = 60
    environment: Mapping[str, str] = field(default_factory=dict)

    def config(self) -> bytes:
        """/job/config, as images/guest/init.c reads it."""
        values = {"driver": self.driver, "roles": ",".join(self.roles), "shell": int(self.shell),
                  "rows": self.rows, "columns": self.columns, "hold": int(self.hold),
                  "hung": self.hung_seconds}
        return "".join(f"{key} {value}\n" for key, value in values.items() if value != "").encode()


def strings(values: Sequence[str]) -> bytes:
    """NUL-terminated strings."""
    return b"".join(value.encode() + b"\0" for value in values)


def guest_path(name: str) -> str:
    """A path in the guest as it must be named in the writable layer."""
    parts = [part for part in name.split("/") if part and part != "."]
    if ".." in parts:
        raise UsageError(f"--add: {name}: .. is not possible in the guest's path")
    if parts and parts[0] in MERGED:
        parts.insert(0, "usr")
    return "upper/" + "/".join(parts)


def parse_add(text: str) -> tuple[Path, str]:
    """HOST[:GUEST]; without GUEST the file goes to /root. A GUEST that ends in / is a folder to put it in."""
    host, _, guest = text.partition(":")
    path = Path(host).expanduser()
    if not path.exists():
        raise UsageError(f"--add {text}: {host} does not exist")
    guest = guest or "/root/"
    if not guest.startswith("/"):
        raise UsageError(f"--add {text}: the guest's path must begin with /")
    return path, guest + path.resolve().name if guest.endswith("/") else guest


def job_archive(job: Job, adds: Sequence[tuple[Path, str]], programs: Sequence[Path],
                firmware: Path | None, module: Path | None = None) -> bytes:
    """The archive of one run."""
    cpio = Cpio()
    cpio.file("job/config", job.config())
    cpio.file("job/command", strings(job.command))
    variables = {**ENVIRONMENT, **job.environment}
    cpio.file("job/environment", strings([f"{key}={value}" for key, value in variables.items()]))
    if firmware:
        # The kernel looks in its own root, which is the initramfs until init changes it.
        for name in (FIRMWARE, guest_path(FIRMWARE)):
            cpio.file(name, firmware.read_bytes())
    if module:
        cpio.file("modules/garm.ko", module.read_bytes())
        cpio.file(guest_path(MODULE), module.read_bytes())
        cpio.file(guest_path("etc/modprobe.d/garm.conf"), f"install garm /usr/sbin/insmod /{MODULE}\n".encode())
    for program in programs:
        cpio.file(guest_path(f"{PROGRAMS}/{program.name}"), program.read_bytes(), 0o755)
    for host, guest in adds:
        cpio.parents(guest_path(guest))
        cpio.tree(host.resolve(), guest_path(guest))
    return cpio.bytes()


class GuestImages:
    """Makes root file systems and the init archive."""

    def __init__(self, env: Env, root: BuildRoot) -> None:
        self.env = env
        self.root = root

    def rootfs(self, packages: Sequence[str] = (), mesa: str = "stable") -> Path:
        """An erofs image with the base packages and these; mesa: the suite that Mesa is taken from."""
        names = [*BASE_PACKAGES, *sorted(set(packages) - set(BASE_PACKAGES))]
        newer = ["mesa"] if mesa == "backports" else []
        inputs = [self.root.apt.generation(), *names, repr((FILES, LINKS, FOLDERS)), *newer]
        what = "guest root file system" + (f" with {' '.join(packages)}" if packages else "") + \
            (f" ({newer[0]} of the backports)" if newer else "")

        def build(into: Path) -> None:
            tree = into / "tree"
            merge_usr(tree)
            apt.unpack(self.root.apt.download(names, "arm64", newer=newer), tree)
            finish_tree(tree)
            inside = self.root.inside(into)
            self.root.run(["mkfs.erofs", "-b4096", f"{inside}/rootfs.erofs", f"{inside}/tree"], "mkfs.erofs",
                          self.env.cache.log("rootfs"))
            self.root.run(["rm", "-rf", f"{inside}/tree"], "cleaning", self.env.cache.log("rootfs"), append=True)

        return self.env.cache.make("guest", "packages" if packages else "base", inputs, what, build,
                                   gigabytes=3.0 if packages else 1.0) / "rootfs.erofs"

    def init_archive(self) -> Path:
        """The initramfs archive with init, cross-compiled."""
        source = self.env.repo / "images/guest/init.c"

        def build(into: Path) -> None:
            target = self.root.inside(into) + "/init"
            self.root.run(["aarch64-linux-gnu-gcc", "-std=gnu17", "-Os", "-Wall", "-Wextra", "-Werror", "-static",
                           "-s", "-o", target, self.root.inside(source)], "compiling init.c",
                          self.env.cache.log("init"))
            cpio = Cpio()
            cpio.file("init", (into / "init").read_bytes(), 0o755)
            cpio.device("dev/console", 5, 1)
            for name in ("proc", "sys", "root", "lower", "kernel", "upper", "overlay"):
                cpio.folder(name)
            (into / "init.cpio").write_bytes(cpio.bytes())

        here = Path(__file__)
        inputs = [file_digest(path) for path in (source, here, here.with_name("cpio.py"))] + [self.root.path.name]
        return self.env.cache.make("guest", "init", inputs, "guest init", build) / "init.cpio"


def merge_usr(tree: Path) -> None:
    """/bin and the like are links into /usr, as on every Debian since 12."""
    for name in MERGED:
        (tree / "usr" / name).mkdir(parents=True, exist_ok=True)
        (tree / name).symlink_to(f"usr/{name}")


def finish_tree(tree: Path) -> None:
    """Add what maintainer scripts would have made."""
    for name in FOLDERS:
        (tree / name).mkdir(exist_ok=True)
    for name, text in FILES.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    for name, target in LINKS.items():
        if not (tree / name).is_symlink():
            (tree / name).symlink_to(target)
