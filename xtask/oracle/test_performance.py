"""The figures on curves of a few points."""

import unittest
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from math import sqrt

from bars import Bars
from contract import LONG, Result, Settings, Trade
from performance import figures


def bars_of(timeframe, count, step):
    bars = Bars(timeframe)
    for i in range(count):
        bars.add(datetime(2021, 3, 1, tzinfo=timezone.utc) + step * i, 1, 1, 1, 1, 1)
    return bars


def figures_of(equity, pnls=(), timeframe="1d", step=timedelta(days=1), **settings):
    trades = [Trade(LONG, 0, Fraction(1), Fraction(1), Fraction(pnl)) for pnl in pnls]
    result = Result(trades=trades, equity=[Fraction(value) for value in equity])
    bars = bars_of(timeframe, len(equity), step)
    return figures(bars, result, Settings(Fraction(100), **settings))


class Figures(unittest.TestCase):
    def test_ratios_of_three_returns(self):
        # Returns of 10 %, -10 % and 10 %: mean 1/30, sample variance 4/300, downside 0.01 / 3.
        found = figures_of(["100", "110", "99", "108.9"])
        self.assertAlmostEqual(found["sharpe"], sqrt(252) / 30 / sqrt(4 / 300))
        self.assertAlmostEqual(found["sortino"], 252 / 30 / sqrt(252 * 0.01 / 3))
        self.assertAlmostEqual(found["calmar"], (1.089 ** (252 / 3) - 1) / 0.1)
        self.assertEqual(found["maxDrawdownPct"], 10)
        self.assertEqual(found["returnPct"], Fraction("8.9"))

    def test_the_drawdown_counts_the_starting_cash_and_the_returns_do_not(self):
        found = figures_of([80, 80, 80])
        self.assertEqual(found["maxDrawdownPct"], 20)
        self.assertIsNone(found["sharpe"])

    def test_returns_within_the_day_run_between_closes_of_days(self):
        # 36 hours a step of 12: days end at 110, 99 and 108.9; the low of 50 counts for drawdown.
        curve = ["100", "110", "50", "99", "100", "108.9"]
        step = timedelta(hours=12)
        found = figures_of(curve, timeframe="1h", step=step, asset="crypto")
        daily = figures_of(["110", "99", "108.9"], asset="crypto")
        for name in ("sharpe", "sortino", "calmar"):
            self.assertEqual(found[name], daily[name])
        self.assertEqual(found["maxDrawdownPct"], Fraction(600, 11))

    def test_wins_and_losses(self):
        found = figures_of([100], pnls=[30, -10, 0, 10])
        self.assertEqual((found["winRatePct"], found["profitFactor"]), (50, 4))

    def test_undefined_figures_are_none(self):
        found = figures_of([100, 100, 100])
        for name in ("sharpe", "sortino", "calmar", "winRatePct", "profitFactor"):
            self.assertIsNone(found[name], name)
        self.assertIsNone(figures_of([100], pnls=[1])["profitFactor"])
        self.assertIsNone(figures_of([100, 50, -10, 20, 30])["sharpe"])


if __name__ == "__main__":
    unittest.main()
