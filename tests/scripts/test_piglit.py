"""Piglit's tests: which program runs them, which apply, how lists and results are read, shards."""

import argparse
import importlib.util
import os
import unittest
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree

import garm_path  # noqa: F401
from garm.piglit import runner
from garm.piglitprograms import Program, missing, programs
from garm.suite.main import shard

REPO = Path(__file__).parents[2]


def load(name, path):
    """A module that is no part of a package."""
    spec = importlib.util.spec_from_file_location(name, REPO / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


piglit = load("boot_piglit", "tests/boot/piglit.py")
merge = load("piglit_merge", "tests/piglit/merge.py")

LIST = """# a comment
[spec/a]
one two
    three
! fail four: the driver's fault
[spec/b]
one
"""
OUTPUT = """noise
@@piglit pass spec/a/one.shader_test
  Probe color at (1,2)
@@piglit fail spec/a/four.shader_test
@@piglit skip spec/b/one.shader_test
@@piglit pass spec/c/program_(fs,_arb)
"""
TABLE = """<PiglitTestList name="quick_gl" count="5">
<Test type="gl" name="spec@arb_copy_image@max size: {a}"><option name="command" value="['a-b', 'fs']" /></Test>
<Test type="gl_builtin" name="spec@glsl-1.40@const"><option name="command" value="['e', 'spec/f']" /></Test>
<Test type="gl" name="spec@arb_other@one"><option name="command" value="['c']" /></Test>
<Test type="gl" name="spec@!opengl 3.2@one"><option name="command" value="['c']" /></Test>
<Test type="gl" name="glx@one"><option name="command" value="['d']" /></Test>
</PiglitTestList>"""


class Runner(unittest.TestCase):
    def test_desktop(self):
        self.assertEqual(runner("[require]\nGLSL >= 1.30\n\n[vertex shader]\n"), "shader_runner")
        self.assertEqual(runner("[require]\nGL >= 3.1\nGLSL >= 1.40\n[test]\n"), "shader_runner")
        self.assertEqual(runner("nothing"), "shader_runner")

    def test_what_asks_for_more(self):
        self.assertIsNone(runner("[require]\nGLSL >= 1.50\n[test]\n"))
        self.assertIsNone(runner("[require]\nGL COMPAT >= 3.2\n[test]\n"))
        self.assertIsNone(runner("[require]\nGL ES >= 3.2\n[test]\n"))

    def test_es(self):
        self.assertEqual(runner("[require]\nGL ES >= 2.0\nGLSL ES >= 1.00\n[test]\n"), "shader_runner_gles2")
        self.assertEqual(runner("[require]\nGL ES >= 3.1\nGLSL ES >= 3.10\n[test]\n"), "shader_runner_gles3")

    def test_only_the_requirements_count(self):
        self.assertEqual(runner("[require]\nGLSL >= 1.10\n[test]\nGL >= 4.0\n"), "shader_runner")


class Lists(unittest.TestCase):
    def test_expectations(self):
        self.assertEqual(piglit.expectations(LIST), {
            "spec/a/one": ("pass", ""), "spec/a/two": ("pass", ""), "spec/a/three": ("pass", ""),
            "spec/a/four": ("fail", "the driver's fault"), "spec/b/one": ("pass", "")})

    def test_a_failure_needs_a_reason(self):
        with self.assertRaises(AttributeError):
            piglit.expectations("[a]\n! fail four:\n")

    def test_braces(self):
        self.assertEqual(list(piglit.expectations("[a]\nb-{c,d-e} f\n")), ["a/b-c", "a/b-d-e", "a/f"])

    def test_the_lists_themselves(self):
        for name, least in (("shaders", 2000), ("programs", 150)):
            rows = piglit.expectations((REPO / f"tests/piglit/{name}.txt").read_text())
            self.assertGreater(len(rows), least)
            self.assertLessEqual({result for result, _ in rows.values()},
                                 {"pass", "fail", "warn", "skip", "crash", "timeout", "fault", "unknown", "long"})
            self.assertNotIn("unexplained", [reason for _, reason in rows.values()])

    def test_a_list_written_is_the_list_read(self):
        rows = {f"spec/a/fs-op-{kind}-{i}": ("pass", "") for kind in ("add", "sub") for i in range(200)}
        rows |= {"spec/a/x": ("fail", "why: so"), "spec/a/one-{two": ("pass", ""), "spec/b/y": ("pass", "")}
        written = merge.text(["# head"], rows)
        self.assertEqual(piglit.expectations(written), rows)
        self.assertLessEqual(max(map(len, written.splitlines())), 120)

    def test_reasons_of_skips(self):
        for said, why in (("Test requires GL_ARB_x\n", "asks for GL_ARB_x, which panfrost does not offer"),
                          ("Test requires GL version 3.2\n", "asks for OpenGL 3.2: panfrost offers 3.1"),
                          ("Test requires GL_MAX_A >= 16, driver reports 8", "asks for GL_MAX_A of 16: panfrost has 8"),
                          ("nothing", "unexplained")):
            self.assertEqual(merge.reason("skip", said), why)
        self.assertEqual(merge.reason("fail", "Test requires GL_ARB_x\n"), "unexplained")

    def test_reasons_by_name(self):
        for result, name, why in (("fail", "spec/!opengl_1.0/gl-1.0-edgeflag", "polygon mode"),
                                  ("skip", "spec/ext_framebuffer_multisample/blit-flipped_16_x", "asks for more samples"),
                                  ("skip", "spec/ext_framebuffer_multisample/blit-flipped_4_x", "unexplained"),
                                  ("crash", "spec/!opengl_1.0/gl-1.0-edgeflag", "unexplained"),
                                  ("pass", "spec/!opengl_1.0/gl-1.0-edgeflag", "")):
            self.assertIn(why, merge.reason(result, "", name))

    def test_counts_in_the_head(self):
        rows = {"a/b": ("pass", ""), "a/c": ("skip", "x"), "a/d": ("fail", "x"), "a/e": ("unknown", "x"),
                "a/f": ("long", "x")}
        for head in ("# Counts: 1 of 9 ran.", "# Counts: 3 of 9 ran to their end: 7 pass, and more"):
            self.assertEqual(merge.counted(["# What", head], rows), [
                "# What", "# Counts: 3 of 9 ran to their end: 1 pass, 1 skip, 1 neither; 1 ran without a result to expect, 1 take "
                "too long."])

    def test_outcomes(self):
        seen = piglit.outcomes(OUTPUT)
        self.assertEqual(seen["spec/a/one"][0], "pass")
        self.assertEqual(seen["spec/a/four"], ("fail", "  Probe color at (1,2)\n"))
        self.assertEqual(seen["spec/b/one"][0], "skip")
        self.assertEqual(seen["spec/c/program_(fs,_arb)"][0], "pass")

    def test_programs(self):
        found = programs(ElementTree.fromstring(TABLE), ["GL_ARB_copy_image"])
        self.assertEqual([(program.name, program.command) for program in found], [
            ("spec/arb_copy_image/max_size._(a)", ("a-b", "fs")), ("spec/glsl-1.40/const", ("e", "tests/spec/f"))])
        self.assertEqual(found[0].line, "spec/arb_copy_image/max_size._(a)\ta-b\tfs\t-auto\t-fbo\n")
        self.assertEqual(Program("spec/egl_1.4/a", ("egl-a", "gl")).line, "spec/egl_1.4/a\tegl-a\tgl\t-auto\n")

    def test_what_is_missing(self):
        for folder, lacks in (("glx", "glx"), ("shaders", ""), ("spec@!opengl 3.1", ""), ("spec@!opengl 3.2", "!opengl 3.2"),
                              ("spec@!opengl es 1.1", "!opengl es 1.1"), ("spec@glsl-1.50", "glsl-1.50"),
                              ("spec@glsl-es-3.10", ""), ("spec@egl 1.4", ""), ("spec@arb_x", "GL_arb_x"),
                              ("spec@arb_sync", ""), ("spec@khr_texture_compression_astc", "")):
            have = ["GL_ARB_sync", "GL_KHR_texture_compression_astc_ldr"]
            self.assertEqual(missing(folder.split("@"), have), lacks, folder)


class Judgement(unittest.TestCase):
    """What a run says of a program, by what its list expects."""

    @staticmethod
    def judge(expected, got):
        class Run:
            stdout = f"  what it said\n@@piglit {got} a/b 1.2\n".encode()

        class Scenario:
            @staticmethod
            def check(name, ok, detail=""):
                return piglit.Result(name, "pass" if ok else "fail", detail)

        result, = piglit.judge(Scenario, Run, ["a/b"], {"a/b": (expected, "why")} if expected else {})
        return result.status

    def test_as_expected(self):
        self.assertEqual(self.judge("pass", "pass"), "pass")
        self.assertEqual(self.judge("fail", "fail"), "pass")
        self.assertEqual(self.judge("crash", "crash"), "pass")

    def test_other_than_expected(self):
        self.assertEqual(self.judge("pass", "fault"), "fail")
        self.assertEqual(self.judge("fail", "pass"), "fail")
        self.assertEqual(self.judge("", "fail"), "fail")

    def test_unknown(self):
        self.assertEqual(self.judge("unknown", "pass"), "skip")
        self.assertEqual(self.judge("unknown", "fail"), "skip")
        for worst in ("crash", "timeout", "fault"):
            self.assertEqual(self.judge("unknown", worst), "fail")


class Shards(unittest.TestCase):
    def test_argument(self):
        self.assertEqual(shard("2/8"), (2, 8))
        for bad in ("0/4", "5/4", "2", "a/b", "1/0", "-1/2"):
            with self.assertRaises(argparse.ArgumentTypeError):
                shard(bad)

    def test_parts_are_all_and_apart(self):
        tests = [("shader_runner", f"spec/{i}") for i in range(100)]
        parts = [piglit.selected(tests, (i, 7), {}) for i in range(1, 8)]
        self.assertEqual(sorted(sum(parts, [])), sorted(tests))

    def test_long_ones_only_by_name(self):
        tests = [("p", "a/b"), ("p", "a/c"), ("p", "a/d")]
        want = {"a/b": ("long", "why"), "a/c": ("pass", "")}
        with mock.patch.dict(os.environ):
            os.environ.pop("GARM_PIGLIT", None)
            self.assertEqual(piglit.apart(tests, want), (tests[1:], ["a/b"]))
            os.environ["GARM_PIGLIT"] = "a/*"
            self.assertEqual(piglit.apart(tests, want), (tests, []))

    def test_sample(self):
        tests = [("shader_runner", f"spec/{i:04}") for i in range(5000)]
        known = {f"spec/{i:04}": ("pass", "") for i in range(0, 5000, 2)}
        sample = piglit.selected(tests, None, known)
        self.assertTrue(100 <= len(sample) <= 130)
        self.assertTrue({name for _, name in sample} <= set(known))


if __name__ == "__main__":
    unittest.main()
