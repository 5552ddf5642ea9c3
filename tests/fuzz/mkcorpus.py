#!/usr/bin/env python3
"""Writes the seed corpus: meaningful sequences in the input format of each target.

    mkcorpus.py MKFW          MKFW: the built images/firmware tool

The numbers mirror the switch statements of the fuzz_*.c files; a seed that no
longer means what its name says is still a valid input. Files found by fuzzing
are kept beside the seeds under their hash names and are not touched.
"""
import os
import struct
import subprocess
import sys
import tempfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))


def write(target, name, data):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(bytes(data))


def u16(v):
    return list(struct.pack("<H", v))


def u32(v):
    return list(struct.pack("<I", v & 0xFFFFFFFF))


def raw(v):
    """fz_value(): 64 raw bits."""
    return [0xFF] + list(struct.pack("<Q", v & (1 << 64) - 1))


def insn(opcode_row, fields=0, known=True):
    """hx_insn(): row of the table, seven bytes of fields."""
    return [64 + opcode_row if known else opcode_row] + list(struct.pack("<Q", fields)[:7])


def word(w):
    """hx_insn(): any word."""
    return [0xF8] + list(struct.pack("<Q", w))


# Words as in Mesa's v10.xml; d64 holds a data address, d66 a stream, r68 its length.
MOV = lambda d, imm: 1 << 56 | d << 48 | imm
MOV32 = lambda r, imm: 2 << 56 | r << 48 | imm
WAIT = lambda mask: 3 << 56 | mask << 16
ADD32 = lambda d, s, imm: 16 << 56 | d << 48 | s << 40 | imm
BRANCH = lambda cond, r, off: 22 << 56 | r << 40 | cond << 28 | off & 0xFFFF
CALL = lambda addr, length: 32 << 56 | addr << 40 | length << 32
JUMP = lambda addr, length: 33 << 56 | addr << 40 | length << 32
LOAD = lambda addr, base, mask, off=0: 20 << 56 | base << 48 | addr << 40 | mask << 16 | off & 0xFFFF
STORE = lambda addr, base, mask, off=0: 21 << 56 | base << 48 | addr << 40 | mask << 16 | off & 0xFFFF
SYNC_ADD32 = lambda addr, data: 37 << 56 | addr << 40 | data << 32
SYNC_WAIT32 = lambda addr, data, cond: 39 << 56 | addr << 40 | data << 32 | cond << 28
SYNC_ADD64 = lambda addr, data: 51 << 56 | addr << 40 | data << 32 | 1
FLUSH = lambda r, sig: 36 << 56 | sig << 48 | r << 40 | 0x222
STORE_STATE = lambda addr, state: 40 << 56 | addr << 40 | state << 32
ERROR_BARRIER = 47 << 56
SET_SB = lambda a, b: 23 << 56 | b << 4 | a
RUN_COMPUTE = 4 << 56 | 1
DATA, STREAM = 0x30000000, 0x20000000

STREAMS = {
    "mov-job": [MOV32(92, 0), FLUSH(92, 0), MOV(92, STREAM), MOV32(94, 64), WAIT(1), CALL(92, 94),
                MOV(92, DATA), MOV(94, 1), WAIT(0xFF), SYNC_ADD64(92, 94), ERROR_BARRIER],
    "loop": [MOV32(0, 100), ADD32(0, 0, 0xFFFFFFFF), BRANCH(5, 0, -2)],
    "endless": [BRANCH(6, 0, -1)],
    "store-load": [MOV(0, DATA), MOV32(2, 0x1234), STORE(0, 2, 3), WAIT(0xFF), LOAD(0, 4, 0xFF), WAIT(0xFF)],
    "store-read-only": [MOV(0, 0x38000000), STORE(0, 2, 1), WAIT(0xFF)],
    "store-rom": [MOV(0, 0x38001000), STORE(0, 2, 1), WAIT(0xFF)],
    "store-unmapped": [MOV(0, 0x7000000000), STORE(0, 2, 0xFFFF, -4)],
    "store-page-cross": [MOV(0, DATA + 0xFFC), STORE(0, 2, 0xFFFF)],
    "sync-wait": [MOV(0, DATA), MOV32(2, 0), SYNC_WAIT32(0, 2, 1), SYNC_ADD32(0, 2)],
    "call-deep": [CALL(66, 68)] * 4,
    "jump": [JUMP(66, 68)],
    "state": [MOV(0, DATA)] + [STORE_STATE(0, s) for s in range(4)],
    "scoreboards": [SET_SB(i, 7 - i) for i in range(8)] + [WAIT(0xFFFF)],
    "compute": [RUN_COMPUTE, WAIT(0xFF), ERROR_BARRIER],
}


