"""Where the time of captured jobs goes: by room of hw/, by function, by shader, and as a flame graph.

mali-replay --profile samples itself while it repeats a capture; names come from the binary's debug information.
Called by bench.py.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from .benchgraphics import record, replay
from .errors import GarmError
from .setup import Setup

RUNS = 30               # of the whole capture
ROWS = 16               # of a table
ROOM = re.compile(r"/hw/([a-z]+(?:/texture)?)/")
OUTSIDE = "libraries"
# What begins every stack, or says nothing.
DULL = {"_start", "main", "profiled", "bench", "__libc_start_main", "start_thread", "?"}
WIDTH, ROW, LEAST = 1200, 17, 0.4       # of the flame graph, in pixels; frames narrower than LEAST are left out
COLOURS = {"valhall": "#e8a33d", "pipeline": "#d9604c", "pipeline/texture": "#c04a86", "mmu": "#5b8db8", "csf": "#6aa36a",
           "tools": "#9a9a9a", OUTSIDE: "#b9b2a5"}


@dataclass(frozen=True)
class Frame:
    """A function, and where it is written: a room of hw/, or OUTSIDE."""

    name: str
    room: str


@dataclass
class Sample:
    """A stack, the innermost frame first, as mali-replay names them; the shader that ran, or an empty string."""

    shader: str
    stack: list[str]


@dataclass
class Node:
    """A frame of the flame graph: how many samples, and what it called."""

    count: int = 0
    below: dict[Frame, Node] = field(default_factory=dict)


def samples_of(text: str) -> tuple[list[Sample], int]:
    """Samples in the file of mali-replay, and how many were lost. What follows them is left alone."""
    head = re.match(r"# samples (\d+) lost (\d+)\n", text)
    if not head:
        raise GarmError("profile: mali-replay has not written one")
    samples = []
    for line in text.splitlines()[1:int(head[1]) + 1]:
        digest, where, *stack = line.split()
        samples.append(Sample("" if int(digest, 16) == 0 else f"{digest} at 0x{where}", stack))
    if len(samples) != int(head[1]):
        raise GarmError(f"profile: {len(samples)} samples, the first line says {head[1]}")
    return samples, int(head[2])


def frames_of(printed: str) -> dict[str, list[Frame]]:
    """Functions of each address in what addr2line -a -f -i prints: the innermost, which may be inlined, first."""
    frames: dict[str, list[Frame]] = {}
    here: list[Frame] = []
    lines = printed.splitlines()
    at = 0
    while at < len(lines):
        if re.fullmatch(r"0x[0-9a-f]+", lines[at]):
            here = frames.setdefault(f"+{int(lines[at], 16):x}", [])
            at += 1
        elif at + 1 < len(lines):
            room = ROOM.search(lines[at + 1])
            here.append(Frame(lines[at], room[1] if room else OUTSIDE))
            at += 2
        else:
            break
    return frames


def named(setup: Setup, binary: Path, samples: Iterable[Sample]) -> dict[str, list[Frame]]:
    """Frames of every name that occurs in SAMPLES."""
    names = {name for sample in samples for name in sample.stack}
    offsets = sorted(name for name in names if name.startswith("+"))
    argv = setup.root.argv(["addr2line", "-a", "-f", "-i", "-e", setup.root.inside(binary)])
    done = subprocess.run(argv, input="".join(f"0x{name[1:]}\n" for name in offsets), text=True, capture_output=True,
                          check=False, timeout=300)
    if done.returncode:
        raise GarmError(f"profile: addr2line failed: {done.stderr}")
    frames = frames_of(done.stdout)
    for name in names - frames.keys():
        library, _, symbol = name.partition(":")
        frames[name] = [Frame(symbol if symbol not in ("", "?") else library, OUTSIDE)]
    return frames


def stacks_of(samples: Iterable[Sample], frames: Mapping[str, list[Frame]]) -> list[list[Frame]]:
    """Stacks of functions, the outermost first, without what begins all of them."""
    stacks = []
    for sample in samples:
        inner_first = [frame for name in sample.stack for frame in frames[name] if frame.name not in DULL]
        stacks.append(inner_first[::-1] or [Frame("unknown", OUTSIDE)])
    return stacks


def share_table(title: str, counts: Counter[str], whole: int, total: Counter[str] | None = None) -> str:
    """The largest of COUNTS in per cent; TOTAL: with what they call."""
    head = f"{title:52} {'self':>7}" + (f" {'with callees':>13}" if total else "")
    rows = [f"{name[:52]:52} {100 * n / whole:6.1f}%" + (f" {100 * total[name] / whole:12.1f}%" if total else "")
            for name, n in counts.most_common(ROWS)]
    return "\n".join([head, *rows])


def tables(samples: list[Sample], stacks: list[list[Frame]]) -> str:
    """By room, by function, by shader."""
    whole = len(stacks)
    rooms = Counter(stack[-1].room for stack in stacks)
    own = Counter(stack[-1].name for stack in stacks)
    total = Counter(name for stack in stacks for name in {frame.name for frame in stack})
    shaders = Counter(sample.shader or "none: the pipeline's own work" for sample in samples)
    return "\n\n".join([share_table("room of hw/", rooms, whole), share_table("function", own, whole, total),
                        share_table("while a shader runs, with its messages", shaders, whole)])


def tree_of(stacks: Iterable[list[Frame]]) -> Node:
    """Stacks that begin alike, together."""
    root = Node()
    for stack in stacks:
        node = root
        node.count += 1
        for frame in stack:
            node = node.below.setdefault(frame, Node())
            node.count += 1
    return root


def flame(root: Node) -> str:
    """The flame graph as SVG: callers below, what they call above them, as wide as the time that it takes."""
    boxes: list[str] = []
    deepest = 0

    def draw(node: Node, left: float, depth: int) -> None:
        nonlocal deepest
        for frame, child in sorted(node.below.items(), key=lambda item: item[0].name):
            width = WIDTH * child.count / root.count
            if width >= LEAST:
                deepest = max(deepest, depth)
                text = escape(frame.name[:int(width / 6.6)]) if width > 20 else ""
                boxes.append(f'<g><title>{escape(frame.name)} ({frame.room}): {100 * child.count / root.count:.1f} %</title>'
                             f'<rect x="{left:.1f}" y="-{(depth + 1) * ROW}" width="{width:.1f}" height="{ROW - 1}" '
                             f'fill="{COLOURS.get(frame.room, "#8f9f8f")}"/>'
                             f'<text x="{left + 2:.1f}" y="-{depth * ROW + 5}">{text}</text></g>')
                draw(child, left, depth + 1)
            left += width

    draw(root, 0, 0)
    height = (deepest + 1) * ROW
    key = "".join(f'<rect x="{i * 150}" y="6" width="12" height="12" fill="{colour}"/><text x="{i * 150 + 16}" y="16">{room}'
                  "</text>" for i, (room, colour) in enumerate(COLOURS.items()))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -{height} {WIDTH} {height + 24}" '
            f'font-family="monospace" font-size="11">{"".join(boxes)}{key}</svg>\n')


def profile(setup: Setup, capture: Path | None, out: Path, runs: int = RUNS) -> str:
    """Repeats CAPTURE (none: draws one) and writes the flame graph to OUT. Returns the tables."""
    with tempfile.TemporaryDirectory(prefix="garm-profile-") as folder:
        if capture is None:
            capture = Path(folder) / "rates"
            record(setup, capture)
        raw = Path(folder) / "samples"
        replay(setup, capture, "--threads", "0", "--bench", str(runs), "--profile", str(raw))
        samples, lost = samples_of(raw.read_text())
    if not samples:
        raise GarmError(f"profile: {capture}: no sample in {runs} runs: too short")
    stacks = stacks_of(samples, named(setup, setup.project.path("native") / "hw/tools/mali-replay", samples))
    out.write_text(flame(tree_of(stacks)))
    note = f"{len(samples)} samples of the jobs' time on all threads" + (f", {lost} lost" if lost else "")
    return f"{tables(samples, stacks)}\n\n{note}; flame graph: {out}"
