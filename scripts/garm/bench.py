"""The figures of scripts/bench: ratios within one run, each with its limit. Called by scripts/bench."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from . import benchdriver, benchgraphics, benchrecovery, benchscreen, footprint, lavapipe, profile, recovery
from .boot import Guest
from .env import Env, default_cache
from .errors import GarmError
from .figure import Figure
from .inject import catalogue
from .options import Options
from .setup import Setup

BOOTS = 3
MESA = ("mesa-vulkan-drivers", "vulkan-tools", "mesa-utils", "libgl1-mesa-dri", "libegl-mesa0", "libegl1", "libgles2")
MOV_JOBS = 4000
MOV_BATCH = 100


def machine() -> str:
    """Where the figures come from."""
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} x {model}, Linux {platform.release()}"


def boot_seconds(setup: Setup, options: Options, command: str) -> float:
    """QEMU's start to its end: the median of a few runs after one that warms the caches."""
    seconds = []
    for _ in range(BOOTS + 1):
        run = Guest(setup, options).run(command, 120)
        if run.status:
            raise GarmError(f"bench: the guest failed\n{run.explain()}")
        seconds.append(run.seconds)
    return statistics.median(seconds[1:])


def boots(setup: Setup) -> list[Figure]:
    """The MOV job's boot against the same guest without GPU and driver."""
    plain = boot_seconds(setup, Options(driver="none", gpu=["none"]), "true")
    job = boot_seconds(setup, Options(), "garm-demo > /dev/null")
    return [Figure("guest without GPU, start to power-off", plain, "s"),
            Figure("guest with GPU, start to MOV job verified and power-off", job, "s"),
            Figure("the second against the first", job / plain, "x", "<= 2.0", job / plain <= 2.0)]


def native(setup: Setup, program: str, *args: str) -> dict[str, float]:
    """What a program of tests/bench prints as JSON."""
    argv = setup.root.argv([f"./tests/bench/{program}", *args], cwd=setup.root.inside(setup.project.path("native")))
    text = subprocess.run(argv, text=True, capture_output=True, check=True, timeout=300).stdout
    data: dict[str, float] = {}
    for line in text.splitlines():
        if line.startswith("{"):
            data.update(json.loads(line))
    return data


SHADERS = {
    "fma32": "fp32 FMA", "fma32_ftz": "fp32 FMA, denormals flushed", "fma16": "fp16 FMA, two a lane", "add32": "int32 add",
    "copy128": "memory copy, LOAD and STORE of 128 bits", "copy32": "memory copy, of 32 bits",
    "chase": "dependent loads, each lane its own chain in 1 MiB",
}
LANE_LIMIT = 0.4  # G lane-operations a second for fp32 FMA; issue 4


def shader(setup: Setup) -> list[Figure]:
    """The shader interpreter, without QEMU: instructions and lane-operations of one core."""
    data = native(setup, "shader_bench")
    rows = []
    for key, name in SHADERS.items():
        lanes = data[f"{key}_glane_per_s"]
        limit = (f">= {LANE_LIMIT}", lanes >= LANE_LIMIT) if key == "fma32" else ("", None)
        rows.append(Figure(f"shader loop, {name}: instructions of a warp", data[f"{key}_minstr_per_s"], "M/s"))
        rows.append(Figure(f"shader loop, {name}: lane-operations", lanes, "G/s", *limit))
    rows.append(Figure("RUN_COMPUTE of one warp that ends at once", data["launch_us"], "us"))
    return rows


JIT_CAPTURES = ("vk_matmul_fp32", "vk_matmul_fp16", "vk_matmul_shared", "vk_private", "vk_diverge", "vk_bitonic", "vk_scan",
                "gfx_mesh", "gfx_blend")
JIT_RUNS = 20
PEAK_SHARE, FIRST_LIMIT = 0.5, 1.5  # issue 7
ARRIVALS = 7


