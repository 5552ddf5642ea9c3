"""Tests that need no guest kernel: unit, device (qtest), tsan, fuzz, the scripts' own, and rules on the source."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from .. import mesadisasm, profile
from ..errors import GarmError
from . import parse
from .context import Context
from .model import FAIL, PASS, SKIP, Case, Result

TIMEOUT = 300
FUZZ_RUNS = {"fuzz_mmio": 4000, "fuzz_fwif": 1500, "fuzz_snapshot": 3000}
FUZZ_DEFAULT_RUNS = 20000
TSAN = ("gfx_threads_test", "gpu_thread_test", "mcu_compute_test", "mmu_test", "pipeline_threads_test", "trace_test")


def cases(context: Context) -> Iterator[Case]:
    """All host cases, quick ones first. Their programs are built before the first runs, so they may run side by side,
    but for those that build something."""
    repo = context.env.repo
    beside = partial(Case, beside=True)
    yield beside("source/rules", partial(rules, context), "what every file must obey", tags=("quick",))
    yield beside("scripts/python", partial(python_tests, context), "unit tests of the scripts", tags=("quick",))
    yield beside("scripts/profile", partial(profiled, context), "a profile of a kept capture names rooms and a shader",
                 tags=("quick",))
    for name in programs(repo / "tests/unit"):
        yield beside(f"unit/{name}", partial(tap_program, context, f"tests/unit/{name}"),
                     first_line(repo / f"tests/unit/{name}.c"), tags=("quick",))
    for name in programs(repo / "tests/device"):
        yield beside(f"device/{name}", partial(device_program, context, name),
                     first_line(repo / f"tests/device/{name}.c"), tags=("quick",))
    for name in TSAN:
        yield beside(f"tsan/{name}", partial(tsan, context, name), first_line(repo / f"tests/unit/{name}.c"))
    for path in sorted((repo / "tests/fuzz").glob("fuzz_*.c")):
        yield beside(f"fuzz/{path.stem}", partial(fuzz, context, path.stem), first_line(path))
    yield Case("isa/mesa-disassembler", partial(mesa_disassembler, context),
               "our disassembly of random words of every instruction against Mesa's")


def programs(folder: Path) -> list[str]:
    """Test programs of a folder: its *_test.c files."""
    return sorted(path.stem for path in folder.glob("*_test.c"))


def first_line(path: Path) -> str:
    """What a C file says it is."""
    for line in path.read_text().splitlines()[1:4]:
        text = line.strip(" *")
        if text:
            return text
    return ""


def outcome(process: subprocess.CompletedProcess) -> str:
    """Both streams of a program, for parsing and for failures."""
    return process.stdout + process.stderr


def tap_program(context: Context, program: str, env: dict[str, str] | None = None) -> Iterable[Result]:
    """Run a native TAP program inside the build root."""
    process = context.program(program, TIMEOUT, env)
    yield from parse.tap(outcome(process), process.returncode, program)


def device_program(context: Context, name: str) -> Iterable[Result]:
    """A qtest program: it starts QEMU itself."""
    yield from tap_program(context, f"tests/device/{name}", {"GARM_QEMU": context.qemu_in_root()})


def tsan(context: Context, name: str) -> Iterable[Result]:
    """A unit test built with ThreadSanitizer, whose reports end in a status of their own."""
    process = context.program(f"tests/tsan/{name}", TIMEOUT, target="tsan")
    yield from parse.tap(outcome(process), process.returncode, name)


def mesa_disassembler(context: Context) -> Iterable[Result]:
    """Compare texts word by word, also of captured shaders. Mesa's disassembler is built from Debian's source package;
    offline and without it the test is skipped."""
    try:
        mesa = mesadisasm.program(context.env, context.root)
    except GarmError as error:
        yield Result("text", SKIP if context.env.offline else FAIL, f"Mesa's disassembler is not there: {error}")
        return
    words = context.program("tests/unit/valhall_words", TIMEOUT, args=["/garm/tests/unit/cases/valhall_shaders.txt"])
    ours = [line.split("  ", 1) for line in words.stdout.splitlines()]
    kept = captured_words(context)
    yield Result("captured shaders", PASS if len(kept) > 4000 else FAIL,
                 f"expected more than 4000 words, got {len(kept)}")
    ours += kept
    argv = context.root.argv([context.root.inside(mesa)])
    theirs = subprocess.run(argv, input="\n".join(word for word, _ in ours), text=True, errors="replace",
                            capture_output=True, timeout=TIMEOUT, check=False).stdout.splitlines()
    wrong = [f"{word}: ours {text!r}, Mesa's {other!r}" for (word, text), other in zip(ours, theirs, strict=False)
             if plain(text) != plain(other) and not mesa_cannot(text)]
    if words.returncode or len(ours) < 250 * 10 or len(theirs) != len(ours):
        wrong.append(f"{len(ours)} words of ours, {len(theirs)} of Mesa's {words.stderr}")
    yield Result("text", FAIL if wrong else PASS, "\n".join(wrong[:10]))


def captured_words(context: Context) -> list[list[str]]:
    """(word, our text) of all programs in tests/unit/captures: what Mesa compiled in guests, for compute and draws."""
    files = sorted(path.name for path in (context.env.repo / "tests/unit/captures").glob("*.garmcap"))
    printed = "".join(context.program("hw/tools/mali-replay", TIMEOUT,
                                      args=["--disasm", f"/garm/tests/unit/captures/{name}"]).stdout for name in files)
    return [list(row) for row in re.findall(r"^ +[0-9a-f]+:  ([0-9a-f]{16})  (.+)$", printed, re.MULTILINE)]


def plain(text: str) -> str:
    """Without superfluous blanks."""
    return " ".join(text.split())


def mesa_cannot(text: str) -> bool:
    """Where Mesa 25.0's disassembler says nothing usable: LD_CVT, which Mesa 26 is the first to emit, the flags of
    gradients, which it has no names for, and special values in floating-point operands, for which it reads behind its
    table of constants."""
    special = r"(blend_descriptor_\d|\w+_pointer|framebuffer_size|program_counter|atest_datum|sample|lane_id|core_id" \
              r"|warp_id)\.w[01]"
    floats = re.search(special, text) and re.match(r"F|V2F|LDEXP|CSEL\.|DISC|CUBE", text)
    return text.startswith("LD_CVT") or "_GRADIENT" in text.split(".", 1)[0] or bool(floats)


def fuzz(context: Context, name: str) -> Iterable[Result]:
    """A bounded run of a fuzz target over its corpus and on: the same runs for the same build, as far as it has no
    threads. So no randomised addresses, and no values of comparisons, of which some are addresses; what is found beyond
    that is found by hand (tests/fuzz/README.md)."""
    runs = FUZZ_RUNS.get(name, FUZZ_DEFAULT_RUNS)
    corpus = f"/garm/tests/fuzz/corpus/{name.removeprefix('fuzz_')}"
    process = context.program(f"tests/fuzz/{name}", TIMEOUT, target="fuzz", under=("setarch", "-R"),
                              args=[f"-runs={runs}", "-seed=1", "-use_cmp=0", "-max_total_time=20",
                                    "-artifact_prefix=/tmp/", "/tmp", corpus])
    text = outcome(process)
    yield Result(f"{runs} runs", PASS if process.returncode == 0 else FAIL, "\n".join(text.splitlines()[-60:]))


def profiled(context: Context) -> Iterable[Result]:
    """What scripts/bench --profile does, with a capture that is kept."""
    tool = "hw/tools/mali-replay"
    process = context.program(tool, TIMEOUT, args=["--bench", "600", "--profile", "/dev/stdout",
                                                   "/garm/tests/unit/captures/vk_matmul_fp32.garmcap"])
    samples, _ = profile.samples_of(process.stdout[process.stdout.find("# samples"):])
    frames = profile.named(context.setup, context.project.path("native") / tool, samples)
    stacks = profile.stacks_of(samples, frames)
    for room in ("valhall", "pipeline"):
        inside = sum(any(frame.room == room for frame in stack) for stack in stacks)
        yield Result(f"samples in {room}", PASS if inside > len(stacks) / 2 else FAIL,
                     f"expected more than half, got {inside} of {len(stacks)}")
    shaders = {sample.shader for sample in samples if sample.shader}
    yield Result("one shader", PASS if len(shaders) == 1 else FAIL, f"expected one, got {sorted(shaders)}")


def python_tests(context: Context) -> Iterable[Result]:
    """tests/scripts with unittest, one result per test."""
    process = subprocess.run([sys.executable, "-m", "unittest", "discover", "-v", "tests/scripts"], text=True,
                             cwd=context.env.repo, capture_output=True, timeout=TIMEOUT, check=False)
    rows = re.findall(r"^(\w+) \(([\w.]+)\).*? \.\.\. (ok|FAIL|ERROR|skipped.*)$", process.stderr,
                      re.MULTILINE | re.DOTALL)
    for name, where, word in rows:
        state = PASS if word == "ok" else SKIP if word.startswith("skipped") else FAIL
        yield Result(f"{where.split('.')[0]} {name}", state, process.stderr if state == FAIL else word)
    if not rows or process.returncode:
        yield Result("unittest", FAIL, process.stderr[-4000:])


# ---- rules ---------------------------------------------------------------------------------------

def sources(repo: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Files of the project that git knows or would add."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=repo, text=True,
                            capture_output=True, check=True).stdout
    for line in listed.splitlines():
        if line.endswith(suffixes) and (repo / line).is_file():
            yield repo / line


def rules(context: Context) -> Iterator[Result]:
    """Rules that a reader would otherwise have to check by hand."""
    repo = context.env.repo
    yield listing("no QEMU header outside hw/qemu", qemu_headers(repo))
    yield listing("no QEMU symbol in the core, and mali_gpu_new is there", core_symbols(context))
    yield listing("no file above 1200 lines", long_files(repo))
    yield listing("every folder of code has a README", missing_readmes(repo))
    yield listing("README names exist", dead_links(repo))


def listing(name: str, offences: Iterable[str]) -> Result:
    """A rule's result: the list of what breaks it."""
    found = list(offences)
    return Result(name, FAIL if found else PASS, "\n".join(["expected none, got:", *found]) if found else "")


