"""System sleep of the guest, and pauses of the host.

The channels of scripts/run do not come back from system sleep on Linux 7.3 (virtio console): the kernel's log tells
instead, and the guest is not waited for."""

import re
import signal
import time

from garm.errors import GarmError
from garm.options import Options
from garm.suite import parse
from garm.suite.model import FAIL, Result

MOST_PAUSES = 400   # of 0.17 s: the guest is not paused for ever
SCRIPT = """
garm_suspend > /root/said 2>&1; status=$?
while read -r line; do echo "garm-suspend: $line" > /dev/kmsg; done < /root/said
echo "garm-suspend: end $status" > /dev/kmsg
"""


def test_system_sleep(s):
    """garm.ko: jobs in flight over system sleep complete, on both kernels"""
    for kernel in ("stable", "backports"):
        with s.guest(Options(driver="garm", kernel=kernel)) as guest:
            guest.start(SCRIPT)
            try:
                end = guest.wait_for(r"garm-suspend: end (\d+)", 600, channel="console")
            except GarmError as error:
                yield Result(f"{kernel}: garm_suspend ends", FAIL, str(error))
                continue
            said = "\n".join(re.findall(r"garm-suspend: (.*?)\r?$", guest.output("console"), re.M))
        for row in parse.igt(said, int(end[1]), f"scripts/run --driver garm --kernel {kernel} -- garm_suspend"):
            yield Result(f"{kernel}: {row.name}", row.status, row.detail, row.seconds)


def test_pause_garm(s):
    """garm.ko: groups are suspended and resumed while the host pauses the whole machine; none is lost

    A pause is longer than the firmware's time-out: the guest's clock has run when it ends, the firmware has not. When
    in the guest's work the pauses come is chance, so a bad driver may pass; a good one does not fail."""
    command = "echo begins; for i in $(seq 12); do " \
              "pm_suspend --run-subtest groups > /root/said 2>&1 || cat /root/said; done; " \
              "echo \"$(dmesg | grep -c 'only 0x') requests timed out\""
    with s.guest(Options(driver="garm")) as guest:
        guest.start(command)
        guest.wait_for("^begins$", 300)
        pauses = 0
        while guest.process.poll() is None and "timed out" not in guest.output() and pauses < MOST_PAUSES:
            time.sleep(0.06)
            guest.process.send_signal(signal.SIGSTOP)
            time.sleep(0.17)
            guest.process.send_signal(signal.SIGCONT)
            pauses += 1
        run = guest.wait(600)
    yield s.verdict("boot, no kernel warning, power off", run)
    said = run.stdout.decode(errors="replace").splitlines()
    yield s.check(f"groups live through {pauses} pauses", pauses > 0 and said == ["begins", "0 requests timed out"],
                  "expected nothing timed out and no failure, got:\n" + "\n".join(said[-20:]))


test_pause_garm.asked = True    # half a minute
