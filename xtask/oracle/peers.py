"""The program beside other people's engines and indicators, on a real daily series.

    python peers.py --ballast target/release/ballast [--data goog-1d-2004-2013.csv]

backtesting.py and backtrader run the same conditions with their own fills, fees and accounts.
Where their semantics are not ours the case is left out: their sizes are whole units, backtesting.py
has no slippage of ours, and protective prices are given as prices, fixed before the fill as theirs.
"""

import argparse
import json
import os
import sys
import tempfile
import warnings
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import backtesting
import pandas

from ballast import Refused, backtest, command_words, decimal, same
from bars import PRICES, read_csv
from expressions import evaluate
from peer_indicators import differences
from reference import rfc3339

try:
    import backtrader
except ImportError:
    backtrader = None

# The progress bar of backtesting.py is no news.
backtesting.backtesting._tqdm = lambda sequence, **_: sequence

DATA = "ohlcv/goog-1d-2004-2013.csv"
GOLDEN = {
    "bars": 2148, "finalEquity": "19477.70", "closedTrades": 46, "openTrades": 1, "fees": 0,
    "maxDrawdownPct": "9.033297386534",
}
GOLDEN_RATIOS = {"sharpe": "1.105610336", "sortino": "1.746372964", "calmar": "0.901043415"}
LONG_CROSS = ("crossover(sma(close, {0}), sma(close, {1}))",
              "crossunder(sma(close, {0}), sma(close, {1}))")
BRACKET = {
    "stopLoss": {"type": "price", "value": "300"},
    "takeProfit": [{"type": "price", "value": "600", "portion": "1"}],
}
BRACKET_SHORT = {
    "stopLoss": {"type": "price", "value": "600"},
    "takeProfit": [{"type": "price", "value": "300", "portion": "1"}],
}


@dataclass
class Peer:
    """What another engine made of a case; trades are (entry time, price, exit time, price)."""

    final_equity: float
    trades: list[tuple]
    drawdown_pct: float | None = None


@dataclass
class Case:
    """A strategy that the peers can express."""

    name: str
    direction: str
    conditions: dict
    exits: dict = field(default_factory=dict)
    fee_pct: str = "0"
    slippage_bps: str = "0"
    quantity: int = 10

    def config(self):
        return {
            "version": 1, "kind": "rules", "timeframe": "1d", "symbols": ["GOOG"],
            "direction": self.direction, **self.conditions, "exits": self.exits,
            "sizing": {"type": "fixedQuantity", "quantity": str(self.quantity)},
        }

    def levels(self):
        """The stop and the target as prices, or None."""
        stop = self.exits.get("stopLoss", {}).get("value")
        target = self.exits.get("takeProfit", [{}])[0].get("value")
        return stop and float(stop), target and float(target)


def crosses(fast, slow):
    return [text.format(fast, slow) for text in LONG_CROSS]


def cases():
    """The golden case first; then other periods, indicators, fees, directions and brackets."""
    found = []
    for fast, slow in ((10, 20), (5, 15), (20, 50), (50, 200)):
        up, down = crosses(fast, slow)
        for fee_pct in ("0", "0.1", "0.35"):
            name = f"sma {fast}/{slow}, fee {fee_pct} %"
            own = {"entry": up, "exit": down}
            found.append(Case(f"long, {name}", "long", own, fee_pct=fee_pct))
            own = {"entry": down, "exit": up}
            found.append(Case(f"short, {name}", "short", own, fee_pct=fee_pct))
            own = {"entry": up, "entryShort": down}
            found.append(Case(f"both, {name}", "both", own, fee_pct=fee_pct))
    for direction in ("long", "both"):
        up, down = crosses(8, 21)
        own = {"entry": up, "exit": down} if direction == "long" else {
            "entry": up, "entryShort": down}
        found.append(Case(f"{direction} with slippage", direction, own, {}, "0.1", "25"))
    oversold = {"entry": "rsi(close, 14) < 30", "exit": "rsi(close, 14) > 60"}
    found.append(Case("long, rsi levels", "long", oversold))
    swing = {
        "entry": "close > bb(close, 20, 2).upper", "exit": "close < bb(close, 20, 2).middle",
        "entryShort": "close < bb(close, 20, 2).lower",
        "exitShort": "close > bb(close, 20, 2).middle",
    }
    found.append(Case("both with exits, bands", "both", swing, fee_pct="0.05"))
    macd = "macd(close, 12, 26, 9)"
    found.append(Case("both, macd", "both", {
        "entry": f"crossover({macd}.line, {macd}.signal)",
        "entryShort": f"crossunder({macd}.line, {macd}.signal)"}, quantity=7))
    between = " and close > 310 and close < 590"
    for fee_pct in ("0", "0.2"):
        up, down = crosses(5, 15)
        own = {"entry": up + between, "exit": "close < 0"}
        found.append(Case(f"long bracket, fee {fee_pct} %", "long", own, BRACKET, fee_pct))
        own = {"entry": down + between, "exit": up}
        found.append(Case(f"short bracket, fee {fee_pct} %", "short", own, BRACKET_SHORT, fee_pct))
        own = {"entry": "close > close[1]" + between, "exit": "close < close[3]"}
        found.append(Case(f"busy bracket, fee {fee_pct} %", "long", own, BRACKET, fee_pct))
    return found


