"""Kernel module order, archives for the kernel, and archives from the guest."""

import io
import tarfile
import tempfile
import unittest
from pathlib import Path

import garm_path  # noqa: F401
from garm import debugkernel, outdir
from garm.cpio import Cpio
from garm.errors import GarmError
from garm.modules import Modules, module_name, parse_alias, parse_dep, parse_softdep

DEP = """\
kernel/a/top-level.ko.xz: kernel/a/mid.ko.xz kernel/a/low.ko.xz
kernel/a/mid.ko.xz: kernel/a/low.ko.xz
kernel/a/low.ko.xz:
kernel/a/crc_generic.ko.xz:
kernel/a/crc_fast.ko.xz:
"""


def modules() -> Modules:
    return Modules(Path(), parse_dep(DEP), parse_softdep("softdep low pre: crypto-crc\n"),
                   parse_alias("alias crypto-crc crc_fast\nalias crypto-crc crc_generic\nalias pci:v* low\n"),
                   {"inside"})


class Order(unittest.TestCase):
    def test_dependencies_first(self) -> None:
        order = [module_name(file) for file in modules().order(["top_level"])]
        self.assertEqual(order, ["crc_generic", "low", "mid", "top_level"])

    def test_loaded_and_builtin_are_left_out(self) -> None:
        self.assertEqual(modules().order(["mid", "inside"], loaded=["low"]), ["kernel/a/mid.ko.xz"])

    def test_missing(self) -> None:
        with self.assertRaises(GarmError):
            modules().order(["absent"])


class Archives(unittest.TestCase):
    def test_cpio_parents_once(self) -> None:
        cpio = Cpio()
        cpio.file("a/b/c", b"xyz")
        cpio.file("a/b/d", b"")
        data = cpio.bytes()
        self.assertEqual(len(data) % 512, 0)
        self.assertEqual(data.count(b"070701"), 5)      # a, a/b, two files, the trailer
        self.assertLess(data.index(b"a/b\0"), data.index(b"a/b/c\0"))

    def test_out_stays_inside(self) -> None:
        for name, kind, link, good in (("./x", tarfile.REGTYPE, "", True), ("/x", tarfile.REGTYPE, "", False),
                                       ("../x", tarfile.REGTYPE, "", False), ("l", tarfile.SYMTYPE, "x", True),
                                       ("l", tarfile.SYMTYPE, "/etc/passwd", False),
                                       ("p", tarfile.FIFOTYPE, "", False)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, link
            with self.subTest(name=name, link=link):
                self.assertEqual(outdir.safe(member), good)

    def test_out_is_unpacked(self) -> None:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            member = tarfile.TarInfo("./d/f")
            member.size = 2
            archive.addfile(member, io.BytesIO(b"ok"))
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(outdir.unpack(stream.getvalue(), Path(folder)), [])
            self.assertEqual((Path(folder) / "d/f").read_bytes(), b"ok")
            self.assertEqual(len(outdir.unpack(stream.getvalue()[:600], Path(folder))), 1)      # cut short


class DebugConfig(unittest.TestCase):
    def test_lost_lines(self) -> None:
        got = "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=m\n"
        self.assertEqual(debugkernel.lost_lines("# note\nCONFIG_A=y\nCONFIG_B=n\n", got), [])
        self.assertEqual(debugkernel.lost_lines("CONFIG_C=y\nCONFIG_A=n\n", got), ["CONFIG_C=y", "CONFIG_A=n"])


if __name__ == "__main__":
    unittest.main()