def cs():
    regs = [0] * 8  # fz_value(): special value 0, eight times
    for name, words in STREAMS.items():
        body = [w for x in words for w in word(x)]
        write("cs", name, [255, 1] + regs + body)
        write("cs", name + "-wrap", [3, 2] + regs + body)
        # the same behind a CALL: 63 NOPs, then the stream's memory
        ring = word(MOV(66, STREAM)) + word(MOV32(68, 8 * len(words))) + word(CALL(66, 68)) + word(0) * 61
        write("cs", name + "-called", [64, 0] + regs + ring + body)
    write("cs", "every-row", [64, 0] + regs + [b for r in range(64) for b in insn(r, 0x0102030405060)])
    write("cs", "every-row-zero", [64, 0] + regs + [b for r in range(64) for b in insn(r, 0)])


def mmio():
    adv = lambda n: [5, n]
    boot, cold = [1], [0]
    cmds = [[7, i] + adv(20) for i in range(6)]
    write("mmio", "boot", boot + adv(25))
    write("mmio", "boot-reset", boot + cmds[0] + adv(25) + cmds[1] + adv(25))
    write("mmio", "cold-commands", cold + [b for c in cmds for b in c])
    every = [b for i in range(0, 420) for b in [0] + u16(i) + [22]]
    write("mmio", "write-ones", cold + every[:796])
    write("mmio", "write-ones-2", boot + every[796:])
    write("mmio", "read-all", boot + [b for i in range(420) for b in [3] + u16(i)][:597])
    write("mmio", "snapshot", boot + [8, 6] + adv(25) + [8, 6])
    write("mmio", "system-reset", boot + [8, 4] + [8, 6])
    write("mmio", "pause", boot + [8, 5, 7] + u32(1) + u16(1000))
    write("mmio", "clock", boot + [8, 0, 0] + adv(25) + [8, 0, 255] + raw(10**9) + adv(25))
    as_op = lambda a, root, cmd: [6, a] + raw(root) + [1] + raw(0x30000023) + [0, cmd]
    write("mmio", "as", boot + [b for a in range(16) for b in as_op(a, 0x40000000, a % 8) + adv(12)])
    write("mmio", "doorbells", boot + [b for i in range(24) for b in [9, i, 1]])
    odd = [b for off in (0, 8, 0x20, 0x1000, 0x2400, 0x3000, 0xFFF8, 0x10000, 0x1FFFF8) for k in (0, 1, 2)
           for b in [4] + u32(off | k) + [0xFF] * (8 if k & 1 else 4 if not k else 0)]
    write("mmio", "odd-offsets", cold + odd)


def pagetable():
    op = lambda a, n, *rest: [a, n] + list(rest)
    setup = op(1, 4, 0, 0)
    # random_entry(): kind byte, flags u16, page u16; kinds 18, 12, 6: tables 2, 4, 6
    chain = op(1, 0, 0, 18, 0, 0, 0, 0) + op(1, 0, 2, 12, 0, 0, 0, 0) + op(1, 0, 4, 6, 0, 0, 0, 0)
    leaf = lambda p, ro=0: op(1, 0, 6, 1, *u16(ro), *u16(p))
    access = lambda kind, cold=1: op(1, 6, 0, kind, cold, 1, *u32(0))
    write("pagetable", "page", setup + chain + leaf(16) + access(2) + access(3) + access(1))
    write("pagetable", "read-only", setup + chain + leaf(16, 1) + access(2) + access(3) + access(0))
    write("pagetable", "rom", setup + chain + leaf(0x3F8) + access(2) + access(3))
    write("pagetable", "hole", setup + chain + leaf(0x7F0) + access(2))
    write("pagetable", "block-2m", setup + chain + op(1, 0, 4, 2, *u16(0), *u16(0)) + access(2) + access(3, 0))
    write("pagetable", "self", setup + op(1, 0, 0, 0, 0, 0, 0, 0) + access(2) + access(3))
    write("pagetable", "stale", setup + chain + leaf(16) + access(2) + leaf(17) + access(2, 0) + access(2))
    write("pagetable", "lock", setup + chain + leaf(16) + op(1, 5, *u32(14), *u16(0), 2) + access(2) +
          op(1, 5, *u32(14), *u16(0), 3) + access(2))
    write("pagetable", "copy", setup + chain + leaf(16) + op(1, 9, *u16(0x2000), *u32(0), *u32(0)) +
          op(1, 10, *u32(0), 1, *u32(0x100), *u16(0x800)))
    write("pagetable", "snapshot", setup + op(1, 11, 1, *u16(40), 0xFF, *u32(0)) + access(2))
    for mode in range(16):
        write("pagetable", f"mode-{mode}", chain + setup + op(1, 3, 12, *raw(mode | 7 << 6)) +
              op(1, 5, *u32(0), *u16(0), 1) + access(2))


