"""Debian's archive through a private apt: own sources, own state, in the cache.

Packages are resolved by name from the suites' indexes and apt verifies every checksum against the signed
Release file. Called by buildroot.py (to write sources), qemu.py, kernels.py, rootfs.py, firmware.py.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from . import aptsources, proc
from .env import Env
from .errors import GarmError

SUITE = "trixie"
BACKPORTS = "trixie-backports"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
COMPONENTS = "main non-free-firmware"

# Release files of frozen or snapshot mirrors have expired; the signature is still checked.
OPTIONS = ('Acquire::Check-Valid-Until "false"', 'Acquire::Languages "none"', 'Acquire::Retries "3"')


def host_mirror(env: Env) -> str:
    """The mirror to use: the option, or what the host's own apt uses."""
    mirror = env.mirror or aptsources.main_archive(aptsources.read_sources(Path("/etc/apt")))
    if not mirror:
        raise GarmError("no Debian main archive in /etc/apt of this machine: name a mirror with --mirror URL")
    return mirror.rstrip("/")


def source_lines(env: Env) -> str:
    """sources.list of the private apt, also used to make the build root."""
    mirror = host_mirror(env)
    lines = [f"{kind} [signed-by={KEYRING}] {mirror} {suite} {COMPONENTS}"
             for suite in (SUITE, BACKPORTS) for kind in ("deb", "deb-src")]
    return "\n".join(lines) + "\n"


def ensure_host_tool(env: Env, program: str, package: str) -> None:
    """Install a package of the host's distribution when a program is missing."""
    if shutil.which(program):
        return
    if env.offline:
        raise GarmError(f"{program} is not installed and --offline forbids to install it: apt-get install {package}")
    log = env.cache.log(f"host-{package}")
    install = ["apt-get", "install", "-y", "--no-install-recommends", package]
    host = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    with env.ui.step(f"install {package} on this machine", log):
        try:
            proc.run(install, f"apt-get install {package}", log, verbose=env.verbose, env=host)
        except GarmError:
            # A machine that has never fetched its lists knows no package; a broken third-party list is no obstacle.
            try:
                proc.run(["apt-get", "update"], "apt-get update", log, verbose=env.verbose, append=True, env=host)
            except GarmError:
                env.ui.say("apt-get update of this machine reported errors; going on")
            proc.run(install, f"apt-get install {package}", log, verbose=env.verbose, append=True, env=host)


