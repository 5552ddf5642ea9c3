"""Pictures of the guest: read PPM, write PNG, compare. Called by the tests that look at what was drawn, and by main.py."""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from .errors import GarmError

HEADER = re.compile(rb"P6\s+(\d+)\s+(\d+)\s+255\s")
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Picture:
    """Rows of red, green and blue bytes, the top one first."""

    width: int
    height: int
    data: bytes

    @classmethod
    def read(cls, path: Path) -> Picture:
        """A binary PPM file with 8 bits a channel."""
        content = path.read_bytes()
        header = HEADER.match(content)
        if not header:
            raise GarmError(f"{path}: no PPM picture (P6, 255)")
        width, height = int(header[1]), int(header[2])
        data = content[header.end():]
        if len(data) != 3 * width * height:
            raise GarmError(f"{path}: {len(data)} bytes for {width} x {height} pixels, expected {3 * width * height}")
        return cls(width, height, data)

    def pixel(self, x: int, y: int) -> tuple[int, int, int]:
        """Red, green, blue."""
        at = 3 * (y * self.width + x)
        return self.data[at], self.data[at + 1], self.data[at + 2]

    def colours(self) -> dict[bytes, int]:
        """How many pixels have each colour (three bytes)."""
        counts: dict[bytes, int] = {}
        for at in range(0, len(self.data), 3):
            key = self.data[at:at + 3]
            counts[key] = counts.get(key, 0) + 1
        return counts

    def smaller(self, step: int) -> Picture:
        """Every step-th pixel of every step-th row."""
        row = 3 * self.width
        rows = []
        for y in range(0, self.height, step):
            line = self.data[y * row:(y + 1) * row]
            rows.append(b"".join(line[x:x + 3] for x in range(0, row, 3 * step)))
        return Picture(len(rows[0]) // 3, len(rows), b"".join(rows))

    def png(self) -> bytes:
        """As a PNG file."""
        row = 3 * self.width
        raw = b"".join(b"\0" + self.data[y * row:(y + 1) * row] for y in range(self.height))
        head = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        return PNG_MAGIC + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(raw, 9)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@dataclass(frozen=True)
class Difference:
    """What tells two pictures apart."""

    pixels: int      # that differ by more than was allowed
    worst: int       # largest difference of a channel, allowed or not
    first: str       # the first such pixel, with both values
    picture: Picture     # differences, four times as bright; those beyond what is allowed are red

    def __str__(self) -> str:
        return f"{self.pixels} pixels differ, worst channel by {self.worst}" + (f"; {self.first}" if self.first else "")


def compare(got: Picture, wanted: Picture, tolerance: int) -> Difference:
    """Compare channel by channel; `tolerance` is what a channel may differ by, in 1/255."""
    if (got.width, got.height) != (wanted.width, wanted.height):
        raise GarmError(f"pictures of {got.width} x {got.height} and {wanted.width} x {wanted.height} pixels")
    row = 3 * got.width
    out = bytearray(len(got.data))
    pixels, worst, first = 0, 0, ""
    for start in range(0, len(got.data), row):
        ours, theirs = got.data[start:start + row], wanted.data[start:start + row]
        if ours == theirs:
            continue
        for at in range(0, row, 3):
            if ours[at:at + 3] == theirs[at:at + 3]:
                continue
            off = [abs(a - b) for a, b in zip(ours[at:at + 3], theirs[at:at + 3])]
            worst = max(worst, *off)
            if max(off) <= tolerance:
                out[start + at:start + at + 3] = bytes(min(255, 4 * value) for value in off)
                continue
            pixels += 1
            out[start + at:start + at + 3] = b"\xff\0\0"
            first = first or f"first at ({at // 3}, {start // row}): got {tuple(ours[at:at + 3])}, " \
                             f"expected {tuple(theirs[at:at + 3])}"
    return Difference(pixels, worst, first, Picture(got.width, got.height, bytes(out)))
