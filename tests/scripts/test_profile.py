"""Profiles: samples of mali-replay, names of addr2line, tables and the flame graph."""

import unittest
import xml.etree.ElementTree as ElementTree

import garm_path  # noqa: F401

from garm import profile
from garm.errors import GarmError
from garm.profile import Frame, Sample

RAW = """# samples 3 lost 1
00000000000000ab 1000 +10 +20 libc.so.6:__libc_start_main
00000000000000ab 1000 +10 +20
0000000000000000 0 libm.so.6:sinf +20
"""
NAMES = """0x10
fast
/garm/hw/valhall/sem_int.h:7
va_run
/garm/hw/valhall/exec.c:1 (discriminator 2)
0x20
place
../../garm/hw/pipeline/texture/wide.c:5
"""
FRAMES = {"+10": [Frame("fast", "valhall"), Frame("va_run", "valhall")], "+20": [Frame("place", "pipeline/texture")]}


class Parsing(unittest.TestCase):
    def test_samples(self):
        samples, lost = profile.samples_of(RAW + "job 1: same\n")
        self.assertEqual(lost, 1)
        self.assertEqual([sample.shader for sample in samples], ["00000000000000ab at 0x1000"] * 2 + [""])
        self.assertEqual(samples[2].stack, ["libm.so.6:sinf", "+20"])

    def test_damaged(self):
        for text in ("", "job 1: same\n", RAW.replace("samples 3", "samples 4")):
            with self.assertRaises(GarmError):
                profile.samples_of(text)

    def test_names(self):
        self.assertEqual(profile.frames_of(NAMES), FRAMES)


class Output(unittest.TestCase):
    def setUp(self):
        self.samples, _ = profile.samples_of(RAW)
        frames = {**FRAMES, "libc.so.6:__libc_start_main": [Frame("__libc_start_main", profile.OUTSIDE)],
                  "libm.so.6:sinf": [Frame("sinf", profile.OUTSIDE)]}
        self.stacks = profile.stacks_of(self.samples, frames)

    def test_stacks(self):
        self.assertEqual([frame.name for frame in self.stacks[0]], ["place", "va_run", "fast"])
        self.assertEqual(self.stacks[1], self.stacks[0])
        self.assertEqual(profile.stacks_of([Sample("", ["x"])], {"x": [Frame("main", "tools")]}),
                         [[Frame("unknown", profile.OUTSIDE)]])

    def test_tables(self):
        text = profile.tables(self.samples, self.stacks)
        rows = {tuple(line.split()) for line in text.splitlines()}
        self.assertIn(("valhall", "66.7%"), rows)
        self.assertIn(("fast", "66.7%", "66.7%"), rows)
        self.assertIn(("00000000000000ab", "at", "0x1000", "66.7%"), rows)
        self.assertIn(("sinf", "33.3%", "33.3%"), rows)

    def test_flame(self):
        root = profile.tree_of(self.stacks)
        self.assertEqual(root.count, 3)
        svg = ElementTree.fromstring(profile.flame(root))
        titles = [title.text for title in svg.iter("{http://www.w3.org/2000/svg}title")]
        self.assertEqual(titles[0], "place (pipeline/texture): 100.0 %")
        self.assertIn("fast (valhall): 66.7 %", titles)


if __name__ == "__main__":
    unittest.main()
