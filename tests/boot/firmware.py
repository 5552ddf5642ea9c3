"""Firmware images that are damaged in every way mkfw knows: the driver copes, QEMU goes on."""

import re
import tempfile
from pathlib import Path

from garm.options import Options

PLACE = "/lib/firmware/arm/mali/arch10.8"
# Each image gets a module load; afterwards the good image must work.
SCRIPT = f"""
mkdir -p {PLACE}; modprobe gpio-regulator
verdict() {{
    # the driver probes in its own time
    for try in $(seq 200); do
        if [ -e /dev/dri/renderD128 ]; then echo probed; return; fi
        if dmesg | grep -q 'probe.*failed with error'; then break; fi
        sleep 0.05
    done
    if dmesg | grep -q 'boot MCU'; then echo no-boot; else echo probe-fails; fi
}}
for image in /root/fw/*.bin; do
    cp $image {PLACE}/mali_csffw.bin
    dmesg -C
    modprobe panthor
    echo "@@ $(basename $image .bin) $(verdict)"
    rmmod panthor
done
"""


def corruptions(s, folder):
    """Make every broken image; yields name and what the table promises."""
    listed = s.context.in_root(["images/firmware/mkfw", "--list"]).stdout
    for line in listed.splitlines():
        match = re.match(r"\s*([\w-]+)\s+(probe-fails|no-boot|harmless)", line)
        if match:
            inside = s.context.root.inside(folder / f"{match[1]}.bin")
            s.context.in_root(["images/firmware/mkfw", "--corrupt", match[1], inside])
            yield match[1], match[2]


def test_firmware_damaged(s):
    """every damaged firmware image gives the defined failure, the good one works afterwards"""
    with tempfile.TemporaryDirectory(dir=s.context.env.cache_root) as name:
        folder = Path(name) / "fw"
        folder.mkdir()
        promised = dict(corruptions(s, folder))
        yield s.check("there are images to try", len(promised) > 20, f"{len(promised)} images")
        (folder / "zz-good.bin").write_bytes(s.context.project.firmware.read_bytes())
        options = Options(driver="none", add=[f"{folder}:/root/fw"])
        run = s.boot(options, SCRIPT)
    yield s.verdict("no oops, no warning, QEMU alive", run)
    seen = dict(re.findall(r"^@@ (\S+) (\S+)$", run.stdout.decode(errors="replace"), re.M))
    for image, want in {**promised, "zz-good": "harmless"}.items():
        want = "probed" if want == "harmless" else want
        yield s.check(f"{image}: {want}", seen.get(image) == want, f"expected {want}, got {seen.get(image)}")
