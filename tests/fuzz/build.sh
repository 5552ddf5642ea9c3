#!/bin/sh
# Builds the fuzz targets without meson, for work on them: build.sh OUTDIR [TARGET...]
# CC=clang (default, libFuzzer) or CC=gcc (standalone driver).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$1
shift
targets=${*:-mmio pagetable cs compute gfx fwif fwimage snapshot replay texture}
cc=${CC:-clang}
flags="-std=gnu11 -g -O1 -Wall -Wextra -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined"
case $cc in
*clang*) compile="$flags -fsanitize=fuzzer-no-link" link="$flags -fsanitize=fuzzer" main= ;;
*) compile=$flags link=$flags main=$here/standalone_main.c ;;
esac
mkdir -p "$out/obj"
objs=
for src in "$root"/hw/*/*.c "$root"/hw/*/*/*.c "$root"/images/firmware/fwbuild.c "$root"/images/firmware/fwimage.c "$here/harness.c"; do
    case $src in */hw/tools/native.c | */hw/tools/replay.c) ;; */hw/qemu/* | */hw/tools/*) continue ;; esac
    obj=$out/obj/$(echo "${src#"$root"/}" | tr / _).o
    $cc $compile -c "$src" -o "$obj"
    objs="$objs $obj"
done
shim=-I$root/tests/unit/kshim
$cc $compile $shim -c "$root/driver/garm_fw_image.c" -o "$out/obj/driver_garm_fw_image.o"
objs="$objs $out/obj/driver_garm_fw_image.o"
for t in $targets; do
    $cc $compile $shim -c "$here/fuzz_$t.c" -o "$out/obj/fuzz_$t.o"
    $cc $link "$out/obj/fuzz_$t.o" $main $objs -lpthread -lm -lz -o "$out/fuzz_$t"
done
