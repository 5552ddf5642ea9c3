"""Comparison of two drivers' figures."""

import unittest

import garm_path  # noqa: F401
from garm.benchdriver import Measure, compare, parse
from garm.errors import GarmError

RATE = Measure("rate", "rate", "1/s", 1.2, True)
TIME = Measure("time", "time", "ms", 1.0)
SIZE = Measure("size", "size", "B")


def verdicts(measure, panthor, garm):
    """What is said of each row."""
    samples = {"panthor": [{measure.key: value} for value in panthor], "garm": [{measure.key: value} for value in garm]}
    return [(figure.value, figure.ok) for figure in compare(samples, [measure])]


class Compare(unittest.TestCase):
    """Ratios and limits."""

    def test_medians_of_boots(self):
        self.assertEqual(verdicts(RATE, [90, 110], [110, 130]), [(100, None), (120, None), (1.2, True)])

    def test_rate_missed(self):
        self.assertIs(verdicts(RATE, [100], [119])[2][1], False)

    def test_time_met(self):
        self.assertIs(verdicts(TIME, [100], [100])[2][1], True)

    def test_time_missed(self):
        self.assertIs(verdicts(TIME, [100], [101])[2][1], False)

    def test_no_limit_no_ratio(self):
        self.assertEqual(verdicts(SIZE, [1], [2]), [(1, None), (2, None)])

    def test_nothing_to_compare_with(self):
        with self.assertRaises(GarmError):
            verdicts(RATE, [0], [1])

    def test_parse(self):
        text = 'garm {"rate": 2}\nnoise\npanthor {"rate": 1}\ngarm {"rate": 3}\n'
        self.assertEqual(parse(text, [RATE]), {"panthor": [{"rate": 1}], "garm": [{"rate": 2}, {"rate": 3}]})

    def test_parse_without_key(self):
        with self.assertRaises(GarmError):
            parse('garm {"rate": 2}\npanthor {}\n', [RATE])

    def test_parse_without_driver(self):
        with self.assertRaises(GarmError):
            parse('garm {"rate": 2}\n', [RATE])


if __name__ == "__main__":
    unittest.main()
