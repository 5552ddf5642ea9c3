"""The command line of scripts/run, QEMU's, and the job that init is given."""

import tempfile
import unittest
from pathlib import Path

import garm_path  # noqa: F401
from garm import machine
from garm.errors import UsageError
from garm.guestimage import Job, guest_path, parse_add
from garm.options import Options, from_arguments, parser


def parse(*words: str) -> Options:
    return from_arguments(parser().parse_args(words))


class CommandLine(unittest.TestCase):
    def test_defaults_are_those_of_python(self) -> None:
        parsed, default = parse(), Options()
        for name in ("driver", "kernel", "page_size", "firmware", "mesa", "timeout", "smp", "memory", "cpu"):
            self.assertEqual(getattr(parsed, name), getattr(default, name), name)

    def test_lists(self) -> None:
        options = parse("--packages", "a b", "--packages", "c", "--gpu", "x=1", "--gpu", "y=2,z=3")
        self.assertEqual(options.packages, ["a", "b", "c"])
        self.assertEqual(machine.gpu_argument(options), "mali-g610,x=1,y=2,z=3")

    def test_command_keeps_its_options(self) -> None:
        self.assertEqual(parser().parse_args(["--smp", "1", "--", "ls", "--smp", "-l"]).command, ["ls", "--smp", "-l"])

    def test_interactive_runs_have_no_timeout(self) -> None:
        self.assertEqual(parse("--shell").timeout, 0.0)
        self.assertEqual(parse("--shell", "--timeout", "5").timeout, 5.0)

    def test_bad_combinations(self) -> None:
        for words in (["--gpu", "none"], ["--gpu", "none", "--gpu", "a=b", "--driver", "none"], ["--smp", "0"]):
            with self.subTest(words), self.assertRaises(UsageError):
                parse(*words)


class Qemu(unittest.TestCase):
    def line(self, options: Options) -> list[str]:
        files = machine.Files(*(Path(f"/x/{name}") for name in ("kernel", "initrd", "root", "a,b", "log")))
        return machine.command_line(["qemu"], options, files, ["control"], {"console": 3, "monitor": 4, "control": 5})

    def test_gpu(self) -> None:
        self.assertIn("mali-g610", self.line(Options()))
        self.assertNotIn("mali-g610", self.line(Options(driver="none", gpu=["none"])))

    def test_commas_in_paths(self) -> None:
        self.assertTrue(any("/x/a,,b" in word for word in self.line(Options())))

    def test_append_comes_last(self) -> None:
        self.assertTrue(machine.kernel_arguments(Options(append="a=b")).endswith(" a=b"))

    def test_own_arguments_come_last(self) -> None:
        self.assertEqual(self.line(Options(qemu_args=["-d", "int"]))[-2:], ["-d", "int"])


class GuestFiles(unittest.TestCase):
    def test_merged_usr(self) -> None:
        self.assertEqual(guest_path("/lib/firmware/x"), "upper/usr/lib/firmware/x")
        self.assertEqual(guest_path("/opt/./x"), "upper/opt/x")
        with self.assertRaises(UsageError):
            guest_path("/../x")

    def test_add(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "f"
            file.touch()
            self.assertEqual(parse_add(str(file))[1], "/root/f")
            self.assertEqual(parse_add(f"{file}:/opt/")[1], "/opt/f")
            self.assertEqual(parse_add(f"{file}:/opt/g")[1], "/opt/g")
            with self.assertRaises(UsageError):
                parse_add(f"{file}:relative")
        with self.assertRaises(UsageError):
            parse_add("/no/such/file")

    def test_job(self) -> None:
        text = Job(["ls"], "panthor", ["display"], rows=24).config().decode()
        self.assertIn("driver panthor\n", text)
        self.assertIn("roles display\n", text)
        self.assertIn("rows 24\n", text)


if __name__ == "__main__":
    unittest.main()