def jit(setup: Setup) -> list[Figure]:
    """Compiled shaders against interpreted ones, one thread, without QEMU; compiling itself is not in the times."""
    slow, fast = native(setup, "shader_bench"), native(setup, "shader_bench", "jit")
    rows = [Figure(f"shader loop, {name}: compiled against interpreted", fast[f"{key}_minstr_per_s"] /
                   slow[f"{key}_minstr_per_s"], "x", note=f"{fast[f'{key}_glane_per_s']:.2f} G lane-operations/s")
            for key, name in SHADERS.items()]
    if fast["peak_minstr_per_s"]:
        share = fast["fma32_minstr_per_s"] / fast["peak_minstr_per_s"]
        rows.append(Figure("shader loop, fp32 FMA: compiled against the host's own fused multiply-adds", share, "x",
                           f">= {PEAK_SHARE}", share >= PEAK_SHARE))
    rows += jit_arrives(setup)
    for name in JIT_CAPTURES:
        capture = setup.env.repo / f"tests/unit/captures/{name}.garmcap"
        times = [sum(benchgraphics.times_of(benchgraphics.replay(setup, capture, "--jit", mode, "--bench",
                                                                 str(JIT_RUNS))).values()) for mode in ("off", "now")]
        rows.append(Figure(f"kept capture {name}: compiled against interpreted", times[0] / times[1], "x",
                           note=f"{times[1]:.3f} ms against {times[0]:.3f} ms"))
    return rows


def jit_arrives(setup: Setup) -> list[Figure]:
    """Jobs whose shaders are new, and what they notice of the thread that compiles them: nothing is on disk."""
    threads = len(os.sched_getaffinity(0))
    names = [name for name in JIT_CAPTURES if name != "vk_private"]   # it has one thread's private arrays
    first: dict[str, list[float]] = {"off": [], "on": []}
    for _ in range(ARRIVALS):
        for mode, sums in first.items():
            printed = [benchgraphics.replay(setup, setup.env.repo / f"tests/unit/captures/{name}.garmcap", "--jit", mode,
                                            "--bench", "1", "--threads", str(threads)) for name in names]
            sums.append(sum(sum(benchgraphics.times_of(text).values()) for text in printed))
    slow, fast = (statistics.median(first[mode]) for mode in ("on", "off"))
    return [Figure(f"{len(names)} kept captures, new shaders, {threads} threads: compiled meanwhile against interpreted",
                   slow / fast, "x", f"<= {FIRST_LIMIT}", slow / fast <= FIRST_LIMIT, f"{slow:.2f} ms against {fast:.2f} ms")]


def core(setup: Setup) -> list[Figure]:
    """Executor and address translation, without QEMU."""
    data = native(setup, "csf_bench")
    rate = data["csf_minstr_per_s"]
    ratio = data["mmu_copy_gb_per_s"] / data["memcpy_gb_per_s"]
    return [Figure("command-stream executor, loop of adds and branches", rate, "M instr/s", ">= 150", rate >= 150),
            Figure("64 MiB copy through the GPU's translation, 4 KiB pages, against memcpy", ratio, "x", ">= 0.5",
                   ratio >= 0.5)]


HOOKS = {"csf_minstr_per_s": "loop of adds and branches", "csf_mixed_minstr_per_s": "loop with loads and stores",
         "mmu_copy_gb_per_s": "copy through the translation"}
NOISE = 0.97    # what two runs of the same build may differ by
TURNS = 16      # of the two builds, one after the other
PART = 20       # of the benchmark's usual work each time


def inject(setup: Setup) -> list[Figure]:
    """What hooks for injected faults cost while nothing is injected: against the same core, built alike, without them.

    Short runs in turn, and the best of each: what others do on the machine falls out. The first build runs twice in
    each turn; what its two runs differ by is the noise.
    """
    names = ("csf_bench_hooks", "csf_bench_bare")
    ninja = setup.root.argv(["ninja", *(f"tests/bench/{name}" for name in names)],
                            cwd=setup.root.inside(setup.project.path("native")))
    subprocess.run(ninja, check=True, stdout=subprocess.DEVNULL)
    runs = ((names[0], "hooks"), (names[1], "bare"), (names[0], "again"))
    best: dict[str, dict[str, float]] = {key: {} for _, key in runs}
    for turn in range(TURNS):
        for name, key in runs if turn % 2 else reversed(runs):
            for what, value in native(setup, name, str(PART)).items():
                best[key][what] = max(best[key].get(what, 0.0), value)
    loops = [loop_code(setup, name) for name in names]
    differ = sum(a != b for a, b in zip(*loops, strict=False)) + abs(len(loops[0]) - len(loops[1]))
    rows = [Figure(f"of the {len(loops[0])} instructions of the executor's loop differ without hooks", differ, "", "== 0",
                   differ == 0)]
    for what, text in HOOKS.items():
        ratio, same = (best[key][what] / best[other][what] for key, other in (("hooks", "bare"), ("again", "hooks")))
        least = min(NOISE, same, 1 / same)
        rows.append(Figure(f"with hooks for faults against without, {text}", ratio, "x", f">= {least:.2f}", ratio >= least,
                           f"the same build against itself: {same:.3f}"))
    return rows


