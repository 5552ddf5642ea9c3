"""The table of bad kernel messages."""

import unittest

import garm_path  # noqa: F401
from garm import console

CASES = {
    "[    2.09] harmless": None,
    "[   12.345678] WARNING: CPU: 0 PID: 1 at drivers/gpu/x.c:1 f+0x0/0x1": "warning",
    "[   12.345678][   T12] WARNING: possible circular locking dependency detected": "warning",
    "[   12.345678] BUG: KASAN: slab-use-after-free in f+0x1/0x2": "warning",
    "[   12.345678] BUG: sleeping function called from invalid context at x.c:1": "warning",
    "[   12.345678] INFO: task modprobe:12 blocked for more than 60 seconds.": "warning",
    "[   12.345678] rcu: INFO: rcu_preempt self-detected stall on CPU": "warning",
    "[   12.345678] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:": "warning",
    "[   12.345678] watchdog: BUG: soft lockup - CPU#0 stuck for 26s!": "warning",
    "[   12.345678] refcount_t: underflow; use-after-free.": "warning",
    "[   12.345678] UBSAN: array-index-out-of-bounds in x.c:1:2": "warning",
    "[   12.345678] kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)": "warning",
    "[   12.345678] Unable to handle kernel NULL pointer dereference at virtual address 0": "oops",
    "[   12.345678] Internal error: Oops: 0000000096000004 [#1] SMP": "oops",
    "[   12.345678] kernel BUG at mm/slub.c:1!": "oops",
    "[   12.345678] Kernel panic - not syncing: sysrq triggered crash": "oops",
    "[   12.345678] SError Interrupt on CPU1, code 0x00000000be000011 -- SError": "oops",
    "[   12.345678] garm-init: module x.ko: WARNING: no": None,
    "[   12.345678] Kernel command line: oops=panic BUG: x": None,
    "[   12.345678] panthor c000000.gpu: [drm] no WARNING: in the middle of a line": None,
    "[   12.345678] rcu: Hierarchical RCU implementation.": None,
    "[   12.345678] DMA-API: preallocated 65536 debug entries": None,
    "[   12.345678] DMA-API: debugging enabled by kernel config": None,
}


class Table(unittest.TestCase):
    def test_severity(self) -> None:
        for line, severity in CASES.items():
            with self.subTest(line):
                found = console.classify(line)
                self.assertEqual(found[0] if found else None, severity)

    def test_worst_prefers_oops(self) -> None:
        log = "[ 1.0] WARNING: CPU: 0\r\n[ 2.0] fine\r\n[ 3.0] Internal error: Oops\r\n"
        findings = console.scan(log)
        self.assertEqual([finding.severity for finding in findings], ["warning", "oops"])
        worst = console.worst(findings)
        assert worst
        self.assertEqual((worst.name, worst.line), ("kernel oops", 2))
        self.assertIn("fine", console.excerpt(log, worst))

    def test_clean_log(self) -> None:
        self.assertIsNone(console.worst(console.scan("[ 0.0] Booting Linux\n")))


if __name__ == "__main__":
    unittest.main()
