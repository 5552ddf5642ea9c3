"""The table of recovery times."""

import json
import unittest

import garm_path  # noqa: F401
from garm.benchrecovery import parse, rows_of
from garm.errors import GarmError


def time(ms, longest=None):
    """A line of recovery_bench."""
    return {"fault": "f", "what": "a fault", "rounds": 3, "median_ms": ms, "max_ms": longest or ms}


MISSING = {"fault": "f", "what": "a fault", "missing": "no means"}


def rows(panthor, garm):
    """What the table says."""
    samples = {"panthor": [{"f": line} for line in panthor], "garm": [{"f": line} for line in garm]}
    return [(figure.name, figure.value, figure.ok) for figure in rows_of(samples)]


class Rows(unittest.TestCase):
    """Medians, ratios, what cannot be measured."""

    def test_both(self):
        self.assertEqual(rows([time(10), time(30)], [time(5), time(5)]),
                         [("a fault: panthor", 20, None), ("a fault: garm", 5, None),
                          ("a fault: garm / panthor", 0.25, True)])

    def test_slower(self):
        self.assertIs(rows([time(10)], [time(11)])[2][2], False)

    def test_missing_on_one(self):
        self.assertEqual(rows([MISSING], [time(5)]),
                         [("a fault: garm", 5, None), ("a fault: not panthor, no means", 0, None)])

    def test_boot_without_the_kind(self):
        with self.assertRaises(GarmError):
            list(rows_of({"panthor": [{}], "garm": [{"f": time(5)}]}))


class Parse(unittest.TestCase):
    """Lines of the program."""

    def test_lines(self):
        text = "noise\n" + json.dumps(time(5)) + "\n" + json.dumps({**MISSING, "fault": "g"}) + "\n"
        self.assertEqual(parse(text), {"f": time(5), "g": {**MISSING, "fault": "g"}})

    def test_nothing(self):
        with self.assertRaises(GarmError):
            parse("")

    def test_half_a_line(self):
        with self.assertRaises(GarmError):
            parse('{"fault": "f", "what": "a fault"}')


if __name__ == "__main__":
    unittest.main()