class Apt:
    """Resolve and download packages of the reference suites."""

    def __init__(self, env: Env) -> None:
        self.env = env
        self.root = env.cache.root / "apt"
        self.config = self.root / "apt.conf"

    def _configure(self) -> None:
        root = self.root
        for folder in ("state/lists/partial", "cache/archives/partial"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / "status").touch()
        (root / "sources.list").write_text(source_lines(self.env))
        settings = [*OPTIONS, f'Dir::Etc::SourceList "{root}/sources.list"', 'Dir::Etc::SourceParts "/dev/null"',
                    'Dir::Etc::Preferences "/dev/null"', 'Dir::Etc::PreferencesParts "/dev/null"',
                    f'Dir::State "{root}/state"', f'Dir::State::status "{root}/status"',
                    f'Dir::Cache "{root}/cache"', 'APT::Sandbox::User "root"',
                    'APT::Install-Recommends "false"', 'APT::Get::Assume-Yes "true"']
        self.config.write_text("\n".join(f"{line};" for line in settings) + "\n")

    def _argv(self, program: str, arch: str, *args: str) -> list[str]:
        # -c is read after the host's configuration, so that ours wins and the host's proxy still counts.
        return [program, "-c", str(self.config), "-o", f"APT::Architecture={arch}",
                "-o", "APT::Architectures::=amd64", "-o", "APT::Architectures::=arm64", *args]

    def ready(self) -> None:
        """Fetch the indexes once; --update fetches them again."""
        if (self.root / "generation").exists():
            return
        with self.env.cache.lock("apt"):
            if not (self.root / "generation").exists():
                self._update()

    def _update(self) -> None:
        if self.env.offline:
            raise GarmError(f"the package indexes are not in the cache {self.env.cache.root} "
                            "and --offline forbids to fetch them")
        self._configure()
        log = self.env.cache.log("apt-update")
        with self.env.ui.step(f"package indexes of Debian {SUITE}", log):
            proc.run(self._argv("apt-get", "amd64", "update", "--error-on=any"), "apt-get update", log,
                     verbose=self.env.verbose)
        releases = sorted((self.root / "state/lists").glob("*Release"))
        state = hashlib.sha256(b"".join(path.read_bytes() for path in releases)).hexdigest()[:12]
        (self.root / "generation").write_text(state)

    def refresh(self) -> None:
        """Fetch the indexes again (--update): whatever changed in the suites is built anew afterwards."""
        with self.env.cache.lock("apt"):
            self._update()

    def generation(self) -> str:
        """Identifies the state of the indexes; part of the name of everything made from packages."""
        self.ready()
        return (self.root / "generation").read_text()

    def download(self, packages: Sequence[str], arch: str, *, suite: str = SUITE, keep: str = ".",
                 newer: Sequence[str] = ()) -> list[Path]:
        """Download packages with their dependencies; return the .debs whose package name matches `keep`.

        newer: source packages whose binaries come from the backports, with what only these need of them."""
        self.ready()
        with self.env.cache.lock("apt"):
            pins = self._pins(newer)
            uris = self._resolve(packages, arch, suite, pins)
            wanted = [(name, package) for name, package in uris if re.match(keep, package)]
            archives = self.root / "cache" / "archives"
            missing = [package for name, package in wanted if not (archives / name).exists()]
            if missing:
                self._fetch(missing, arch, suite, pins)
        paths = [archives / name for name, _ in wanted]
        absent = [path.name for path in paths if not path.exists()]
        if absent:
            raise GarmError(f"the mirror no longer has {absent[0]}: run again with --update")
        return paths

    def _pins(self, newer: Sequence[str]) -> list[str]:
        """Options that make apt prefer the backports for these source packages; -t SUITE has priority 990."""
        if not newer:
            return []
        path = self.root / f"backports-{'-'.join(newer)}.pref"
        path.write_text("\n".join(f"Package: src:{name}:any\nPin: release n={BACKPORTS}\nPin-Priority: 995\n" for name in newer))
        return ["-o", f"Dir::Etc::Preferences={path}"]

    def _resolve(self, packages: Sequence[str], arch: str, suite: str, pins: Sequence[str]) -> list[tuple[str, str]]:
        """(file name, package name) of the packages and all that they depend on."""
        argv = self._argv("apt-get", arch, *pins, "-t", suite, "--print-uris", "-qq", "install", *packages)
        try:
            # Existing archives are not printed, so look as if there were none.
            printed = proc.capture([*argv, "-o", f"Dir::Cache::archives={self.root}/none"],
                                   f"resolving {' '.join(packages)}")
        except GarmError as error:
            missing = re.search(r"Unable to locate package (\S+)", error.detail)
            if missing:
                raise GarmError(f"Debian {suite} has no package {missing.group(1)} for {arch}") from error
            raise
        names = re.findall(r"^'\S+' (\S+\.deb) \d+", printed, re.M)
        return [(name, name.split("_", 1)[0]) for name in names]

    def _fetch(self, packages: Sequence[str], arch: str, suite: str, pins: Sequence[str]) -> None:
        if self.env.offline:
            raise GarmError(f"package {packages[0]} ({arch}) is not in the cache and --offline forbids to fetch it")
        log = self.env.cache.log("apt-download")
        archives = self.root / "cache" / "archives"
        named = [f"{package}:{arch}" for package in packages]
        with self.env.ui.step(f"download {len(packages)} package(s)", log):
            # `download` takes exactly the named ones; dependencies that are not kept are never fetched.
            for start in range(0, len(named), 200):
                argv = self._argv("apt-get", arch, *pins, "-t", suite, "download", *named[start:start + 200])
                proc.run(argv, "apt-get download", log, verbose=self.env.verbose, append=start > 0, cwd=archives)

    def source(self, package: str, into: Path) -> Path:
        """Download a source package of the suite (not unpacked); return its .dsc."""
        self.ready()
        if self.env.offline:
            raise GarmError(f"source package {package} is not in the cache and --offline forbids to fetch it")
        log = self.env.cache.log("apt-source")
        proc.run(self._argv("apt-get", "amd64", "-t", SUITE, "source", "--download-only", package),
                 f"apt-get source {package}", log, verbose=self.env.verbose, cwd=into)
        return next(into.glob("*.dsc"))


def unpack(debs: Sequence[Path], into: Path) -> None:
    """Unpack packages without running any of their scripts."""
    for deb in debs:
        proc.capture(["dpkg-deb", "-x", str(deb), str(into)], f"unpacking {deb.name}")
