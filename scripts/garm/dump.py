"""Read a device core dump of garm.ko and print it for people. The format is described in driver/garm_dump.h.

Called by scripts/dump. Names of request bits come from driver/garm_fw_if.h, instructions from mali-csdisasm.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .cache import digest
from .env import REPO, default_cache
from .errors import GarmError

STREAMS = ("ring", "stream")
HEADER = "garm-dump"
LEVELS = {"glb": "fw_glb_in", "csg": "fw_csg_in", "cs": "fw_cs_in"}
STATES = {"csg": ("TERMINATE", "START", "SUSPEND", "RESUME"), "cs": ("STOP", "START")}
NOTHING = re.compile(r"^\S+ 0x0+( (OK|UNBLOCKED))?$")
MEMORY = re.compile(r"^0x([0-9a-f]+):((?: [0-9a-f]{16})+)$")


@dataclass
class Section:
    """A section: its name, the words after it, its lines."""

    name: str
    words: dict[str, str]
    lines: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """As in the dump."""
        return " ".join([self.name, *(f"{key}={value}" for key, value in self.words.items())])

    def value(self, key: str) -> int | None:
        """The number after a key, None when there is none."""
        for line in self.lines:
            words = line.split()
            if len(words) > 1 and words[0] == key:
                try:
                    return int(words[1], 0)
                except ValueError:
                    return None
        return None

    def memory(self) -> Iterator[tuple[int, bytes]]:
        """(address, contents) of each line of memory."""
        for line in self.lines:
            match = MEMORY.match(line)
            if match:
                words = match.group(2).split()
                yield int(match.group(1), 16), b"".join(int(word, 16).to_bytes(8, "little") for word in words)


def parse(text: str) -> list[Section]:
    """The sections of a dump."""
    sections: list[Section] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("[") and line.endswith("]") and line != "[]":
            name, *words = line[1:-1].split()
            sections.append(Section(name, dict(word.partition("=")[::2] for word in words)))
        elif line.startswith("  ") and sections:
            sections[-1].lines.append(line[2:])
        elif line:
            # A truncated dump may end in half a line; the [end] that follows says so.
            if not sections:
                raise GarmError(f"line {number}: not a dump of garm.ko: {line[:60]!r}")
            sections[-1].lines.append(f"? {line}")
    if not sections or sections[0].name != HEADER:
        raise GarmError(f"not a dump of garm.ko: it does not begin with [{HEADER}]")
    if sections[0].words.get("version") != "1":
        raise GarmError(f"version {sections[0].words.get('version')} of the format; this program knows 1")
    return sections


def request_bits(header: str, struct: str) -> dict[int, str]:
    """Names of the bits of `req`, the first field of an input block in garm_fw_if.h."""
    body = header[header.index(f"struct {struct} {{"):]
    body = body[body.index("u32 req;"):]
    body = body[:re.search(r"\n\t(u32|u64) ", body).start()]  # type: ignore[union-attr]
    return {int(bit): name.split("_", 1)[1] for name, bit in re.findall(r"#define (\w+)\s+BIT\((\d+)\)", body)}


def bit_names(value: int, names: dict[int, str]) -> str:
    """`HALT PING bit 30`."""
    return " ".join(names.get(bit, f"bit {bit}") for bit in range(32) if value >> bit & 1)


def find_disassembler(chosen: Path | None) -> Path | None:
    """The one that was named, one in PATH, or what scripts/test has built for this clone."""
    if chosen:
        if not chosen.is_file():
            raise GarmError(f"{chosen}: no such program")
        return chosen
    if found := shutil.which("mali-csdisasm"):
        return Path(found)
    built = default_cache() / "build" / digest([str(REPO)]) / "native/hw/tools/mali-csdisasm"
    return built if built.is_file() else None


def pieces(section: Section) -> Iterator[tuple[int, bytes]]:
    """Memory in as few pieces as possible."""
    start, contents = 0, b""
    for address, part in section.memory():
        if contents and address == start + len(contents):
            contents += part
            continue
        if contents:
            yield start, contents
        start, contents = address, part
    if contents:
        yield start, contents


def disassemble(program: Path, address: int, contents: bytes) -> list[str]:
    """A line per instruction; what the program prints."""
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        file.write(contents)
        file.flush()
        try:
            process = subprocess.run([program, "--binary", file.name, "--base", f"{address:x}"], text=True,
                                     capture_output=True, check=False)
        except OSError as error:
            raise GarmError(f"{program}: {error.strerror}") from error
    if process.returncode:
        raise GarmError(f"{program}: {process.stderr.strip() or f'exit status {process.returncode}'}")
    return process.stdout.splitlines()


class Printer:
    """Makes lines of text from sections."""

    def __init__(self, sections: list[Section], disassembler: Path | None, everything: bool) -> None:
        self.sections = sections
        self.disassembler = disassembler
        self.everything = everything
        header = (REPO / "driver/garm_fw_if.h").read_text()
        self.bits = {level: request_bits(header, struct) for level, struct in LEVELS.items()}
        self.pointers = {value: section.title for section in sections if section.name == "cs"
                         and (value := section.value("out.status_cmd_ptr"))}

    def lines(self) -> Iterator[str]:
        """The whole dump."""
        for section in self.sections:
            if section.name == "end":
                yield from self.end(section)
                continue
            yield section.title
            yield from (f"  {line}" for line in self.body(section))
            yield ""

    def body(self, section: Section) -> Iterable[str]:
        """What is in a section."""
        if section.name == "memory":
            return self.memory(section)
        kept = [line for line in section.lines if self.everything or not NOTHING.match(line)]
        hidden = len(section.lines) - len(kept)
        said = [*kept, *self.requests(section)]
        return [*said, f"({hidden} more: 0)"] if hidden else said

    def requests(self, section: Section) -> Iterator[str]:
        """Request and acknowledgment in words: what is set, what is pending."""
        req, ack = section.value("in.req"), section.value("out.ack")
        if section.name not in self.bits or req is None or ack is None:
            return
        names = self.bits[section.name]
        if states := STATES.get(section.name):
            wanted, now = (states[value & 7] if value & 7 < len(states) else str(value & 7) for value in (req, ack))
            yield f"state: {now}, requested: {wanted}"
            req, ack = req & ~7, ack & ~7
        yield f"bits: {bit_names(req, names) or 'none'}"
        yield f"pending: {bit_names(req ^ ack, names) or 'nothing'}"

    def memory(self, section: Section) -> Iterator[str]:
        """Instructions for streams, words for everything else. An arrow shows where a stream stands."""
        yield from (line for line in section.lines if not MEMORY.match(line))
        for start, contents in pieces(section):
            if section.words.get("kind") in STREAMS and self.disassembler:
                shown = disassemble(self.disassembler, start, contents)
            else:
                shown = [f"{start + at:8x}:  {int.from_bytes(contents[at:at + 8], 'little'):016x}"
                         for at in range(0, len(contents), 8)]
            for line in self.zeros(shown):
                at = self.pointers.get(int(line.split(":")[0], 16)) if ":" in line else None
                yield f"{'->' if at else '  '} {line}{f'    <- {at}' if at else ''}"

    def zeros(self, lines: list[str]) -> Iterator[str]:
        """Leave out all but the first of many words that are 0, as the unused part of a ring is."""
        run = 0
        for line in lines:
            run = run + 1 if re.match(r"\s*[0-9a-f]+:\s+0{16}\b", line) else 0
            address = int(line.split(":")[0], 16)
            if run < 3 or self.everything or address in self.pointers:
                yield line
            elif run == 3:
                yield "..."

    @staticmethod
    def end(section: Section) -> Iterator[str]:
        """What is missing."""
        if section.words.get("truncated") != "0":
            yield "The dump is not complete: memory was short, or it reached its limit."
        if section.words.get("dropped", "0") != "0":
            yield f"{section.words['dropped']} earlier dumps were not taken: too soon after another one."


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="scripts/dump", description="Print a device core dump of garm.ko.",
        epilog="In the guest: cat /sys/class/devcoredump/devcd*/data >FILE; echo 1 into it removes the dump.")
    parser.add_argument("file", help="the dump, or - for standard input")
    parser.add_argument("--all", action="store_true", help="registers, fields and words that are 0 as well")
    parser.add_argument("--csdisasm", type=Path, metavar="PROGRAM",
                        help="mali-csdisasm (default: in PATH, or the one of this clone's build)")
    args = parser.parse_args(arguments)
    try:
        text = sys.stdin.read() if args.file == "-" else Path(args.file).read_text(errors="replace")
        sections = parse(text)
        disassembler = find_disassembler(args.csdisasm)
        if not disassembler and any(section.words.get("kind") in STREAMS for section in sections):
            print("garm: streams are shown as numbers: mali-csdisasm is not built (scripts/test builds it)",
                  file=sys.stderr)
        for line in Printer(sections, disassembler, args.all).lines():
            print(line)
    except OSError as error:
        print(f"garm: error: {args.file}: {error.strerror}", file=sys.stderr)
        return 2
    except GarmError as error:
        print(f"garm: error: {error}", file=sys.stderr)
        return 1
    return 0