class Decision:
    """What a strategy wants at a close, the same for both peers."""

    def __init__(self, case, bars):
        names = ("entry", "exit", "entryShort", "exitShort")
        self.series = {
            name: evaluate(case.conditions[name], bars) for name in names if name in case.conditions
        }
        self.direction = case.direction

    def target(self, index, side):
        """The side to hold after the next open: 1, -1 or 0, given the side held now."""
        enter_long, exit_long, enter_short, exit_short = (
            name in self.series and self.series[name].holds(index)
            for name in ("entry", "exit", "entryShort", "exitShort")
        )
        if self.direction == "short":
            enter_long, exit_long, enter_short, exit_short = False, False, enter_long, exit_long
        if side == 0:
            return 0 if enter_long and enter_short else int(enter_long) - int(enter_short)
        leaves, opposite = (exit_long, enter_short) if side > 0 else (exit_short, enter_long)
        if opposite:
            return -side
        return 0 if leaves else side


def run_backtesting(case, bars, frame, cash):
    decision, (stop, target) = Decision(case, bars), case.levels()

    class Rules(backtesting.Strategy):
        def init(self):
            pass

        def next(self):
            side = (self.position.size > 0) - (self.position.size < 0)
            wanted = decision.target(len(self.data) - 1, side)
            if wanted == side:
                return
            if wanted == 0:
                self.position.close()
                return
            order = self.buy if wanted > 0 else self.sell
            order(size=case.quantity, sl=stop, tp=target)

    test = backtesting.Backtest(
        frame, Rules, cash=cash, commission=float(case.fee_pct) / 100, exclusive_orders=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # It asks to close what is open at the end.
        stats = test.run()
    rows = stats["_trades"].sort_values("ExitBar", kind="stable").itertuples()
    trades = [(t.EntryTime, t.EntryPrice, t.ExitTime, t.ExitPrice) for t in rows]
    return Peer(stats["Equity Final [$]"], trades, -stats["Max. Drawdown [%]"])


def run_backtrader(case, bars, frame, cash):
    decision, trades = Decision(case, bars), []

    class Rules(backtrader.Strategy):
        def next(self):
            side = (self.position.size > 0) - (self.position.size < 0)
            wanted = decision.target(len(self.data) - 1, side)
            if wanted != side:
                self.order_target_size(target=wanted * case.quantity)

        def notify_trade(self, trade):
            if trade.isclosed:
                times = (backtrader.num2date(t) for t in (trade.dtopen, trade.dtclose))
                entry, exit_ = (pandas.Timestamp(t).round("s") for t in times)
                trades.append((entry, trade.price, exit_, None))

    cerebro = backtrader.Cerebro(stdstats=False)
    cerebro.addstrategy(Rules)
    cerebro.adddata(backtrader.feeds.PandasData(dataname=frame))
    cerebro.broker.setcash(cash)
    cerebro.broker.setcommission(commission=float(case.fee_pct) / 100)
    # Slippage is not clamped to the bar.
    share = float(case.slippage_bps) / 10_000
    cerebro.broker.set_slippage_perc(share, slip_open=True, slip_match=True, slip_out=True)
    cerebro.run()
    return Peer(cerebro.broker.getvalue(), trades)


def compare(answer, peer):
    """The first difference between the program and a peer, or None."""
    closed = [trade for trade in answer["trades"] if trade["exitTime"]]
    if len(closed) != len(peer.trades):
        return f"{len(peer.trades)} closed trades, not {len(closed)}"
    for i, (trade, wanted) in enumerate(zip(closed, peer.trades)):
        found = (trade["entryTime"], trade["entryPrice"], trade["exitTime"], trade["exitPrice"])
        for value, other in zip(found, wanted):
            if hasattr(other, "strftime"):
                agrees = rfc3339(other) == value
            else:
                agrees = other is None or same(float(other), value)
            if not agrees:
                return f"trade {i}: {wanted}, not {found}"
    if not same(float(peer.final_equity), answer["finalEquity"]):
        return f"final equity {peer.final_equity}, not {answer['finalEquity']}"
    if peer.drawdown_pct is not None and not same(peer.drawdown_pct, answer["maxDrawdownPct"]):
        return f"maximum drawdown {peer.drawdown_pct}, not {answer['maxDrawdownPct']}"
    return None


def compare_golden(answer):
    for name, wanted in GOLDEN.items():
        if not same(wanted, answer[name]):
            return f"{name} {wanted}, not {answer[name]}"
    for name, wanted in GOLDEN_RATIOS.items():
        if abs(decimal(answer[name]) - Decimal(wanted)) > Decimal("6e-10"):
            return f"{name} {wanted}, not {answer[name]}"
    return None


def check_case(command, data, case, bars, frame):
    """The differences of one case from every peer that can run it."""
    cash = 100_000 if case.direction != "long" else 10_000
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "strategy.json")
        config.write_text(json.dumps(case.config()), encoding="utf-8")
        arguments = ["--data", data, "--symbol", "GOOG", "--timeframe", "1d", "--config",
                     str(config), "--cash", str(cash), "--fee-pct", case.fee_pct,
                     "--slippage-bps", case.slippage_bps]
        try:
            answer, _ = backtest(command, arguments, folder)
        except Refused as refused:
            return [("ballast", str(refused))]
    found = []
    if case.slippage_bps == "0":
        found.append(("backtesting.py", compare(answer, run_backtesting(case, bars, frame, cash))))
    if backtrader and not case.exits:
        found.append(("backtrader", compare(answer, run_backtrader(case, bars, frame, cash))))
    if case.name == "long, sma 10/20, fee 0 %":
        found.append(("the golden figures", compare_golden(answer)))
    return [(peer, difference) for peer, difference in found if difference]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ballast", required=True, help="the program, or a command line")
    parser.add_argument("--data", help=f"default: {DATA} in the folder BALLAST_TEST_DATA")
    given = parser.parse_args()
    data = given.data or str(Path(os.environ.get("BALLAST_TEST_DATA", ""), DATA))
    if not Path(data).exists():
        sys.exit(f"{data} is not there: give --data, or set BALLAST_TEST_DATA")
    if not backtrader:
        print("backtrader is not installed: its column is left out")
    command, bars = command_words(given.ballast), read_csv(data, "1d")
    columns = {name.title(): bars.floats(name) for name in PRICES}
    frame = pandas.DataFrame(columns, index=[time.replace(tzinfo=None) for time in bars.times])
    failed, passed = 0, 0
    for case in cases():
        found = check_case(command, data, case, bars, frame)
        passed, failed = passed + (not found), failed + bool(found)
        for peer, difference in found:
            print(f"FAILED {case.name}, {peer}: {difference}", flush=True)
    wrong, right = differences(command, data, bars)
    for line in wrong:
        print(f"FAILED {line}", flush=True)
    print(f"{passed + right} passed, {failed + len(wrong)} failed")
    sys.exit(1 if failed or wrong else 0)


if __name__ == "__main__":
    main()