def fwif():
    submit = lambda where, words: [8, where, len(words) - 1] + [b for w in words for b in word(w)]
    adv = lambda n: [11, n]
    setup = lambda where: [6, where]
    group = lambda where, state: [7, where, state]
    for name, words in STREAMS.items():
        write("fwif", "job-" + name, [1] + submit(0, words[:16]) + adv(20) + [15, 0] + adv(28))
    write("fwif", "suspend-resume", [1] + submit(0, STREAMS["sync-wait"]) + group(0, 2) + adv(22) +
          group(0, 3) + adv(22) + group(0, 0))
    write("fwif", "suspend-corrupt-resume", [1] + submit(0, STREAMS["loop"]) + group(0, 2) +
          [b for i in range(20) for b in [13, 0] + u32(0x150000 + 64 * i) + [22]] + group(0, 3) + adv(22))
    write("fwif", "three-groups", [0] + [b for g in range(3) for b in
                                         setup(g) + group(g, 1) + submit(g, STREAMS["mov-job"])] + adv(28))
    write("fwif", "two-queues", [1] + submit(0, STREAMS["sync-wait"]) +
          submit(3, [MOV(0, DATA), MOV32(2, 1), SYNC_ADD32(0, 2)]) + adv(24))
    for bit in range(32):
        write("fwif", f"glb-{bit}", [1] + [1, bit] + adv(24) + [1, bit] + adv(24))
    write("fwif", "halt-boot", [1, 1, 0] + adv(24) + [17, 0x80, 0] + adv(24))
    write("fwif", "control-garbage", [1] + [b for i in range(0, 0x40, 4) for b in [0, 0] + u32(i) + [22]] +
          [12, 0] + adv(24))
    write("fwif", "locked", [1] + [14, 0] + u32(0) + [63, 2] + submit(0, STREAMS["loop"]) + adv(24) +
          [14, 0] + u32(0) + [63, 3] + adv(24))
    write("fwif", "insert-huge", [1] + [17, 0, 21] + [12, 1] + adv(24) + [16, 0])
    write("fwif", "other-as", [1] + [b for a in range(1, 16) for b in
                                     [4, 0, 0x50, 112, a] + group(0, 1) + [12, 1]])
    write("fwif", "perfcnt", [1] + [2, 0x24, 112, 0] + [2, 0x28] + raw(0x09000000) + [1, 5] + [1, 6] + adv(20))


def snapshot():
    write("snapshot", "plain", [0])
    for size in (0, 1, 8, 64, 1000):
        write("snapshot", f"short-{size}", [0xF0] + u32(size))
    for at in range(0, 256, 8):
        write("snapshot", f"word-{at}", [0] + u16(at) + [0, 0x81, 22])
    for at in range(256, 60000, 997):
        write("snapshot", f"far-{at}", [0] + u16(at) + [0, 0x80, 15])
    for at in range(0, 0x2400, 96):
        write("snapshot", f"near-{at}", [0] + u16(at) + [0, 0xA0, 112, 255] + u16(at + 48) + [0, 0xA0, 22])
    write("snapshot", "foreign", [0xFF] + list(b"not a snapshot at all"))


