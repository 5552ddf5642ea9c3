"""Mesa's own shader disassembler, built for one test from Debian's source package of Mesa: the script that writes
its C, that C and a dozen lines of ours; nothing else of Mesa. Called by suite/hostcases.py."""

from __future__ import annotations

from pathlib import Path

from .apt import unpack
from .buildroot import BuildRoot
from .env import Env

# What Mesa's code takes from the rest of Mesa.
SHIM = """#pragma once
#define BITFIELD_MASK(n) ((1u << (n)) - 1)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define unreachable(text) __builtin_unreachable()
#define PUBLIC
"""
# Words on stdin, a line of text for each.
MAIN = """#include "disassemble.h"
int main(void)
{
    uint64_t word;
    while (scanf("%" SCNx64, &word) == 1) {
        va_disasm_instr(stdout, word);
        printf("\\n");
    }
    return 0;
}
"""
BUILD = """set -e
cd /build
tar -xf $(ls mesa_*.orig.tar.* | grep -v asc) --wildcards --strip-components=1 '*/panfrost/*/valhall/*.py' '*/panfrost/*/valhall/*.xml' \
'*/panfrost/*/valhall/*.h'
cp $(dirname $(find . -name disasm.py -path '*valhall*'))/* .
PYTHONPATH=/build/mako/usr/lib/python3/dist-packages python3 disasm.py >disasm.c
cc -w -O1 -DNDEBUG -I. -include shim.h disasm.c main.c -o mesa-disasm
rm -rf mesa_* src mako
"""


def program(env: Env, root: BuildRoot) -> Path:
    """The program, in the cache. Raises GarmError when it is not there and must not be fetched."""
    def make(into: Path) -> None:
        root.apt.source("mesa", into)
        unpack(root.apt.download(["python3-mako"], "amd64", keep="python3-(mako|markupsafe)"), into / "mako")
        (into / "shim.h").write_text(SHIM)
        (into / "main.c").write_text(MAIN)
        log = env.cache.log("mesa-disasm")
        root.run(["sh", "-c", BUILD], "building Mesa's disassembler", log, build=into)

    folder = env.cache.make("mesa", "disasm", [SHIM, MAIN, BUILD, root.path.name], "Mesa's disassembler", make,
                            network=True, gigabytes=1.0)
    return folder / "mesa-disasm"
