"""Graphics figures: frames of gles_rate on the emulated GPU and on llvmpipe in one guest, and the pipeline in isolation,
through mali-replay on a capture of the same frames. Called by bench.py."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .boot import Guest
from .errors import GarmError
from .figure import Figure
from .options import Options
from .qemu import host_command
from .setup import Setup

MESA = ("mesa-vulkan-drivers", "mesa-utils", "libgl1-mesa-dri", "libegl-mesa0", "libegl1", "libgles2")
SIZE, LAYERS, SQUARES = 512, 8, 96      # of tests/guest/gles/gles_rate.c
SCENES = ("fill", "blend", "bilinear", "trilinear", "astc", "compute", "triangles")
NAMES = {
    "fill": "fill rate", "blend": "fill rate, blended", "bilinear": "textured fill rate, bilinear",
    "trilinear": "textured fill rate, trilinear", "astc": "textured fill rate, ASTC 4x4, bilinear",
    "compute": "fill rate, 24 rounds of a loop a pixel", "triangles": "triangle rate, with depth and lighting",
}
RUNS = 5
GUEST_LIMIT = 3.0       # times llvmpipe's frames; issue 5
SCALING = 0.8           # of the ideal; issue 7


@dataclass
class Frame:
    """The jobs of one frame in a capture: numbers of its tiling jobs, and of its fragment job."""

    tiling: list[int]
    fragment: int


def frames_of(listing: str) -> list[Frame]:
    """Frames in what mali-replay --jobs prints: fragment jobs of the whole target, with the tiling jobs before them."""
    frames: list[Frame] = []
    tiling: list[int] = []
    job = 0
    for line in listing.splitlines():
        head = re.match(r"job (\d+): (RUN_\w+)", line)
        area = re.match(r"    pixels 0,0 to (\d+),(\d+)$", line)
        if head:
            job = int(head[1])
            if head[2] == "RUN_IDVS":
                tiling.append(job)
        elif area:
            if area.groups() == (str(SIZE - 1), str(SIZE - 1)):
                frames.append(Frame(tiling, job))
            tiling = []
    return frames


def times_of(printed: str) -> dict[int, float]:
    """Milliseconds of each job, the median, in what mali-replay --bench prints."""
    return {int(m[1]): float(m[2]) for m in re.finditer(r"^job (\d+): .* median ([\d.]+) ms$", printed, re.M)}


def replay(setup: Setup, capture: Path, *arguments: str) -> str:
    """What mali-replay prints."""
    tool = setup.project.path("native") / "hw/tools/mali-replay"
    done = subprocess.run([*host_command(setup.root, tool), *arguments, str(capture)], text=True, capture_output=True,
                          check=False, timeout=1200)
    if done.returncode:
        raise GarmError(f"bench: mali-replay failed: {done.stderr or done.stdout}")
    return done.stdout


def rows_of(frames: list[Frame], one: dict[int, float], many: dict[int, float], threads: int) -> list[Figure]:
    """Rates on one thread, and how they grow with all of them. The frames are those of SCENES."""
    if len(frames) != len(SCENES):
        raise GarmError(f"bench: the capture has {len(frames)} frames, not {len(SCENES)}")
    rows = []
    for scene, frame in zip(SCENES, frames):
        jobs = [frame.fragment, *(frame.tiling if scene == "triangles" else [])]
        alone, together = (sum(times[job] for job in jobs) for times in (one, many))
        amount, unit = (2 * SQUARES**2, "M/s") if scene == "triangles" else (LAYERS * SIZE**2, "Mpixel/s")
        rows.append(Figure(f"{NAMES[scene]}, one thread", amount / alone / 1000, unit, note=f"{alone:.1f} ms"))
        if threads > 1:
            share = alone / together / threads
            limit = (f">= {SCALING}", share >= SCALING) if scene in ("fill", "compute") else ("", None)
            rows.append(Figure(f"{NAMES[scene]}, {threads} threads: efficiency", share, "x", *limit))
    return rows


def record(setup: Setup, capture: Path) -> None:
    """One frame of each of SCENES, drawn in a guest, as a capture."""
    run = Guest(setup, Options(packages=MESA, gpu=[f"capture={capture}"])).run("gles_rate --frames 1", 900)
    if run.status:
        raise GarmError(f"bench: gles_rate failed\n{run.explain()}")


def rates(setup: Setup) -> list[Figure]:
    """The pipeline in isolation: a guest draws each scene once and is captured, mali-replay repeats it."""
    threads = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="garm-bench-") as folder:
        capture = Path(folder) / "rates"
        record(setup, capture)
        frames = frames_of(replay(setup, capture, "--jobs"))
        one = times_of(replay(setup, capture, "--bench", str(RUNS)))
        many = times_of(replay(setup, capture, "--bench", str(RUNS), "--threads", str(threads)))
    return rows_of(frames, one, many, threads)


def seconds_of(printed: str) -> dict[tuple[str, str], float]:
    """Seconds of a frame by scene and renderer, in what gles_rate prints."""
    lines = (json.loads(line) for line in printed.splitlines() if line.startswith("{"))
    return {(line["scene"], line["renderer"]): line["s"] for line in lines}


def guest(setup: Setup) -> list[Figure]:
    """Frames a second on the emulated GPU against llvmpipe in the same guest."""
    run = Guest(setup, Options(packages=MESA)).run("gles_rate && gles_rate --software", 1800)
    if run.status:
        raise GarmError(f"bench: gles_rate failed\n{run.explain()}")
    times = seconds_of(run.stdout.decode())
    rows = []
    for scene in SCENES:
        mali, software = times[scene, "mali"], times[scene, "llvmpipe"]
        rows.append(Figure(f"GLES {scene}: frames a second against llvmpipe in the guest", software / mali, "x",
                           f">= {GUEST_LIMIT}", software / mali >= GUEST_LIMIT,
                           f"{1 / mali:.1f} against {1 / software:.2f} frames a second"))
    return [*rows, Figure("geometric mean of these", statistics.geometric_mean(row.value for row in rows), "x")]
