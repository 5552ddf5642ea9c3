"""The Debian package garm-dkms: the driver's sources, which DKMS builds for each kernel of a machine.

dpkg-deb of the build root makes it, so it is the same on every host. Called by scripts/package and the test runner.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from .buildroot import BuildRoot
from .cache import remove_tree
from .driver import SOURCES
from .env import Env
from .errors import GarmError, UsageError

NAME = "garm-dkms"
MODULE = "garm"
VERSION = re.compile(r"[0-9][A-Za-z0-9.+]*")     # what Debian, DKMS and a folder's name all accept

CONTROL = """\
Package: {name}
Version: {version}
Architecture: all
Section: kernel
Priority: optional
Maintainer: The Garm project <garm@example.invalid>
Depends: dkms (>= 3.0.11)
Description: DRM driver for Mali GPUs with a Command Stream Frontend (DKMS)
 The kernel module garm.ko, built and installed by DKMS for each kernel of this
 machine. It drives Mali GPUs like the G610 with the user-space interface of
 panthor, which it keeps from loading.
 .
 The GPU's firmware, arm/mali/arch10.8/mali_csffw.bin and the like, is not part
 of this package.
"""

# DKMS reads this with kernel_source_dir and dkms_tree set.
DKMS_CONF = """\
PACKAGE_NAME="{module}"
PACKAGE_VERSION="{version}"
BUILT_MODULE_NAME[0]="{module}"
DEST_MODULE_LOCATION[0]="/updates/dkms"
MAKE[0]="make -C ${{kernel_source_dir}} M=${{dkms_tree}}/{module}/{version}/build modules"
BUILD_EXCLUSIVE_KERNEL_MIN="6.12"
BUILD_EXCLUSIVE_ARCH="^(aarch64|arm64)$"
AUTOINSTALL="yes"
"""

MODPROBE = """\
# garm and panthor are for the same devices, and the first that is loaded gets them. udev loads by alias,
# and this takes panthor's aliases away. `modprobe panthor` still works, as does, to have panthor again
# without removing {name}: a file of this name in /etc/modprobe.d that blacklists {module} instead.
blacklist panthor
"""

# dkms brings the script; it builds for the running kernel and the newest one.
POSTINST = """\
#!/bin/sh
set -e

case "$1" in
configure|abort-upgrade|abort-deconfigure|abort-remove)
	/usr/lib/dkms/common.postinst {module} {version} /usr/share/{name} "" "$2"
	;;
esac
"""

PRERM = """\
#!/bin/sh
set -e

case "$1" in
remove|upgrade|deconfigure)
	if [ -n "$(dkms status -m {module} -v {version})" ]; then
		dkms remove -m {module} -v {version} --all
	fi
	;;
esac
"""

# An initial RAM disk that has panthor must learn of the blacklist and of the new module.
TRIGGERS = "activate-noawait update-initramfs\n"

COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Garm

Files: *
Copyright: The Garm project
License: GPL-2.0-only or Expat
 On Debian systems the GNU General Public License, version 2, is in
 /usr/share/common-licenses/GPL-2. The sources name the licence as
 "GPL-2.0 OR MIT".
"""


class Package:
    """One version of the package."""

    def __init__(self, env: Env, root: BuildRoot, version: str | None = None) -> None:
        self.env = env
        self.root = root
        self.sources = env.repo / "driver"
        self.version = version or f"0.1.{self._git('rev-list', '--count', 'HEAD')}"
        if not VERSION.fullmatch(self.version):
            raise UsageError(f"--version {self.version}: a digit, then letters, digits, dots and pluses")

    @property
    def file(self) -> str:
        """The package's file name."""
        return f"{NAME}_{self.version}_all.deb"

    def build(self, out: Path) -> Path:
        """Make it in a folder; its path. Times are the commit's, so the same sources make the same file."""
        out.mkdir(parents=True, exist_ok=True)
        log = self.env.cache.log("package")
        folder = self.env.cache.root / "build" / self.env.clone_key / "package"
        with self.env.cache.lock(f"package-{self.env.clone_key}"), self.env.ui.step(f"{self.file}: build", log):
            remove_tree(folder)
            tree = folder / "tree"
            self._fill(tree)
            command = ["dpkg-deb", "--root-owner-group", "-Zxz", "--build", self.root.inside(tree),
                       self.root.inside(folder / self.file)]
            self.root.run(command, "dpkg-deb", log,
                          env={"SOURCE_DATE_EPOCH": self._git("log", "-1", "--format=%ct")})
            return Path(shutil.copy(folder / self.file, out / self.file)).resolve()

    def _fill(self, tree: Path) -> None:
        words = {"name": NAME, "module": MODULE, "version": self.version}
        sources = f"usr/src/{MODULE}-{self.version}"
        texts = {"DEBIAN/control": CONTROL, "DEBIAN/postinst": POSTINST, "DEBIAN/prerm": PRERM,
                 "DEBIAN/triggers": TRIGGERS, f"{sources}/dkms.conf": DKMS_CONF,
                 f"usr/lib/modprobe.d/{NAME}.conf": MODPROBE, f"usr/share/doc/{NAME}/copyright": COPYRIGHT}
        for name, text in texts.items():
            path = tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.format(**words))
        for path in sorted(path for pattern in SOURCES for path in self.sources.glob(pattern)):
            shutil.copyfile(path, tree / sources / path.name)
        shutil.copyfile(self.sources / "README.md", tree / f"usr/share/doc/{NAME}/README.md")
        # Not what the umask of whoever calls this makes of it.
        for path in [tree, *tree.rglob("*")]:
            program = path.is_dir() or path.name in ("postinst", "prerm")
            path.chmod(0o755 if program else 0o644)

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.env.repo, capture_output=True, text=True, check=False)
        if done.returncode:
            raise GarmError(f"git {arguments[0]} failed in {self.env.repo}: {done.stderr.strip()}")
        return done.stdout.strip()
