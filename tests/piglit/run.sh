#!/bin/sh
# Runs piglit's shader tests inside the guest, many in one process: starting Mesa takes longer than a test.
#
#   run.sh FOLDER LIST     FOLDER: piglit's (bin, lib, tests); LIST: lines "RUNNER PATH", PATH within FOLDER
#
# Prints, per test, "@@piglit RESULT PATH" (pass, fail, warn, skip, crash, timeout) after what the test itself said, unless
# that is "pass". A test that fails among others, or ends their process, is run again alone and that result counts: 6.12's
# panthor now and then kills a group that merely lost its slot. Called by tests/boot/piglit.py.
#
# SPDX-License-Identifier: MIT
cd "$1" || exit 1
export LD_LIBRARY_PATH="$1/lib" PIGLIT_SOURCE_DIR="$1" PIGLIT_PLATFORM=surfaceless_egl
out=/tmp/piglit-out
list=$2

# One test in a process of its own.
alone() {
    timeout 100 "bin/$runner" "$1" -auto -fbo </dev/null >$out.alone 2>&1
    code=$?
    status=$(sed -n 's/^PIGLIT: {"result": "\([a-z]*\)".*/\1/p' $out.alone | tail -n 1)
    [ $code -eq 124 ] && status=timeout
    say "${status:-crash}" "$1" <$out.alone
}

# $1: result, $2: test; its output on stdin.
say() {
    [ "$1" = pass ] || [ "$1" = skip ] || tail -n 30 | sed 's/^/  /'
    echo "@@piglit $1 $2"
}

# All of "$@": one process, as often as one of them ends it.
batch() {
    while [ $# -gt 1 ]; do
        timeout 400 "bin/$runner" "$@" -auto -fbo -report-subtests </dev/null >$out 2>&1
        : >$out.again
        printf '%s\n' "$@" >$out.names
        # Results come in the order of the names.
        awk -v again=$out.again '
            NR == FNR { name[NR] = $0; next }
            /^PIGLIT: {"subtest"/ {
                n++
                sub(/.*" : "/, "")
                sub(/".*/, "")
                if ($0 == "pass" || $0 == "skip")
                    print "@@piglit " $0 " " name[n]
                else
                    print name[n] >again
            }' $out.names $out
        shift "$(grep -c '^PIGLIT: {"subtest"' $out)"
        while read -r name; do
            alone "$name"
        done <$out.again
        [ $# -gt 0 ] || return
        alone "$1"
        shift
    done
    [ $# -eq 0 ] || alone "$1"
}

runner=
set --
while read -r wanted test; do
    if [ "$wanted" != "$runner" ] || [ $# -ge 60 ]; then
        [ $# -eq 0 ] || batch "$@"
        set --
        runner=$wanted
    fi
    set -- "$@" "$test"
done <"$list"
[ $# -eq 0 ] || batch "$@"
exit 0
