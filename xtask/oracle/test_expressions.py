"""The expression language on series that can be followed by eye."""

import unittest
from datetime import datetime, timedelta, timezone

import numpy as np

from bars import Bars, aggregate, interval_end, interval_start
from expressions import evaluate, parse

START = datetime(2021, 3, 1, tzinfo=timezone.utc)


def closes(*prices, timeframe="1h", hours=None):
    bars = Bars(timeframe)
    for i, price in enumerate(prices):
        time = START + timedelta(hours=hours[i] if hours else i)
        bars.add(time, price, price, price, price, 1)
    return bars


def states(text, bars):
    """`1` true, `0` false, `-` not ready, one character per bar."""
    found = evaluate(text, bars)
    return "".join("-" if not r else str(int(v)) for v, r in zip(found.values, found.ready))


class Expressions(unittest.TestCase):
    def test_precedence(self):
        self.assertEqual(
            parse("close > 1 or close > 2 and not close > 3"),
            parse("(close > 1) or ((close > 2) and (not (close > 3)))"),
        )
        self.assertEqual(parse("1 + 2 * -close[1]"), parse("1 + (2 * (0 - (close[1])))"))
        self.assertEqual(parse("3 - 2 - 1"), parse("(3 - 2) - 1"))
        with self.assertRaises(ValueError):
            parse("close > 1 close")

    def test_not_ready_stays_so_under_not_and_or(self):
        bars = closes(1, 2, 3, 2, 1)
        cases = {
            "close > sma(close, 3)": "--100",
            "not (close > sma(close, 3))": "--011",
            "close > 0 or close > sma(close, 3)": "--111",
            "close > 5 and close > sma(close, 3)": "--000",
            "close > close[2]": "--100",
            "sma(close, 2) > sma(close, 2)[1]": "--100",
        }
        for text, wanted in cases.items():
            self.assertEqual(states(text, bars), wanted, text)

    def test_values_within_the_tie_width_are_equal(self):
        bars = closes("100", "100.00000005", "100.0000002")
        for text, wanted in (
            ("close > 100", "001"), ("close >= 100", "111"), ("close <= 100", "110"),
            ("close == 100", "110"), ("close != 100", "001"), ("close < 100", "000"),
        ):
            self.assertEqual(states(text, bars), wanted, text)

    def test_a_cross_needs_the_other_side_or_a_tie_before(self):
        bars = closes(1, 2, 3, 2, 1, 2, 2)
        self.assertEqual(states("crossover(close, 2)", bars), "-010000")
        self.assertEqual(states("crossunder(close, 2)", bars), "-000100")
        self.assertEqual(states("crossover(close, close[1])", bars), "--00010")

    def test_a_higher_timeframe_shows_at_its_own_close(self):
        # Hours 0-3 close at 4 with the bar of hour 3; hours 4-7 have none at hour 7, so that bar
        # shows with the next one present, at hour 9.
        bars = closes(1, 2, 3, 4, 5, 6, 7, 8, hours=[0, 1, 2, 3, 4, 6, 9, 11])
        values = evaluate('tf("4h", close)', bars).values
        np.testing.assert_array_equal(values, [np.nan] * 3 + [4, 4, 4, 6, 8])
        values = evaluate('tf("4h", close[1])', bars).values
        np.testing.assert_array_equal(values, [np.nan] * 6 + [4, 6])

    def test_aggregation(self):
        bars = Bars("1h")
        bars.add(START, 5, 9, 4, 6, 10)
        bars.add(START + timedelta(hours=1), 6, 7, 1, 2, 5)
        higher = aggregate(bars, "4h")
        self.assertEqual(
            (higher.open, higher.high, higher.low, higher.close, higher.volume),
            ([5], [9], [1], [2], [15]),
        )

    def test_weeks_begin_on_monday_and_months_on_their_first_day(self):
        time = datetime(2021, 12, 29, 15, tzinfo=timezone.utc)
        week, month = interval_start(time, "1w"), interval_start(time, "1M")
        self.assertEqual((week.day, interval_end(week, "1w").isoformat()[:10]), (27, "2022-01-03"))
        self.assertEqual((month.day, interval_end(month, "1M").isoformat()[:10]), (1, "2022-01-01"))

    def test_noise_marks_comparisons_that_nobody_can_answer(self):
        flat = closes(*["100.1"] * 30)
        for text, sure in (
            ("close > sma(close, 5)", True), ("close > bb(close, 5, 2).upper", False),
            ("macd(close, 3, 6, 3).histogram > 0", False), ("stdev(close, 5) < 1", True),
        ):
            self.assertEqual(evaluate(text, flat).sure.all(), sure, text)


if __name__ == "__main__":
    unittest.main()
