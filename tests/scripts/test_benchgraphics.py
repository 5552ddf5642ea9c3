"""Graphics figures out of what mali-replay and gles_rate print."""

import unittest

import garm_path  # noqa: F401

from garm.benchgraphics import SCENES, Frame, frames_of, rows_of, seconds_of, times_of
from garm.errors import GarmError

LISTING = """job 1: RUN_IDVS at 0x1000, as 1 csg 0 cs 0, 1 slices, 3 pages, 1 for writing, 1 changed: done
job 2: FINISH_TILING at 0x1008, as 1 csg 0 cs 0, 1 slices, 0 pages, 0 for writing, 0 changed: done
job 3: RUN_FRAGMENT at 0x1010, as 1 csg 0 cs 0, 6 slices, 132 pages, 65 for writing, 65 changed: done
    pixels 0,0 to 255,255
job 4: RUN_IDVS at 0x1000, as 1 csg 0 cs 0, 1 slices, 3 pages, 1 for writing, 1 changed: done
job 5: RUN_IDVS at 0x1000, as 1 csg 0 cs 0, 1 slices, 3 pages, 1 for writing, 1 changed: done
job 6: RUN_FRAGMENT at 0x1010, as 1 csg 0 cs 0, 55 slices, 267 pages, 264 for writing, 264 changed: done
    pixels 0,0 to 511,511
"""


class Graphics(unittest.TestCase):
    """benchgraphics.py"""

    def test_frames_are_those_of_the_whole_target(self):
        self.assertEqual(frames_of(LISTING), [Frame([4, 5], 6)])

    def test_times(self):
        text = "job 3: 5 runs, fastest 1.000 ms, median 2.500 ms\nall RUN_FRAGMENT: 2.500 ms (sum of medians)\n"
        self.assertEqual(times_of(text), {3: 2.5})

    def test_rows(self):
        frames = [Frame([10 * i], 10 * i + 1) for i in range(len(SCENES))]
        one = {job: 100.0 for frame in frames for job in (frame.fragment, *frame.tiling)}
        rows = rows_of(frames, one, {job: ms / 2 for job, ms in one.items()}, 2)
        self.assertEqual(len(rows), 2 * len(SCENES))
        self.assertAlmostEqual(rows[0].value, 8 * 512 * 512 / 100 / 1000)
        self.assertEqual((rows[1].value, rows[1].ok), (1.0, True))
        self.assertAlmostEqual(rows[-2].value, 2 * 96 * 96 / 200 / 1000)

    def test_too_few_frames(self):
        with self.assertRaisesRegex(GarmError, "1 frames"):
            rows_of([Frame([], 1)], {1: 1.0}, {1: 1.0}, 1)

    def test_seconds(self):
        self.assertEqual(seconds_of('noise\n{"scene": "fill", "renderer": "mali", "frames": 3, "s": 0.5}\n'),
                         {("fill", "mali"): 0.5})


if __name__ == "__main__":
    unittest.main()
