"""Times of vk_bench: natively, beside the guest's. Called by scripts/test scripts/python."""

import json
import re
import unittest
from pathlib import Path

import garm_path  # noqa: F401
from garm import bench, lavapipe
from garm.errors import GarmError


def said(**times: float) -> str:
    return "".join(json.dumps({"case": name, "lavapipe_s": time}) + "\n" for name, time in times.items())


class Native(unittest.TestCase):
    def test_times(self):
        self.assertEqual(lavapipe.parse("lavapipe 25.0\n" + said(add=0.5, sort=2.0)), {"add": 0.5, "sort": 2.0})

    def test_one_time_for_all_is_a_grain(self):
        for second in (0.05, 0.0503):
            with self.assertRaisesRegex(GarmError, "3 different programs all take 0.0500 s"):
                lavapipe.parse(said(add=0.05, sort=second, scan=0.0501))

    def test_nothing_measured(self):
        for text in ("", said(add=0.5), said(add=0.0, sort=1.0)):
            with self.assertRaisesRegex(GarmError, "measured nothing"):
                lavapipe.parse(text)

    def test_no_source_answers_for_the_clock(self):
        guest = Path(__file__).resolve().parents[1] / "guest"
        own_clock = re.compile(r"^(?:__attribute__\S* )?(?:int|time_t) (?:clock_gettime|gettimeofday|time)\(", re.M)
        self.assertTrue(own_clock.search((guest / "lib/stepping_clock.c").read_text()))
        for source in lavapipe.SOURCES:
            self.assertFalse(own_clock.search((guest / source).read_text()), source)


class Table(unittest.TestCase):
    GUEST = ('boot\n{"case": "add", "mali_s": 0.002, "lavapipe_s": 0.008}\n'
             '{"case": "sort", "mali_s": 0.03, "lavapipe_s": 0.02}\n')

    def rows(self, fast=True):
        return {f.name.split(",")[0] + (" natively" if "speed" in f.name else ""): (round(f.value, 3), f.limit, f.ok)
                for f in bench.compute_rows(self.GUEST, {"add": 0.0015, "sort": 0.003}, "compiled", fast)}

    def test_limits(self):
        rows = self.rows()
        self.assertEqual(rows["add"], (0.25, "<= 1.0", True))
        self.assertEqual(rows["add natively"], (0.75, ">= 0.7", True))
        self.assertEqual(rows["sort"], (1.5, "<= 1.0", False))
        self.assertEqual(rows["sort natively"], (0.1, ">= 0.7", False))

    def test_the_native_limit_is_for_the_fast_engine(self):
        self.assertEqual(self.rows(fast=False)["sort natively"], (0.1, "", None))

    def test_a_program_that_is_missing(self):
        with self.assertRaisesRegex(GarmError, "2 programs in the guest, 3 natively"):
            bench.compute_rows(self.GUEST, {"add": 1, "sort": 1, "scan": 1}, "compiled", True)


if __name__ == "__main__":
    unittest.main()