def loop_code(setup: Setup, program: str) -> list[str]:
    """The machine code of the executor's loop (cs_burst() of cs_exec.c), without what only the place in memory changes."""
    argv = setup.root.argv(["objdump", "-d", "--no-show-raw-insn", f"tests/bench/{program}"],
                           cwd=setup.root.inside(setup.project.path("native")))
    text = subprocess.run(argv, text=True, capture_output=True, check=True, timeout=300).stdout
    found = re.search(r"^[0-9a-f]+ <cs_burst(?:\.[\w.]+)?>:\n((?: .*\n)+)", text, re.M)
    if not found:
        raise GarmError(f"bench: {program} has no function cs_burst")
    lines = [re.sub(r"^ *[0-9a-f]+:\s*", "", line) for line in found[1].splitlines()]
    return [re.sub(r"\b[0-9a-f]+ (<[^>]*>)", r"\1", re.sub(r"-?0x[0-9a-f]+\(%rip\).*", "(%rip)", line)) for line in lines]


def faults(setup: Setup) -> list[Figure]:
    """From each kind of injected fault to the next good job of the guilty client, in the guest's time; faults a minute."""
    everything = catalogue()
    chosen = recovery.sample(everything, 4)
    rows, medians = [], {}
    for driver in ("panthor", "garm"):
        start = time.monotonic()
        options = Options(driver=driver, kernel="stable", gpu=[recovery.GPU], qemu_args=recovery.WARP, stdin=True,
                          allow_warnings=True)
        cells = list(recovery.run(map(recovery.Strike, chosen), driver, "stable", lambda: Guest(setup, options)))  # noqa: B023
        medians[driver] = {c.fault: c.result["next_ms"] for c in cells if c.verdict == recovery.RECOVERED}
        rows.append(Figure(f"faults a minute, {driver}", 60 * len(cells) / (time.monotonic() - start), "1/min",
                           note=recovery.rates(cells)))
    for fault in chosen:
        for driver, times in medians.items():
            if fault.name in times:
                rows.append(Figure(f"{fault.name}: next job, {driver}", times[fault.name], "ms"))
    return rows


def jobs(setup: Setup) -> list[Figure]:
    """MOV jobs a second as a whole, and the share of it that is the device's."""
    rates, shares = [], []
    for _ in range(BOOTS):
        run = Guest(setup, Options(gpu=["stats=on"])).run(f"mov_bench --jobs {MOV_JOBS} --batch {MOV_BATCH}", 300)
        if run.status:
            raise GarmError(f"bench: mov_bench failed\n{run.explain()}")
        result = json.loads(run.stdout.decode().strip().splitlines()[-1])
        rates.append(result["jobs_per_s"])
        busy = next((float(line.split()[-1]) for line in run.qemu_stderr.splitlines() if "device-busy-seconds" in line),
                    None)
        if busy is not None:
            shares.append(busy / result["seconds"])
    rows = [Figure(f"MOV jobs, submit ioctl to signalled fence, batches of {MOV_BATCH}", statistics.median(rates),
                   "jobs/s")]
    if shares:
        rows.append(Figure("share of that time in which the device works", statistics.median(shares), "x",
                           note="steps of the GPU thread; the rest is the guest's kernel under TCG"))
    return rows


NATIVE = 0.7  # of lavapipe's speed natively; issue 7


