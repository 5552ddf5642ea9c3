"""The table of recovery times."""

import json
import unittest

import garm_path  # noqa: F401
from garm.benchrecovery import chance, parse, rows_of
from garm.errors import GarmError


def line(*ms, fault="f"):
    """A line of recovery_bench."""
    return {"fault": fault, "what": "a fault", "ms": list(ms)}


MISSING = {"fault": "f", "what": "a fault", "missing": "no means"}


def rows(panthor, garm):
    """What the table says; lines of each turn."""
    samples = {"panthor": {panthor[0]["fault"]: panthor}, "garm": {garm[0]["fault"]: garm}}
    return [(figure.name, figure.value, figure.ok) for figure in rows_of(samples)]


class Rows(unittest.TestCase):
    """Medians, ratios, what cannot be measured."""

    def test_median_of_all_rounds(self):
        self.assertEqual(rows([line(10, 30), line(20)], [line(5), line(5, 100)]),
                         [("a fault: panthor", 20, None), ("a fault: garm", 5, None),
                          ("a fault: garm / panthor", 0.25, True)])

    def test_median_of_two_is_between(self):
        self.assertEqual(rows([line(10, 30)], [line(5)])[0][1], 20)

    def test_slower(self):
        self.assertIs(rows([line(10, 20, 30)], [line(21)])[2][2], False)

    def test_missing_on_one(self):
        self.assertEqual(rows([MISSING], [line(5)]),
                         [("a fault: not panthor, no means", 0, None), ("a fault: garm", 5, None)])


class Timed(unittest.TestCase):
    """A timer of the GPU is what takes the time."""

    def verdict(self, panthor, garm):
        """Whether the limit is met."""
        return rows([line(*panthor, fault="endless")], [line(*garm, fault="endless")])[2][2]

    def test_within_the_scatter_of_the_reference(self):
        self.assertIs(self.verdict([2600, 2620, 2640, 2660], [2631]), True)

    def test_beyond_it(self):
        self.assertIs(self.verdict([2600, 2620, 2640, 2660], [2750]), False)

    def test_no_scatter_no_tolerance(self):
        self.assertIs(self.verdict([2600, 2600], [2601]), False)

    def test_own_scatter_buys_nothing(self):
        self.assertIs(self.verdict([2600, 2600, 2601, 2601], [2000, 2650, 2650, 3000]), False)

    def test_more_rounds_less_chance(self):
        self.assertLess(chance([1, 2, 3, 4] * 4), chance([1, 2, 3, 4]))


class Parse(unittest.TestCase):
    """What the guest printed."""

    def text(self, *lines):
        """Lines behind their drivers' names."""
        return "noise\n" + "".join(f"{driver} {json.dumps(row)}\n" for driver, row in lines)

    def test_lines(self):
        self.assertEqual(parse(self.text(("panthor", MISSING), ("garm", line(5)), ("garm", line(6)), ("panthor", MISSING))),
                         {"panthor": {"f": [MISSING, MISSING]}, "garm": {"f": [line(5), line(6)]}})

    def refused(self, *lines):
        """No table is made of it."""
        with self.assertRaises(GarmError):
            parse(self.text(*lines))

    def test_nothing(self):
        self.refused(("garm", line(5)))

    def test_half_a_line(self):
        self.refused(("panthor", line(5)), ("garm", {"fault": "f", "what": "a fault"}))

    def test_time_and_no_time(self):
        self.refused(("panthor", line(5)), ("garm", {**MISSING, "ms": [5]}))

    def test_turn_without_the_kind(self):
        self.refused(("panthor", line(5)), ("garm", line(5)), ("garm", line(5, fault="g")), ("garm", line(5)))

    def test_driver_without_the_kind(self):
        self.refused(("panthor", line(5)), ("garm", line(5)), ("garm", line(5, fault="g")))


if __name__ == "__main__":
    unittest.main()
