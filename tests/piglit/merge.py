#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Adds results of run.sh or piglit_run to a list: merge.py LIST OUTPUT... > NEW.

What a test that skips says it asks for is its reason. Another result that the list does not explain yet gets the reason
"unexplained", which is for a person to replace. Names that begin alike are written as "BEGINNING{END,END}". Called by
hand; tests/boot/piglit.py reads the lists.
"""

import collections
import itertools
import re
import sys
import textwrap
from pathlib import Path

WIDTH = 120
# The line of a list's head that is written anew; how many tests there are is a person's to say.
COUNTS = r"^(# Counts: )\d+ of (\d+) .*"
# What tests say before they skip, and what that means; the first that matches counts.
SKIPS = (
    (r"Test requires (GL_\w+) >= (\d+), driver reports (\d+)", r"asks for \1 of \2: panfrost has \3"),
    (r"Test requires GL version ([\d.]+)", r"asks for OpenGL \1: panfrost offers 3.1"),
    (r"Failed to create waffle_context for OpenGL ES 1\.", "asks for OpenGL ES 1: Debian builds Mesa without it"),
    (r"Failed to create waffle_context for (OpenGL(?: ES)? \d\.\d(?: \w+)?) Context",
     r"asks for \1: panfrost offers 3.1"),
    (r"Sample count of (\d+) not supported", r"asks for \1 samples: panfrost has 4"),
    (r"combination is unsupported|Framebuffer not complete|FBO incomplete",
     "asks for a framebuffer of formats that panfrost refuses together"),
    (r"couldn't open display", "asks for an X11 display"),
    (r"Unknown option: -fbo", "asks for a window"),
    (r"[Rr]equires ((?:GL|EGL)_\w+)", r"asks for \1, which panfrost does not offer"),
    (r"FBO mode doesn't support multisampling", "asks for a window with several samples"),
    (r"accum buffers do not exist on EGL", "asks for an accumulation buffer, which EGL does not have"),
    (r"GLSL (\d\.\d+) not supported", r"asks for GLSL \1: panfrost offers 1.40"),
    (r"Test requires ES < 30", "looks for what GLES 3.0 added, where only GLES 2.0 is offered"),
    (r"only one possible sample count", "asks for several counts of samples: panfrost has 4 only"),
    (r"Failed to initialize default display|failed to connect to \w+ display",
     "asks for the display of a window system"),
    (r'Function "(\w+)" not supported', r"asks for \1(), which panfrost does not offer"),
    (r"doesn't appear to have real limits", "looks for a limit that Mesa does not have"),
    (r"ARB_internalformat_query is supported", "has nothing to test where GL_ARB_internalformat_query is offered"),
)
# The same of tests that fail.
FAILS = ((r"EGL_NOT_INITIALIZED|eglInitialize\(\) failed", "asks for the display of a window system"),)

# Why programs do not pass, where their output does not tell: results, names, reason; the first that matches counts.
KNOWN = (
    ("crash", r"ppgtt_memory_alignment|fbo-blit-check-limits|swapbuffers-behavior|drawbuffer-modes|"
              r"front-invalidate-back|fbo-sys-(sub-)?blit|gl30basic|masked-clear|read-front|clear-accum",
     "asks for a window that is shown: without one piglit ends itself"),
    ("fail", r"fbo-blit-stretch|default-framebuffer$|fbo-scissor-blit_window|front-buffer-distraction",
     "asks for a window: without one framebuffer 0 has no pixels"),
    ("fail", r"no-op-paths|polygon-stipple|opengl_2.1/pbo$", "Mesa's list has it: polygon stipple"),
    ("fail", r"eglterminate_then_unbind|egl_ext_device_query/conf|egl_khr_get_all_proc_addresses/conf|"
             r"egl-context-priority|glsl-bug-110796",
     "asks for the display of a window system"),
    ("fail", r"linestipple|line-smooth-stipple", "Mesa's list has it: line stipple"),
    ("fail", r"opengl_1.1/polygon-mode|shaders/point-vertex-id|arb_point_sprite-mipmap",
     "Mesa's list has it: polygon mode"),
    ("fail", r"arb_texture_float/(fbo-.*|arb_texture_float-texture-float)-formats|getteximage-formats|"
             r"multisample-formats_._gl_arb_texture_float",
     "Mesa 25.0.7's table has GL_INTENSITY16F as RG16F, twice as wide as the texel; passes with 26.1.6"),
    ("fail", r"miptree-gles_srgb-fp|miptree-gl_srgb-fp", "Mesa's list has it: sRGB ASTC decoded to more than 8 bits"),
    ("fail", r"edgeflag", "Mesa's list has it: panfrost does not look at the polygon mode (fill_front), the polygon is filled"),
    ("fail", r"immediate-reuse-index-buffer|order_elements",
     "Mesa captures vertices in memory's order, without the indices (csf_launch_xfb() in pan_csf.c); its list has it"),
    ("fail warn", r"primitive-restart-xfb|transform-feedback-uniform-buffer|"
                  r"transform_feedback.*/(position-|tessellation_|draw-auto|interleaved|separate-attr|"
                  r"intervening-read_(out|prims)|max-varyings|change-size|overflow-edge|query-primitives_written)",
     "Mesa writes what is captured once per vertex, not per vertex of each assembled primitive; Mesa's list has it"),
    ("skip", r"sampl.*[_/=](6|8|16|32)(_|$)", "asks for more samples than the 4 that panfrost has"),
    ("fail", r"fbo-blending-format", "Mesa 25.0.7 blends wrongly into targets of alpha, luminance or intensity; passes with 26.1.6"),
    ("skip", r"egl_khr_fence_sync_android|egl_khr_(fence|wait)_sync/conformance", "asks for the display of a window system"),
    ("fail", r"query-rgba-signed-components", "Mesa 25.0.7 calls GL_LUMINANCE8_SNORM signed; passes with 26.1.6"),
    ("warn", r"blit-scaled_samples", "the test only warns: the filter is Mesa's choice, which resolves before it scales"),
    ("skip", r"arb_internalformat_query/(minmax|misc)",
     "has nothing to test where GL_ARB_internalformat_query2 is offered"),
    ("fail", r"fbo-blending-snorm", "Mesa 25.0.7 cuts off factors above 1 where a target is snorm; passes with 26.1.6"),
    ("fail", r"intel_blackhole-draw",
     "Mesa does not submit a job without effect, but gives out its fence: EINVAL for whoever waits for it "
     "(csf_submit_gsubmit() in pan_csf.c); its list has it"),
    ("fail", r"gl-1.0-user-clip-all-planes",
     "Mesa's list has it: four planes go through pixels' centres, where the exact distance is 0; the test counts on fill rules"),
    ("fail", r"egl-ext_egl_image_storage",
     "exports a texture that Mesa has put into memory of one address space; panthor's interface refuses that (EINVAL); "
     "Mesa's list has it"),
    ("crash", r"refcount-multithread", "Mesa's list has it"),
    ("skip", r"rgba-mipmap-texture-with-rgb-visual", "asks for a window without alpha"),
    ("skip", r"tex-miplevel-selection_gpu4", "is for drivers whose GLSL ends at 1.20"),
    ("skip", r"texture_storage_(multisample|compression)/tex-storage", "always: it ends so, when its subtests passed"),
    ("skip", r"reimport-bug",
     "asks for a buffer one pixel wide; where the driver is not Intel's piglit makes those of an even width only"),
    ("fail", r"builtin-varyings_gl_clipdistance$",
     "Mesa takes each captured gl_ClipDistance[I] for a vec4; its list has it"),
    ("fail", r"tex-miplevel-selection_.*grad",
     "Mesa's list has it: Mesa has TEX_GRADIENT leave out the sampler's bias (lod_bias_disable), and nothing adds it later"),
    ("fail", r"texgradcube", "Mesa's list has it: explicit derivatives of a cube's coordinates"),
    ("skip", r"vp-address-0[24]", "asks for two address registers: Mesa has one"),
    ("skip", r"egl_ext_surface_compression", "asks for compression of a fixed rate, which the G610 does not have"),
)


def factor(names):
    """Words for sorted names: three or more that are alike up to the last common "-" but one become one."""
    words = []
    for beginning, group in itertools.groupby(names, key=lambda name: "".join(re.findall(r"[^-]*-", name)[:3])):
        group = list(group)
        plain = not beginning or len(group) < 3 or any(set("{},") & set(name) for name in group)
        words += group if plain else [beginning + "{" + ",".join(name[len(beginning):] for name in group) + "}"]
    return words


def wrapped(words):
    """Lines of a folder; a long brace is cut at commas into several words."""
    pieces = []
    for word in words:
        match = re.fullmatch(r"(.*?)\{(.*)\}", word)
        if not match or len(word) <= WIDTH:
            pieces.append(word)
            continue
        ends = textwrap.wrap(match.group(2).replace(",", " "), WIDTH - len(match.group(1)) - 2,
                             break_long_words=False, break_on_hyphens=False)
        pieces += [match.group(1) + "{" + line.replace(" ", ",") + "}" for line in ends]
    return textwrap.wrap(" ".join(pieces), WIDTH, break_long_words=False, break_on_hyphens=False)


def reason(result, output, name=""):
    """Why a test said so, as far as its output and what is known of its kind tell."""
    if result == "pass":
        return ""
    for results, names, meaning in KNOWN:
        if result in results.split() and re.search(names, name):
            return meaning
    for said, meaning in {"skip": SKIPS, "fail": FAILS}.get(result, ()):
        match = re.search(said, output)
        if match:
            return match.expand(meaning)
    return "unexplained"


def text(head, rows):
    """The list: its head, then folders. rows: name -> (result, reason)."""
    lines = list(head)
    for folder, names in itertools.groupby(sorted(rows, key=lambda name: name.rsplit("/", 1)),
                                           key=lambda name: name.rsplit("/", 1)[0]):
        names = list(names)
        lines.append(f"[{folder}]")
        lines += wrapped(factor([name.rsplit("/", 1)[1] for name in names if rows[name][0] == "pass"]))
        lines += [f"! {rows[name][0]} {name.rsplit('/', 1)[1]}: {rows[name][1]}"
                  for name in names if rows[name][0] != "pass"]
    return "\n".join(lines) + "\n"


def counted(head, rows):
    """The head with the counts of the rows in its line COUNTS, where it has one."""
    results = collections.Counter(result for result, _ in rows.values())
    ended = len(rows) - results["unknown"] - results["long"]
    now = (f"{ended} of {{}} ran to their end: {results['pass']} pass, {results['skip']} skip, "
           f"{ended - results['pass'] - results['skip']} neither; {results['unknown']} ran without a result to expect, "
           f"{results['long']} take too long")
    return [re.sub(COUNTS, lambda line: f"{line.group(1)}{now.format(line.group(2))}.", line) for line in head]


def main():
    """See the head."""
    here = Path(__file__).parent
    sys.path[:0] = [str(here.parent / "boot"), str(here.parents[1] / "scripts")]
    import piglit   # noqa: PLC0415 tests/boot/piglit.py

    old = Path(sys.argv[1]).read_text()
    rows = piglit.expectations(old)
    for path in sys.argv[2:]:
        for name, (result, output) in piglit.outcomes(Path(path).read_text(errors="replace")).items():
            if rows.get(name, ("", ""))[0] != result or rows[name][1] == "unexplained":
                rows[name] = (result, reason(result, output, name))
    head = [line for line in old.splitlines() if line.startswith("#")]
    sys.stdout.write(text(counted(head, rows), rows))


if __name__ == "__main__":
    main()