def compute_rows(guest: str, native: dict[str, float], engine: str, fast: bool) -> list[Figure]:
    """What vk_bench said in the guest beside its times on this machine. @fast: the engine that the native limit is for."""
    rows, ratios, natives = [], [], []
    for line in guest.splitlines():
        if not line.startswith("{"):
            continue
        data = json.loads(line)
        name, mali, other, limit = data["case"], data["mali_s"], data["lavapipe_s"], native[data["case"]]
        ratios.append(mali / other)
        rows.append(Figure(f"{name}, {engine}: emulated GPU's time against lavapipe's in the guest", ratios[-1], "x", "<= 1.0",
                           ratios[-1] <= 1.0, f"{mali:.6f} s against {other:.6f} s"))
        natives.append(limit / mali)
        rows.append(Figure(f"{name}, {engine}: emulated GPU's speed against lavapipe's natively", natives[-1], "x",
                           f">= {NATIVE}" if fast else "", natives[-1] >= NATIVE if fast else None,
                           f"{mali:.6f} s against {limit:.6f} s"))
    if len(natives) != len(native):
        raise GarmError(f"bench: vk_bench measured {len(natives)} programs in the guest, {len(native)} natively")
    return [*rows,
            Figure(f"{engine}: geometric mean of times against lavapipe in the guest", statistics.geometric_mean(ratios), "x"),
            Figure(f"{engine}: geometric mean of speeds against lavapipe natively", statistics.geometric_mean(natives), "x")]


def compute(setup: Setup) -> list[Figure]:
    """Vulkan compute programs, a round of each, interpreted and compiled: the emulated GPU against lavapipe in the same
    guest, the peer a user would pick (times), and against lavapipe natively on this machine, the limit (speeds)."""
    native, rows = lavapipe.times(setup), []
    for engine, gpu in (("interpreted", []), ("compiled", ["jit=on"])):
        run, memory = footprint.run(setup, Options(packages=MESA, gpu=gpu), "vk_bench", 1200, "# lavapipe")
        if run.status:
            raise GarmError(f"bench: vk_bench failed\n{run.explain()}")
        rows += compute_rows(run.stdout.decode(), native, engine, engine == "compiled")
        rows.append(footprint.figure(f"compute, {engine}", memory))
    return rows


SUITES: dict[str, Callable[[Setup], list[Figure]]] = {
    "core": core, "shader": shader, "jit": jit, "boots": boots, "jobs": jobs, "compute": compute,
    "inject": inject, "faults": faults,
    "rates": benchgraphics.rates, "graphics": benchgraphics.guest,
    "screen": benchscreen.screen, "vkmark": benchscreen.vkmark,
    "driver": partial(benchdriver.drivers, kernel="backports"),
    "driver-stable": partial(benchdriver.drivers, kernel="stable"),
    "recovery": partial(benchrecovery.recovery, kernel="backports"),
    "recovery-stable": partial(benchrecovery.recovery, kernel="stable"),
}


def table(figures: list[Figure]) -> str:
    """For people."""
    rows = []
    for f in figures:
        verdict = "" if f.ok is None else "ok" if f.ok else "MISSED"
        rows.append(f"{f.name:74} {f.value:10.3f} {f.unit:10} {f.limit:8} {verdict}")
    return "\n".join(rows)


def main(argv: list[str]) -> int:
    """Entry point; exit status 1 when a figure misses its limit."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.splitlines()[0])
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)} (default: all)")
    parser.add_argument("--profile", nargs="?", const=True, metavar="CAPTURE",
                        help="no figures: where the time of a capture's jobs goes (of scenes that a guest draws first)")
    parser.add_argument("--flame", type=Path, default=Path("garm-profile.svg"), metavar="FILE",
                        help="where --profile writes its flame graph (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.add_argument("--cache", type=Path, metavar="DIR", default=default_cache())
    parser.add_argument("--offline", action="store_true")
    args = parser.parse_args(argv)
    figures: list[Figure] = []
    try:
        unknown = [name for name in args.suites if name not in SUITES]
        if unknown:
            raise GarmError(f"no such suite: {unknown[0]} (there are {', '.join(SUITES)})")
        setup = Setup(Env(args.cache, args.offline))
        setup.project.build()
        print(f"machine: {machine()}", flush=True)
        if args.profile:
            print(profile.profile(setup, None if args.profile is True else Path(args.profile), args.flame))
            return 0
        for name in args.suites or SUITES:
            rows = SUITES[name](setup)
            figures += rows
            print(table(rows), flush=True)
    except GarmError as error:
        print(f"garm: error: {error}", file=sys.stderr)
        return error.status
    text = json.dumps({"machine": machine(), "figures": [asdict(f) for f in figures]}, indent=1)
    if args.json:
        args.json.write_text(text + "\n")
    else:
        print(text)
    return 1 if any(f.ok is False for f in figures) else 0
