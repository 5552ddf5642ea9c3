"""hw/qemu/trace-events and mali_trace.c have a line for each event of hw/trace/events.def, with as many values."""

import re
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]


class TraceEvents(unittest.TestCase):
    """Three files, one list."""

    def setUp(self):
        rows = re.findall(r'^MALI_EVENT\((\w+), "([^"]*)"', (REPO / "hw/trace/events.def").read_text(), re.M)
        self.events = {name: form.count("%") for name, form in rows}

    def test_trace_events_file(self):
        """One trace point per event, with its arguments."""
        points = re.findall(r"^mali_(\w+)\(([^)]*)\)", (REPO / "hw/qemu/trace-events").read_text(), re.M)
        self.assertEqual({name: args.count(",") + 1 for name, args in points}, self.events)

    def test_dispatch(self):
        """One case per event."""
        cases = re.findall(r"case MALI_EV_(\w+):", (REPO / "hw/qemu/mali_trace.c").read_text())
        self.assertEqual(sorted(cases), sorted([*self.events, "COUNT"]))


if __name__ == "__main__":
    unittest.main()
