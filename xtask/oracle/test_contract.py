"""The contract on tables small enough to compute by hand, a row or more of its text each.

A table's line is a day: open, high, low, close and a signal, which conditions read as the volume:
1 entry, 2 exit, 3 entry of shorts, 4 exit of shorts, 6 exit and entry of shorts, 7 both entries.
"""

import unittest
from datetime import datetime, timedelta, timezone
from fractions import Fraction

from bars import Bars
from contract import LONG, Settings, floor_to, run

START = datetime(2020, 1, 6, tzinfo=timezone.utc)
CONDITIONS = {
    "entry": "volume == 1 or volume == 7", "exit": "volume == 2 or volume == 6",
    "entryShort": "volume == 3 or volume == 6 or volume == 7", "exitShort": "volume == 4",
}


def simulate(table, direction="long", exits=None, sizing=None, **settings):
    bars = Bars("1d")
    for i, line in enumerate(table.strip().splitlines()):
        bars.add(START + timedelta(days=i), *line.split())
    names = CONDITIONS if direction == "both" else ("entry", "exit")
    config = {name: CONDITIONS[name] for name in names} | {
        "direction": direction,
        "sizing": sizing or {"type": "fixedQuantity", "quantity": "10"},
        "exits": exits or {},
    }
    amounts = {name: Fraction(value) for name, value in settings.items()}
    return run(bars, config, Settings(**({"cash": Fraction(10_000)} | amounts)))


def shown(result):
    """One line per trade: side, quantity, entry, exit, profit and reason; bars count from 0."""
    lines = []
    for trade in result.trades + result.open_trades:
        side = "long" if trade.side == LONG else "short"
        entry = f"{side} {float(trade.quantity):g} at {float(trade.entry_price):g} in"
        text = f"{entry} {trade.entry_index}"
        if trade.exit_index is not None:
            text += f", out at {float(trade.exit_price):g} in {trade.exit_index}"
            text += f": {float(trade.pnl):g} {trade.exit_reason}"
        lines.append(text)
    return lines


class ContractTest(unittest.TestCase):
    maxDiff = None

    def check(self, table, *expected, **options):
        result = simulate(table, **options)
        self.assertEqual(shown(result), list(expected))
        return result

    def percent(self, value, **more):
        return {"type": "percent", "value": str(value), **more}


class Signals(ContractTest):
    def test_a_signal_fills_at_the_next_open_and_the_curve_marks_closes(self):
        result = self.check(
            """
            100 101 99 100 1
            102 104 101 103 0
            103 108 103 107 2
            106 107 105 105 0
            """,
            "long 10 at 102 in 1, out at 106 in 3: 40 exit_signal",
        )
        self.assertEqual(result.equity, [10_000, 10_010, 10_050, 10_040])

    def test_costs_are_against_us_on_both_sides(self):
        # Buys at 100 x 1.01 = 101, sells at 110 x 0.99 = 108.9; fees 1 % of 1010 and of 1089.
        result = self.check(
            """
            100 100 100 100 1
            100 110 100 110 2
            110 110 110 110 0
            """,
            "long 10 at 101 in 1, out at 108.9 in 2: 58.01 exit_signal",
            fee_pct=1, slippage_bps=100,
        )
        self.assertEqual(result.fees, Fraction("20.99"))
        self.assertEqual(result.equity[1], 10_000 - Fraction("10.1") + 90)

    def test_the_exit_wins_while_holding_and_an_entry_at_its_fill_comes_a_bar_later(self):
        self.check(
            """
            100 100 100 100 1
            100 100 100 100 2
            100 100 100 100 1
            100 100 100 100 0
            """,
            "long 10 at 100 in 1, out at 100 in 2: 0 exit_signal", "long 10 at 100 in 3",
        )

    def test_a_reversal_closes_and_opens_at_one_open(self):
        result = self.check(
            """
            100 100 100 100 1
            100 110 100 110 3
            120 120 110 110 2
            110 110 110 110 4
            108 108 108 108 0
            """,
            "long 10 at 100 in 1, out at 120 in 2: 200 opposite_signal",
            "short 10 at 120 in 2, out at 108 in 4: 120 exit_signal",
            direction="both",
        )
        self.assertEqual(result.equity[-1], 10_320)

    def test_an_exit_with_an_opposite_entry_reverses_as_an_exit_signal(self):
        self.check(
            """
            100 100 100 100 1
            100 100 100 100 6
            100 100 100 100 0
            """,
            "long 10 at 100 in 1, out at 100 in 2: 0 exit_signal", "short 10 at 100 in 2",
            direction="both",
        )

    def test_both_entries_while_flat_make_no_trade(self):
        self.check("100 100 100 100 7\n100 100 100 100 0", direction="both")

    def test_max_bars_counts_closes_from_the_entry_bar(self):
        self.check(
            """
            100 100 100 100 1
            100 100 100 100 0
            101 101 101 101 0
            102 102 102 102 0
            """,
            "long 10 at 100 in 1, out at 102 in 3: 20 time_stop", exits={"maxBars": 2},
        )