def qemu_headers(repo: Path) -> Iterator[str]:
    """Core files that include QEMU's headers."""
    for path in sources(repo, (".c", ".h")):
        relative = path.relative_to(repo).as_posix()
        if relative.startswith("hw/") and not relative.startswith("hw/qemu/"):
            for line in path.read_text().splitlines():
                if re.match(r'#include "(qemu|hw|exec|system|migration|qapi|qom)/', line):
                    yield f"{relative}: {line}"


def core_symbols(context: Context) -> Iterator[str]:
    """Undefined symbols of the core that only QEMU could give; the required one keeps the check honest."""
    text = context.in_root(["nm", "-g", "libmali.a"]).stdout
    if not re.search(r" T mali_gpu_new$", text, re.MULTILINE):
        yield "libmali.a does not define mali_gpu_new"
    yield from re.findall(r" U ((?:qemu|memory_region|error_set|object|qdev|bql|g)_\w+)", text)


def long_files(repo: Path) -> Iterator[str]:
    """Hand-written sources that should have been split."""
    for path in sources(repo, (".c", ".h", ".py", ".def")):
        count = len(path.read_text().splitlines())
        if count > 1200:
            yield f"{path.relative_to(repo)}: {count} lines"


def missing_readmes(repo: Path) -> Iterator[str]:
    """Folders of the first two levels with code and without a README."""
    for path in sources(repo, (".c", ".py")):
        folder = path.parent
        while folder != repo:
            if len(folder.relative_to(repo).parts) <= 2 and not (folder / "README.md").exists():
                if not (folder.parent / "README.md").exists() or len(folder.relative_to(repo).parts) == 1:
                    yield str(folder.relative_to(repo))
                break
            folder = folder.parent


def dead_links(repo: Path) -> Iterator[str]:
    """Relative links in README files that lead nowhere."""
    for path in sources(repo, (".md",)):
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", path.read_text()):
            if not (path.parent / target).exists():
                yield f"{path.relative_to(repo)}: {target}"