def compute():
    cases = os.path.join(HERE, "..", "unit", "cases")
    head = [0, 8, 15, 0, 0] + [0, 2, 0, 1, 0, 1]
    setup = head + [b for _ in range(16) for b in raw(0x30000800)] + [b for i in range(16) for b in
                                                                      [i % 3, 63, 40, 0, 40, 0, 0, 0]]
    programs, words = {}, []
    with open(os.path.join(cases, "valhall_shaders.txt")) as f:
        for line in f:
            if line.startswith("shader "):
                name = line.split()[1]
            elif line.startswith("code "):
                programs.setdefault(name, []).extend(int(w, 16) for w in line.split()[1:])
    with open(os.path.join(cases, "valhall.txt")) as f:
        words = [int(line[:16], 16) for line in f if line[0] in "0123456789"]
    for name in list(programs)[::5] + ["sh_rev", "sh_atom", "cf_array"]:
        write("compute", name, setup + [b for w in programs[name] for b in struct.pack("<Q", w)])
    for at in range(0, len(words), 32):  # without their ends
        write("compute", f"words-{at}", setup + [b for w in words[at:at + 32] for b in struct.pack(
            "<Q", w & ~(0xF << 59))])


def texture():
    """A texture of 16x16 to 64x64 texels in each kind of plane and dimension, blocks of the unit test."""
    blocks = []
    with open(os.path.join(HERE, "..", "unit", "cases", "textures.txt")) as f:
        for line in f:
            fields = line.split()
            if len(fields) == 9 and fields[0] != "#":
                blocks.append((fields[0], bytes.fromhex(fields[7])))
    codecs = {"raw": 0, "etc2": 32, "eacr": 33, "etc2a8": 37, "bc1": 48, "bc4": 51, "bc6hu": 55, "bc7": 57,
              "astc": 0}
    for n, (codec, clump) in enumerate(codecs.items()):
        for dim in range(4):
            kind = 4 if codec == "astc" else 1  # indices that fill_memory() makes plane types of
            words = [dim << 4 | n, 0x3F003F, 0x30688, 0x10000000, 0, 0, 3, 3]
            head = [n % 3 << 3] + [b for w in words + [0x3F << 20, 0x1FFF0000, 0, 0, 0, 0, 0, 0] for b in
                                   struct.pack("<I", w)]
            requests = [b for i in range(4 * 5) for b in struct.pack("<I", 0x4000 * i + 7 * n)]
            plane = [kind, 2, 0, clump if kind == 1 else 2] + [0] * 5 + [8] + [0] * 6 + [0, 1] + [0] * 14
            texels = b"".join(b for name, b in blocks if name == codec)[:512] or bytes(range(256)) * 2
            write("texture", f"{codec}-{dim}", head + requests + plane * 16 + [0] * 1536 + list(texels))


def gfx():
    """The scene as it is, then bits of each of its descriptors, shaders and registers."""
    write("gfx", "scene", [4])
    for what in range(21):  # fuzz_gfx.c: places, three shaders, registers twice for vertices, once for fragments
        bits = [(word, bit) for word in range(4) for bit in (0, 9, 20)]
        for n, (word, bit) in enumerate(bits[what % 3::3]):
            write("gfx", f"{what}-{n}", [n & 7] + [what, 0x40 | word, 130, bit])
    write("gfx", "full-screen", [8])
    for n, reg in enumerate((40, 42, 43, 56, 60)):  # of full-screen draws; behind and without other draws
        for bit in (0, 6, 17, 25):
            write("gfx", f"full-screen-{reg}-{bit}", [8 | (bit & 1) << 7 | n & 7] + [21, reg + 62, 130, bit])


def replay():
    """Captures of tests/unit: as files, and as the section of their first job."""
    folder = os.path.join(HERE, "../unit/captures")
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".garmcap"):
            continue
        with open(os.path.join(folder, name), "rb") as f:
            data = f.read()
        stored = struct.unpack_from("<Q", data, 40)[0]
        write("replay", name.removesuffix(".garmcap") + "-file", b"\0" + data)
        write("replay", name.removesuffix(".garmcap"), b"\1" + zlib.decompress(data[64:64 + stored]))


def fwimage(mkfw):
    listing = subprocess.run([mkfw, "--list"], check=True, capture_output=True, text=True).stdout
    with tempfile.TemporaryDirectory() as tmp:
        path = os.path.join(tmp, "fw")
        for kind in [None] + [line.split()[0] for line in listing.splitlines()]:
            subprocess.run([mkfw, *(["--corrupt", kind] if kind else []), path], check=True)
            with open(path, "rb") as f:
                write("fwimage", kind or "good", f.read())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    cs()
    compute()
    texture()
    gfx()
    replay()
    mmio()
    pagetable()
    fwif()
    snapshot()
    fwimage(sys.argv[1])
