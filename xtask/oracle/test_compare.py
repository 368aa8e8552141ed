"""The cases reach every row of the contract, and the comparison sees what differs."""

import copy
import tempfile
import unittest
from collections import Counter
from fractions import Fraction
from pathlib import Path

from ballast import same
from bars import read_csv
from cases import draw
from compare import Difference, compare_curve, compare_figures, compare_trades, require_fields
from performance import figures
from reference import rfc3339, trade_list

ROWS = """
cut down, refused below one lot, sized below one lot, reversal, reversal cut down
opposite entry with exit_signal, opposite entry with opposite_signal, both entries while flat
stop_loss gap, stop_loss inside, stop_loss in the entry bar, stop and target inside one bar
take_profit gap, take_profit inside, take_profit in the entry bar, target below one lot inside
trailing_stop gap, trailing_stop inside, trailing_stop in the entry bar
break-even gap, break-even inside, liquidation gap, liquidation inside
exit signal while the open is beyond the stop, opposite entry with time_stop
time stop and exit at one close, entry before the ATR is ready
open at the end, open at the end after a target, order that no bar fills
"""


class Cases(unittest.TestCase):
    def test_two_hundred_seeds_reach_every_row(self):
        met = Counter()
        for seed in range(200):
            met.update(set(draw(seed)[1].rows))
        wanted = {row.strip() for line in ROWS.strip().splitlines() for row in line.split(", ")}
        self.assertEqual({row for row in wanted if not met[row]}, set())

    def test_a_seed_is_one_case_and_its_files_say_the_same(self):
        for seed in range(20):
            case, result = draw(seed)
            again, _ = draw(seed)
            self.assertEqual(case, again)
            with tempfile.TemporaryDirectory() as folder:
                case.write(folder)
                self.assertEqual(read_csv(Path(folder, "bars.csv"), case.timeframe), case.bars())
            self.assertEqual(len(result.equity), len(case.rows))


class Comparison(unittest.TestCase):
    def setUp(self):
        self.case, self.result = next(
            found for found in map(draw, range(100)) if len(found[1].trades) > 3
        )
        self.answer = figures(self.case.bars(), self.result, self.case.settings())
        self.answer["trades"] = trade_list(self.case.bars(), self.result)

    def test_an_equal_answer_passes(self):
        require_fields(self.answer)
        compare_trades(self.answer, self.answer)
        compare_figures(self.answer, self.answer)

    def test_any_other_trade_is_seen(self):
        for name in ("side", "entryTime", "exitTime", "exitReason"):
            self.differs(lambda trade: trade | {name: "other"}, name)
        for name in ("entryPrice", "exitPrice", "quantity"):
            self.differs(lambda trade: trade | {name: trade[name] * (1 + Fraction(1, 10**8))}, name)
        self.differs(lambda trade: trade | {"pnl": trade["pnl"] + Fraction(1, 100)}, "pnl")

    def differs(self, change, name):
        answer = copy.deepcopy(self.answer)
        answer["trades"][2] = change(answer["trades"][2])
        with self.assertRaisesRegex(Difference, f"trade 2, {name}"):
            compare_trades(self.answer, answer)

    def test_a_missing_trade_or_field_and_any_other_figure_is_seen(self):
        with self.assertRaisesRegex(Difference, "trades, not"):
            compare_trades(self.answer, self.answer | {"trades": self.answer["trades"][:-1]})
        with self.assertRaisesRegex(Difference, "missing in the answer: sharpe"):
            require_fields({key: self.answer[key] for key in self.answer if key != "sharpe"})
        for name in ("finalEquity", "maxDrawdownPct", "closedTrades"):
            with self.assertRaisesRegex(Difference, name):
                compare_figures(self.answer, self.answer | {name: self.answer[name] + 1})

    def test_the_curve_has_its_rows_times_and_values(self):
        bars, equity = self.case.bars(), self.result.equity
        curve = [(rfc3339(bars.close_time(i)), point) for i, point in enumerate(equity)]
        compare_curve(bars, equity, curve, 1000)
        for wrong in (curve[:-1], [("", equity[0]), *curve[1:]], [(curve[0][0], 1), *curve[1:]]):
            with self.assertRaises(Difference):
                compare_curve(bars, equity, wrong, 1000)

    def test_numbers_agree_to_nine_digits_whatever_their_type(self):
        self.assertTrue(same(Fraction(1, 3), "0.33333333333"))
        self.assertFalse(same(Fraction(1, 3), "0.3333333"))
        self.assertTrue(same(0.0, "0.00000000001", scale=1))
        self.assertFalse(same(None, "0"))
        self.assertFalse(same(1, "NaN"))
        self.assertTrue(same(None, None))


if __name__ == "__main__":
    unittest.main()
