"""Reading what kmscube, glmark2 and vkmark print. Called by scripts/test scripts/python."""

import unittest

import garm_path  # noqa: F401
from garm import benchscreen
from garm.errors import GarmError


class Rates(unittest.TestCase):
    def test_rounds_count_by_their_median(self):
        cube = "@@ kmscube\nRendered 99 frames in 1.0 sec ({} fps)\n"
        text = "".join(f"@@@ {who}\n" + cube.format(fps) for who, fps in
                       (("mali", "300.5"), ("llvmpipe", "100.0"), ("mali", "10.0"), ("llvmpipe", "90.0"),
                        ("mali", "290.0"), ("llvmpipe", "95.0")))
        self.assertEqual(benchscreen.rounds_of(text), {"mali": {"kmscube": 290.0}, "llvmpipe": {"kmscube": 95.0}})

    def test_times_of_glmark2_are_finer_than_its_rates(self):
        text = "@@ terrain\n[terrain] duration=4: FPS: 1 FrameTime: 1600.000 ms\nglmark2 Score: 0\n"
        self.assertEqual(benchscreen.gles_rates(text), {"terrain": 0.625})

    def test_the_last_rate_of_kmscube_counts(self):
        text = "@@ kmscube\nRendered 10 frames in 1.0 sec (10.0 fps)\nRendered 30 frames in 1.5 sec (20.0 fps)\n"
        self.assertEqual(benchscreen.gles_rates(text), {"kmscube": 20.0})

    def test_a_program_without_a_rate_is_an_error(self):
        with self.assertRaisesRegex(GarmError, "build says no rate"):
            benchscreen.gles_rates("@@ build\nError: no display\n")

    def test_scenes_of_vkmark(self):
        text = "[vertex] duration=8: FPS: 15 FrameTime: 66.667 ms\n[desktop] <default>: FPS: 0 FrameTime: inf ms\n"
        self.assertEqual(benchscreen.vkmark_rates(text), {"vertex": 15, "desktop": 0})


if __name__ == "__main__":
    unittest.main()
