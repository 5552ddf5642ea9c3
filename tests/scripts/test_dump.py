"""Reading a device core dump of the driver."""

import contextlib
import io
import stat
import tempfile
import unittest
from pathlib import Path

import garm_path  # noqa: F401
from garm import dump
from garm.env import REPO
from garm.errors import GarmError

SAMPLE = """\
[garm-dump version=1]
  reason group 3 died
  gpu_id 0xa8670005
[registers]
  GPU_STATUS 0x00000000
  MCU_STATUS 0x00000001
[glb]
  in.req 0x00000581
  out.ack 0x00000481
[cs slot=2 cs=0]
  in.req 0x00000001
  out.ack 0x40000001
  out.status_cmd_ptr 0x0000000000001008
  out.fatal 0x00000049 CS_INVALID_INSTRUCTION
  out.fault 0x00000000 OK
[memory kind=stream va=0x1000 size=0x30]
  0x000000001000: 0100000000000001 0000000000000000 0000000000000000 0000000000000000
  0x000000001020: 0000000000000000 0200000000000002
[memory kind=syncobj va=0x8000 size=0x8]
  0x000000008000: 0000000000000007
[end truncated=0 dropped=2]
"""


def printed(text: str, *arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with tempfile.NamedTemporaryFile("w") as file, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        file.write(text)
        file.flush()
        status = dump.main([file.name, *arguments])
    return status, out.getvalue(), err.getvalue()


class Parser(unittest.TestCase):
    def test_sections(self) -> None:
        sections = dump.parse(SAMPLE)
        self.assertEqual([section.name for section in sections],
                         ["garm-dump", "registers", "glb", "cs", "memory", "memory", "end"])
        self.assertEqual(sections[3].words, {"slot": "2", "cs": "0"})
        self.assertEqual(sections[3].value("out.fatal"), 0x49)
        self.assertIsNone(sections[3].value("out.nothing"))

    def test_memory(self) -> None:
        section = dump.parse(SAMPLE)[4]
        self.assertEqual([(at, len(data)) for at, data in dump.pieces(section)], [(0x1000, 48)])
        self.assertEqual(next(dump.pieces(section))[1][:8], b"\1\0\0\0\0\0\0\1")

    def test_gap_in_memory(self) -> None:
        section = dump.Section("memory", {}, ["0x10: 0000000000000001", "0x20: 0000000000000002"])
        self.assertEqual([at for at, _ in dump.pieces(section)], [0x10, 0x20])

    def test_foreign_files(self) -> None:
        for text in ("", "hello\n", "[registers]\n  A 0x0\n", "[garm-dump version=2]\n", "[]\n"):
            with self.subTest(text), self.assertRaises(GarmError):
                dump.parse(text)

    def test_every_truncation_is_read(self) -> None:
        for length in range(len("[garm-dump version=1]\n"), len(SAMPLE)):
            dump.parse(SAMPLE[:length])

    def test_names_of_requests(self) -> None:
        header = (REPO / "driver/garm_fw_if.h").read_text()
        self.assertEqual(dump.request_bits(header, "fw_glb_in")[8], "PING")
        self.assertEqual(dump.request_bits(header, "fw_csg_in")[29], "IDLE")
        bits = dump.request_bits(header, "fw_cs_in")
        self.assertEqual((bits[30], bits[31]), ("FATAL", "FAULT"))
        self.assertNotIn(28, bits)


class Output(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.program = Path(folder.name) / "csdisasm"
        self.program.write_text("#!/bin/sh\n[ \"$1 $3\" = \"--binary --base\" ] || exit 2\n"
                                "echo \"    $4:  0100000000000001  MOVE d0, #1\"\n"
                                "echo \"    1008:  4900000000000000  BAD\"\n")
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)

    def test_readable(self) -> None:
        status, out, err = printed(SAMPLE, "--csdisasm", str(self.program))
        self.assertEqual((status, err), (0, ""))
        self.assertIn("pending: PING", out)
        self.assertIn("pending: FATAL", out)
        self.assertIn("state: START, requested: START", out)
        self.assertIn("1000:  0100000000000001  MOVE d0, #1", out)
        self.assertRegex(out, r"->\s+1008: .* BAD\s+<- cs slot=2 cs=0")
        self.assertIn("out.fatal 0x00000049 CS_INVALID_INSTRUCTION", out)
        self.assertNotIn("GPU_STATUS", out)
        self.assertNotIn("out.fault ", out)
        self.assertIn("2 earlier dumps", out)

    def test_all(self) -> None:
        _, out, _ = printed(SAMPLE, "--csdisasm", str(self.program), "--all")
        self.assertIn("GPU_STATUS 0x00000000", out)
        self.assertIn("out.fault 0x00000000 OK", out)

    def test_truncated(self) -> None:
        _, out, _ = printed(SAMPLE.replace("truncated=0", "truncated=1"), "--csdisasm", str(self.program))
        self.assertIn("not complete", out)

    def test_errors(self) -> None:
        self.assertEqual(printed("hello\n")[0], 1)
        self.assertEqual(dump.main(["/nonexistent"]), 2)
        self.program.write_text("#!/bin/sh\necho no >&2; exit 1\n")
        status, _, err = printed(SAMPLE, "--csdisasm", str(self.program))
        self.assertEqual(status, 1)
        self.assertIn("no", err)


if __name__ == "__main__":
    unittest.main()