class Sizes(ContractTest):
    def size(self, sizing, *, table="100 100 100 80 1\n90 90 90 90 0", **options):
        return float(simulate(table, sizing=sizing, **options).open_trades[0].quantity)

    def test_the_quantity_is_fixed_at_the_close_of_the_signal(self):
        # The close is 80, the fill at 90.
        for sizing, quantity in (
            ({"type": "fixedQuantity", "quantity": "2.5"}, 2.5),
            ({"type": "fixedNotional", "notional": "1000"}, 12.5),
            ({"type": "percentOfEquity", "value": "50"}, 62.5),
            ({"type": "percentOfAvailable", "value": 20}, 25),
        ):
            self.assertEqual(self.size(sizing), quantity)
        self.assertEqual(self.size({"type": "fixedNotional", "notional": "1000"}, lot=1), 12)

    def test_risk_is_the_loss_at_the_stop_counted_from_the_close(self):
        # 1 % of 10000 is 100; the stop 5 % under 80 is 4 away, at 72 it is 8 away.
        risk = {"type": "riskPercent", "value": "1"}
        self.assertEqual(self.size(risk, exits={"stopLoss": self.percent(5)}), 25)
        stop = {"stopLoss": {"type": "price", "value": "72"}}
        self.assertEqual(self.size(risk, exits=stop), 12.5)

    def test_the_fill_cuts_down_to_what_is_available(self):
        # 10000 / (125 x 1.01) = 79.2…; the whole account at 100 would have been 100.
        table = "100 100 100 100 1\n125 125 125 125 0"
        whole = {"type": "percentOfEquity", "value": "100"}
        self.assertEqual(self.size(whole, table=table, fee_pct=1, lot=1), 79)
        self.assertEqual(self.size(whole, table=table), 80)
        tiny = simulate(table, sizing=whole, lot=100)
        self.assertEqual(shown(tiny), [])
        self.assertEqual(tiny.rows["refused below one lot"], 1)

    def test_a_reversal_counts_its_closing_leg_at_the_close_net_of_its_fee(self):
        # 50 long at 100; at the close of 120 equity is 10000 - 50 + 1000 less a fee of 60: 10890,
        # of which half buys 45.375 at 120.
        result = simulate(
            "100 100 100 100 1\n100 120 100 120 3\n130 130 130 130 0", direction="both",
            sizing={"type": "percentOfEquity", "value": "50"}, fee_pct=1,
        )
        self.assertEqual(float(result.open_trades[0].quantity), 45.375)

    def test_quantities_without_a_lot_keep_fifteen_digits(self):
        self.assertEqual(floor_to(Fraction(200, 3), None), Fraction("66.6666666666666"))
        self.assertEqual(floor_to(Fraction(2, 3), None), Fraction("0.666666666666666"))
        self.assertEqual(floor_to(Fraction(10**20 + 7), None), 10**20)


