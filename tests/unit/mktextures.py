#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes cases/textures.txt: compressed blocks and what decoders that are not ours make of them.

usage: mktextures.py [--astcenc PATH/libastcenc.so] > cases/textures.txt

ASTC: libastcenc (Debian's libastcenc-dev). BC: Pillow (python3-pil), to 8 bits a channel; of signed
BC6H only modes whose end points are not differences (Pillow 9 gets the others wrong). ETC2 and EAC:
the reference below, written bit by bit from the Khronos Data Format Specification; it shares
nothing with hw/pipeline/texture/etc.c. Run by hand when a format is added; the tests read the file.

A line: codec, width, height, depth, wide, hdr, tolerance in units of 8 bits ("exact", or "hash"), block,
texels: for EAC as the codec writes them, for ASTC the 64-bit FNV-1a hash of that, else R G B A (as many
as there are) of 8 bits.
"""
import argparse
import ctypes
import io
import random
import struct
import sys

BLOCKS = 16
FOOTPRINTS = [(4, 4, 1), (5, 4, 1), (5, 5, 1), (6, 5, 1), (6, 6, 1), (8, 5, 1), (8, 6, 1), (8, 8, 1), (10, 5, 1),
              (10, 6, 1), (10, 8, 1), (10, 10, 1), (12, 10, 1), (12, 12, 1), (3, 3, 3), (4, 3, 3), (4, 4, 3),
              (4, 4, 4), (5, 4, 4), (5, 5, 4), (5, 5, 5), (6, 5, 5), (6, 6, 5), (6, 6, 6)]
ASTC_BLOCKS = 40


def line(codec, size, wide, hdr, tolerance, block, texels):
    print(codec, *size, int(wide), int(hdr), tolerance, block.hex(), bytes(texels).hex())


# --- ASTC -----------------------------------------------------------------------------------------


class Image(ctypes.Structure):
    """struct astcenc_image."""
    _fields_ = [("x", ctypes.c_uint), ("y", ctypes.c_uint), ("z", ctypes.c_uint), ("type", ctypes.c_int),
                ("data", ctypes.POINTER(ctypes.c_void_p))]


def astc(lib):
    """Random blocks, void extents among them, in the three profiles."""
    for profile, wide, hdr in ((1, True, False), (0, False, False), (3, True, True)):
        for size in FOOTPRINTS:
            config = ctypes.create_string_buffer(4096)
            context = ctypes.c_void_p()
            assert lib.astcenc_config_init(profile, *size, ctypes.c_float(60), 1 << 4, config) == 0
            assert lib.astcenc_context_alloc(config, 1, ctypes.byref(context)) == 0
            for i in range(ASTC_BLOCKS):
                block = bytearray(random.randbytes(16))
                if i == 0:
                    block[:8] = bytes([0xfc, 0xfd]) + b"\xff" * 6
                astc_block(lib, context, size, wide, hdr, bytes(block))
            lib.astcenc_context_free(context)


def fnv1a(data):
    h = 0xcbf29ce484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return h


def astc_block(lib, context, size, wide, hdr, block):
    width, height, depth = size
    bytes_of_slice = width * height * (8 if wide else 4)
    slices = [ctypes.create_string_buffer(bytes_of_slice) for _ in range(depth)]
    pointers = (ctypes.c_void_p * depth)(*[ctypes.addressof(s) for s in slices])
    image = Image(*size, 1 if wide else 0, pointers)
    swizzle = (ctypes.c_int * 4)(0, 1, 2, 3)
    assert lib.astcenc_decompress_image(context, block, ctypes.c_size_t(16), ctypes.byref(image), swizzle, 0) == 0
    lib.astcenc_decompress_reset(context)
    texels = b"".join(s.raw for s in slices)
    if wide and not hdr:  # the error colour of LDR is magenta; astcenc says NaN, or magenta a step below one
        one = bytes.fromhex("003c0000003c003c")
        texels = b"".join(one if texels[i:i + 8] in (b"\xff" * 8, bytes.fromhex("f83b0000f83bf83b"))
                          else texels[i:i + 8] for i in range(0, len(texels), 8))
    line("astc", size, wide, hdr, "hash", block, struct.pack(">Q", fnv1a(texels)))


# --- BC -------------------------------------------------------------------------------------------


def dds(blocks, fourcc, dxgi):
    """An image of 4 texels' height in a DDS file, decoded by Pillow: pixels of each block."""
    from PIL import Image as Pillow
    pixel_format = struct.pack("<2I4s5I", 32, 4, fourcc, 0, 0, 0, 0, 0)
    header = struct.pack("<4s7I44x", b"DDS ", 124, 0x1007, 4, 4 * len(blocks), 0, 0, 1) + pixel_format
    header += struct.pack("<5I", 0x1000, 0, 0, 0, 0)
    if fourcc == b"DX10":
        header += struct.pack("<5I", dxgi, 3, 0, 1, 0)
    image = Pillow.open(io.BytesIO(header + b"".join(blocks)))
    pixels = image.load()
    for i in range(len(blocks)):
        texels = [pixels[4 * i + k % 4, k // 4] for k in range(16)]
        yield [t if isinstance(t, tuple) else (t,) for t in texels]


def bc7_block(i):
    block = bytearray(random.randbytes(16))
    block[0] = (block[0] & ~((2 << i % 8) - 1) & 255) | 1 << i % 8
    return bytes(block)


def bc6_signed_block(i):
    block = bytearray(random.randbytes(16))
    block[0] = (block[0] & 0xe0) | (0x03, 0x1e)[i % 2]
    return bytes(block)


def bc():
    """(codec, fourcc, dxgi, bytes, channels kept, tolerance)."""
    for codec, fourcc, dxgi, size, keep, tolerance in (
            ("bc1", b"DXT1", 0, 8, 4, 1), ("bc2", b"DXT3", 0, 16, 4, 1), ("bc3", b"DXT5", 0, 16, 4, 1),
            ("bc4", b"ATI1", 0, 8, 1, 1), ("bc5", b"DX10", 83, 16, 2, 1), ("bc7", b"DX10", 98, 16, 4, 0),
            ("bc6hu", b"DX10", 95, 16, 3, 1), ("bc6hs", b"DX10", 96, 16, 3, 1)):
        count = 4 * BLOCKS if codec.startswith("bc6") or codec == "bc7" else BLOCKS
        make = {"bc7": bc7_block, "bc6hs": bc6_signed_block}.get(codec, lambda i: random.randbytes(size))
        blocks = [make(i) for i in range(count)]
        for block, texels in zip(blocks, dds(blocks, fourcc, dxgi)):
            line(codec, (4, 4, 1), False, False, tolerance, block, [c for t in texels for c in t[:keep]])


# --- ETC2 and EAC: bits are numbered from 63 down, as in the specification ---------------------------

TABLE = [(-8, -2, 2, 8), (-17, -5, 5, 17), (-29, -9, 9, 29), (-42, -13, 13, 42), (-60, -18, 18, 60),
         (-80, -24, 24, 80), (-106, -33, 33, 106), (-183, -47, 47, 183)]
DISTANCE = [3, 6, 11, 16, 23, 32, 41, 64]
EAC = """-3 -6 -9 -15 2 5 8 14/-3 -7 -10 -13 2 6 9 12/-2 -5 -8 -13 1 4 7 12/-2 -4 -6 -13 1 3 5 12
-3 -6 -8 -12 2 5 7 11/-3 -7 -9 -11 2 6 8 10/-4 -7 -8 -11 3 6 7 10/-3 -5 -8 -11 2 4 7 10
-2 -6 -8 -10 1 5 7 9/-2 -5 -8 -10 1 4 7 9/-2 -4 -8 -10 1 3 7 9/-2 -5 -7 -10 1 4 6 9
-3 -4 -7 -10 2 3 6 9/-1 -2 -3 -10 0 1 2 9/-4 -6 -8 -9 3 5 7 8/-3 -5 -7 -9 2 4 6 8"""
EAC = [[int(x) for x in row.split()] for row in EAC.replace("\n", "/").split("/")]


def bits(word, high, low):
    return (word >> low) & ((1 << (high - low + 1)) - 1)


def scale(value, width):
    """@width bits made 8 by repeating them."""
    text = f"{value:0{width}b}"
    return int((text * 8)[:8], 2)


def clamp(value):
    return max(0, min(255, value))


def etc_texel(word, x, y, punch):
    """(r, g, b, a) of one texel."""
    index = 4 * x + y
    selector = 2 * bits(word, index + 16, index + 16) + bits(word, index, index)
    flag = bits(word, 33, 33)
    clear = punch and not flag
    if not punch and not flag:
        base = [[scale(bits(word, hi, hi - 3), 4) for hi in (63, 55, 47)],
                [scale(bits(word, hi, hi - 3), 4) for hi in (59, 51, 43)]]
        return etc_half(word, x, y, selector, base, False)
    first = [bits(word, hi, hi - 4) for hi in (63, 55, 47)]
    delta = [bits(word, hi, hi - 2) for hi in (58, 50, 42)]
    second = [f + (d - 8 if d > 3 else d) for f, d in zip(first, delta)]
    if not 0 <= second[0] <= 31:
        return etc_t(word, selector, clear)
    if not 0 <= second[1] <= 31:
        return etc_h(word, selector, clear)
    if not 0 <= second[2] <= 31:
        return etc_planar(word, x, y)
    base = [[scale(c, 5) for c in first], [scale(c, 5) for c in second]]
    return etc_half(word, x, y, selector, base, clear)


def etc_half(word, x, y, selector, base, clear):
    half = (y > 1) if bits(word, 32, 32) else (x > 1)
    row = TABLE[bits(word, 36, 34) if half else bits(word, 39, 37)]
    if clear and selector == 2:
        return (0, 0, 0, 0)
    add = {0: 0 if clear else row[2], 1: row[3], 2: row[1], 3: row[0]}[selector]
    return tuple(clamp(c + add) for c in base[half]) + (255,)


def etc_paint(colours, selector, clear):
    if clear and selector == 2:
        return (0, 0, 0, 0)
    return tuple(clamp(c) for c in colours[selector]) + (255,)


def etc_t(word, selector, clear):
    one = [scale(bits(word, 60, 59) << 2 | bits(word, 57, 56), 4), scale(bits(word, 55, 52), 4),
           scale(bits(word, 51, 48), 4)]
    two = [scale(bits(word, 47, 44), 4), scale(bits(word, 43, 40), 4), scale(bits(word, 39, 36), 4)]
    d = DISTANCE[bits(word, 35, 34) << 1 | bits(word, 32, 32)]
    return etc_paint([one, [c + d for c in two], two, [c - d for c in two]], selector, clear)


def etc_h(word, selector, clear):
    one = [bits(word, 62, 59), bits(word, 58, 56) << 1 | bits(word, 52, 52),
           bits(word, 51, 51) << 3 | bits(word, 49, 47)]
    two = [bits(word, 46, 43), bits(word, 42, 39), bits(word, 38, 35)]
    d = DISTANCE[bits(word, 34, 34) << 2 | bits(word, 32, 32) << 1 | (one >= two)]
    one, two = [scale(c, 4) for c in one], [scale(c, 4) for c in two]
    return etc_paint([[c + d for c in one], [c - d for c in one], [c + d for c in two], [c - d for c in two]],
                     selector, clear)


def etc_planar(word, x, y):
    origin = [scale(bits(word, 62, 57), 6), scale(bits(word, 56, 56) << 6 | bits(word, 54, 49), 7),
              scale(bits(word, 48, 48) << 5 | bits(word, 44, 43) << 3 | bits(word, 41, 39), 6)]
    right = [scale(bits(word, 38, 34) << 1 | bits(word, 32, 32), 6), scale(bits(word, 31, 25), 7),
             scale(bits(word, 24, 19), 6)]
    down = [scale(bits(word, 18, 13), 6), scale(bits(word, 12, 6), 7), scale(bits(word, 5, 0), 6)]
    return tuple(clamp((x * (h - o) + y * (v - o) + 4 * o + 2) >> 2)
                 for o, h, v in zip(origin, right, down)) + (255,)


def eac_modifier(word, x, y):
    at = 45 - 3 * (4 * x + y)
    return EAC[bits(word, 51, 48)][bits(word, at + 2, at)], bits(word, 55, 52)


def eac_alpha(word, x, y):
    modifier, multiplier = eac_modifier(word, x, y)
    return clamp(bits(word, 63, 56) + modifier * multiplier)


def eac_11(word, x, y, signed):
    """16 bits."""
    modifier, multiplier = eac_modifier(word, x, y)
    step = multiplier * 8 or 1
    base = bits(word, 63, 56)
    if not signed:
        value = max(0, min(2047, base * 8 + 4 + modifier * step))
        return value << 5 | value >> 6
    base = max(-127, base - 256 if base > 127 else base)
    value = max(-1023, min(1023, base * 8 + modifier * step))
    wide = abs(value) << 5 | abs(value) >> 5
    return wide & 0xffff if value >= 0 else -wide & 0xffff


def etc():
    def words(block):
        return [int.from_bytes(block[i:i + 8], "big") for i in range(0, len(block), 8)]

    texels = [(x, y) for y in range(4) for x in range(4)]
    for codec, size in (("etc2", 8), ("etc2a1", 8), ("etc2a8", 16), ("eacr", 8), ("eacrs", 8), ("eacrg", 16),
                        ("eacrgs", 16)):
        for i in range(6 * BLOCKS if codec in ("etc2", "etc2a1") else BLOCKS):
            block = random.randbytes(size)
            w = words(block)
            out = b""
            for x, y in texels:
                if codec == "etc2a8":
                    out += bytes(etc_texel(w[1], x, y, False)[:3]) + bytes([eac_alpha(w[0], x, y)])
                elif codec.startswith("etc2"):
                    out += bytes(etc_texel(w[0], x, y, codec == "etc2a1"))
                else:
                    for word in w:
                        out += struct.pack("<H", eac_11(word, x, y, codec.endswith("s")))
            line(codec, (4, 4, 1), False, False, "exact", block, out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--astcenc", default="libastcenc.so", metavar="FILE", help="the library")
    args = parser.parse_args()
    random.seed(20261121)
    print("# SPDX-License-Identifier: GPL-2.0-or-later")
    print("# Compressed blocks and their texels, written by ../mktextures.py, which explains a line.")
    astc(ctypes.CDLL(args.astcenc))
    bc()
    etc()


if __name__ == "__main__":
    sys.exit(main())
