"""What of QEMU's memory is not the guest's. Called by scripts/test scripts/python."""

import unittest

import garm_path  # noqa: F401
from garm import footprint
from garm.errors import GarmError

SMAPS = """\
1000-5000 r--p 00000000 00:00 1  /usr/bin/qemu
Size:                 16 kB
Rss:                  12 kB
Pss:                   1 kB
10000-30000 rw-p 00000000 00:00 0
Size:                128 kB
Rss:                 128 kB
AnonHugePages:         0 kB
40000-60000 rw-p 00000000 00:00 0
Rss:                  64 kB
"""


class Above(unittest.TestCase):
    def test_the_guests_ram_does_not_count(self):
        self.assertEqual(footprint.above_ram(SMAPS, 0x10000, 0x20000) * 1024, 12 + 64)

    def test_nothing_is_left_out_elsewhere(self):
        self.assertEqual(footprint.above_ram(SMAPS, 0x100000, 0x20000) * 1024, 12 + 128 + 64)

    def test_a_mapping_may_reach_over_the_end(self):
        self.assertEqual(footprint.above_ram(SMAPS, 0x10000, 0x40000) * 1024, 12 + 32)

    def test_where_it_is(self):
        answer = "Host virtual address for 0x40000000 (mach-virt.ram) is 0x7f0010000000\r\n"
        self.assertEqual(footprint.ram_address(answer), 0x7F0010000000)
        with self.assertRaisesRegex(GarmError, "where the guest's RAM is: 'No memory'"):
            footprint.ram_address("No memory\n")

    def test_the_limit(self):
        self.assertEqual([footprint.figure("x", mib).ok for mib in (0, 299.5, 300)], [False, True, False])


if __name__ == "__main__":
    unittest.main()