class Protection(ContractTest):
    def test_a_stop_fills_at_its_level_or_worse(self):
        # Entry 100, stop 95; touching counts; a gap fills at the open; slippage on top.
        for line, price, pnl in (("98 99 95 98 0", "95", "-50"), ("90 99 89 98 0", "90", "-100")):
            self.check(
                f"100 100 100 100 1\n100 101 96 100 0\n{line}",
                f"long 10 at 100 in 1, out at {price} in 2: {pnl} stop_loss",
                exits={"stopLoss": self.percent(5)},
            )
        self.check(
            "100 100 100 100 1\n100 100 100 100 0\n100 106.1 100 100 0",
            "short 10 at 99 in 1, out at 104.99 in 2: -59.895 stop_loss",
            direction="short", exits={"stopLoss": self.percent(5)}, slippage_bps=100,
        )

    def test_a_target_fills_at_its_level_or_better_without_slippage(self):
        for line, price, pnl in (
            ("100 110 99 100 0", "110", "100"), ("112 113 99 100 0", "112", "120"),
        ):
            self.check(
                f"100 100 100 100 1\n100 101 96 100 0\n{line}",
                f"long 10 at 100 in 1, out at {price} in 2: {pnl} take_profit",
                exits={"takeProfit": [self.percent(10, portion="1")]},
            )

    def test_the_stop_comes_first_but_for_an_open_beyond_the_target(self):
        exits = {"stopLoss": self.percent(5), "takeProfit": [self.percent(10, portion="1")]}
        self.check(
            "100 100 100 100 1\n100 115 90 100 0",
            "long 10 at 100 in 1, out at 95 in 1: -50 stop_loss", exits=exits,
        )
        self.check(
            "100 100 100 100 1\n100 105 96 100 0\n111 115 90 100 0",
            "long 10 at 100 in 1, out at 111 in 2: 110 take_profit", exits=exits,
        )

    def test_an_exit_signal_beats_a_stop_that_the_open_gaps_through(self):
        self.check(
            "100 100 100 100 1\n100 100 100 100 2\n80 80 80 80 0",
            "long 10 at 100 in 1, out at 80 in 2: -200 exit_signal",
            exits={"stopLoss": self.percent(5)},
        )

    def test_a_trail_rises_at_closes_and_names_the_reason_when_tighter(self):
        # Distance 5 from the fill of 100, also later: 95, then 105 after a high of 110.
        exits = {"stopLoss": self.percent(5), "trailing": self.percent(5)}
        self.check(
            "100 100 100 100 1\n100 110 96 100 0\n107 108 104 105 0",
            "long 10 at 100 in 1, out at 105 in 2: 50 trailing_stop", exits=exits,
        )
        self.check(
            "100 100 100 100 1\n100 110 95 100 0",
            "long 10 at 100 in 1, out at 95 in 1: -50 stop_loss", exits=exits,
        )

    def test_break_even_moves_the_stop_to_the_fill_from_the_next_bar_on(self):
        exits = {"stopLoss": self.percent(5), "breakEvenAt": self.percent(2)}
        self.check(
            "100 100 100 100 1\n100 102 96 101 0\n101 101 99 99 0",
            "long 10 at 100 in 1, out at 100 in 2: 0 stop_loss", exits=exits,
        )
        self.check(
            "100 100 100 100 1\n100 101.9 96 101 0\n101 101 99 99 0",
            "long 10 at 100 in 1", exits=exits,
        )

    def test_targets_take_their_portions_and_the_stop_the_rest(self):
        # 3 of 10 at 105, 3 at 110, the last 4 stopped at 95: mean (315 + 330 + 380) / 10.
        exits = {
            "stopLoss": self.percent(5),
            "takeProfit": [self.percent(5, portion="0.33"), self.percent(10, portion="0.33"),
                           self.percent(50, portion="0.34")],
        }
        result = self.check(
            "100 100 100 100 1\n100 106 96 100 0\n106 111 96 100 0\n96 96 90 90 0",
            "long 10 at 100 in 1, out at 102.5 in 3: 25 stop_loss", exits=exits, lot=1,
        )
        self.assertEqual(result.equity, [10_000, 10_015, 10_045, 10_025])

    def test_the_last_target_takes_what_rounding_left(self):
        exits = {"takeProfit": [self.percent(5, portion="0.25"), self.percent(10, portion="0.75")]}
        self.check(
            "100 100 100 100 1\n100 105 96 100 0\n106 111 96 100 0",
            "long 10 at 100 in 1, out at 109 in 2: 90 take_profit", exits=exits, lot=1,
        )

    def test_distances_in_atr_are_those_of_the_signal(self):
        # True ranges of 2, 4 and 8: the first average of two is (4 + 8) / 2 = 6 (TA-Lib skips the
        # first bar, which has no close before it), the levels 100 - 6 and 100 + 12.
        table = """
            100 101 99 100 0
            100 102 98 100 0
            100 104 96 100 1
            100 111.9 94.1 100 0
            {}
            """
        exits = {
            "stopLoss": {"type": "atr", "value": "1", "period": 2},
            "takeProfit": [{"type": "atr", "value": "2", "period": 2, "portion": "1"}],
        }
        self.check(
            table.format("100 100 94 100 0"),
            "long 10 at 100 in 3, out at 94 in 4: -60 stop_loss", exits=exits,
        )
        self.check(
            table.format("100 112 95 100 0"),
            "long 10 at 100 in 3, out at 112 in 4: 120 take_profit", exits=exits,
        )

    def test_no_entry_before_the_atr_is_ready(self):
        exits = {"stopLoss": {"type": "atr", "value": "1", "period": 2}}
        self.check("100 100 100 100 1\n100 100 100 100 1\n100 100 100 100 0", exits=exits)

    def test_a_distance_below_moneys_precision_is_doubtful(self):
        # The average halves with each flat bar, from 10^-11 to 3 * 10^-13 at the entry.
        exits = {"stopLoss": {"type": "atr", "value": "1", "period": 2}}
        table = "100 100 100 100 0\n" * 2 + "100 100.00000000002 100 100 0\n"
        table += "100 100 100 100 {}\n" * 7
        first, last = [0, 1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1, 0]
        doubt = "no distance in a flat market"
        self.assertNotIn(doubt, simulate(table.format(*first), exits=exits).doubts)
        self.assertIn(doubt, simulate(table.format(*last), exits=exits).doubts)

    def test_a_short_whose_loss_eats_its_reserve_is_closed(self):
        self.check(
            "100 100 100 100 1\n100 199 100 150 0\n150 200 150 160 0",
            "short 10 at 100 in 1, out at 200 in 2: -1000 liquidation", direction="short",
        )
        self.check(
            "100 100 100 100 1\n100 199 100 150 0\n230 240 150 160 0",
            "short 10 at 100 in 1, out at 230 in 2: -1300 liquidation", direction="short",
        )


class Helpers(unittest.TestCase):
    def test_an_order_in_the_last_bar_fills_nowhere(self):
        self.assertEqual(shown(simulate("100 100 100 100 0\n100 100 100 100 1")), [])


if __name__ == "__main__":
    unittest.main()
