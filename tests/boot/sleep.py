"""System sleep. The channels of scripts/run do not come back from it on Linux 7.3 (virtio console): the kernel's log
tells instead, and the guest is not waited for."""

import re

from garm.errors import GarmError
from garm.options import Options
from garm.suite import parse
from garm.suite.model import FAIL, Result

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
