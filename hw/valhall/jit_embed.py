#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Make LLVM bitcode of jit_pieces.c and put it into a C file. Called by hw/meson.build.

usage: jit_embed.py CLANG INPUT OUTPUT DEPFILE
"""

import re
import subprocess
import sys
from pathlib import Path

FLAGS = ["-std=gnu11", "-O1", "-mavx2", "-mfma", "-mf16c", "-fno-vectorize", "-fno-slp-vectorize", "-fno-stack-protector",
         "-fno-asynchronous-unwind-tables", "-fno-math-errno", "-Wno-unused-function", "-Wno-psabi", "-D_GNU_SOURCE"]


def main(clang: str, source: str, output: str, depfile: str) -> None:
    """Compile, and write the bytes as an array."""
    bitcode = Path(output + ".bc")
    subprocess.run([clang, *FLAGS, "-c", "-emit-llvm", "-MD", "-MF", depfile, "-MT", output, "-o", bitcode, source],
                   check=True)
    data = bitcode.read_bytes()
    macros = subprocess.run([clang, "-dM", "-E", "-x", "c", "/dev/null"], check=True, capture_output=True, text=True).stdout
    version = re.search(r"__clang_major__ (\d+)", macros)
    lines = [",".join(str(byte) for byte in data[i:i + 32]) for i in range(0, len(data), 32)]
    Path(output).write_text("/* Made by jit_embed.py. */\n#include <stddef.h>\n"
                            f"extern const unsigned char va_jit_bitcode[{len(data)}];\n"
                            "extern const size_t va_jit_bitcode_size;\n"
                            f"const unsigned char va_jit_bitcode[{len(data)}] = {{\n" + ",\n".join(lines) + "};\n"
                            f"const size_t va_jit_bitcode_size = {len(data)};\n"
                            f"extern const unsigned va_jit_bitcode_version;\n"
                            f"const unsigned va_jit_bitcode_version = {version[1] if version else 0};\n")


main(*sys.argv[1:])
