#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make LLVM bitcode of jit_pieces.c and put it into a C file. Called by hw/meson.build.

usage: jit_embed.py CLANG VARIANT INPUT OUTPUT DEPFILE      VARIANT: avx2, avx512
"""

import re
import subprocess
import sys
from pathlib import Path

FLAGS = ["-std=gnu11", "-O1", "-fno-vectorize", "-fno-slp-vectorize", "-fno-stack-protector",
         "-fno-asynchronous-unwind-tables", "-fno-math-errno", "-Wno-unused-function", "-Wno-psabi", "-D_GNU_SOURCE"]
AVX2 = ["-mavx2", "-mfma", "-mf16c"]
AVX512 = ["-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mavx512vbmi", "-mprefer-vector-width=512"]
VARIANTS = {"avx2": AVX2, "avx512": [*AVX2, *AVX512]}


def main(clang: str, variant: str, source: str, output: str, depfile: str) -> None:
    """Compile, and write the bytes as an array."""
    bitcode = Path(output + ".bc")
    subprocess.run([clang, *FLAGS, *VARIANTS[variant], "-c", "-emit-llvm", "-MD", "-MF", depfile, "-MT", output, "-o", bitcode,
                    source], check=True)
    data = bitcode.read_bytes()
    macros = subprocess.run([clang, "-dM", "-E", "-x", "c", "/dev/null"], check=True, capture_output=True, text=True).stdout
    version = re.search(r"__clang_major__ (\d+)", macros)
    name = f"va_jit_bitcode_{variant}"
    lines = [",".join(str(byte) for byte in data[i:i + 32]) for i in range(0, len(data), 32)]
    Path(output).write_text("/* Made by jit_embed.py. */\n#include <stddef.h>\n"
                            f"extern const unsigned char {name}[{len(data)}];\n"
                            f"extern const size_t {name}_size;\n"
                            f"const unsigned char {name}[{len(data)}] = {{\n" + ",\n".join(lines) + "};\n"
                            f"const size_t {name}_size = {len(data)};\n"
                            f"extern const unsigned {name}_version;\n"
                            f"const unsigned {name}_version = {version[1] if version else 0};\n")


main(*sys.argv[1:])
