"""Other people's back-testers on one file: SMA 10/20 cross, long only, 10 units, no fee, next open.

Started by `cargo xtask bench backtest` as `backtest_peers.py BARS.csv CASH PEER...`. The bars are
loaded once; each peer is warmed up on a short slice, so that imports and compilation are not
measured. Then each line on standard input names a peer to run over all bars. Every answer is one
JSON object on a line: first what could be prepared, then one per run.

All peers get the same cross: above now and not above at the bar before, where values closer than
1e-9 relative are equal. Their own cross functions treat such ties in three different ways.
"""

import importlib.metadata
import json
import sys
import time
import warnings

import numpy as np
import pandas as pd

FAST, SLOW, UNITS = 10, 20, 10
TIE_RELATIVE = 1e-9
WARM_UP_BARS = 2_000


def crosses(fast, slow):
    """Where fast crosses above and below slow, as two boolean arrays."""
    tie = TIE_RELATIVE * np.abs(slow)
    above, below = fast > slow + tie, fast < slow - tie
    known = ~np.isnan(slow[:-1])
    up, down = np.zeros(len(fast), bool), np.zeros(len(fast), bool)
    up[1:] = above[1:] & ~above[:-1] & known
    down[1:] = below[1:] & ~below[:-1] & known
    return up, down


def sma(values, period):
    return pd.Series(values).rolling(period).mean().to_numpy()


def prepare_backtesting():
    import backtesting

    # Its progress bar costs time and is no part of the run.
    backtesting.backtesting._tqdm = lambda sequence, **_: sequence

    class Cross(backtesting.Strategy):
        def init(self):
            close = self.data.Close
            up, down = crosses(sma(close, FAST), sma(close, SLOW))
            self.up = self.I(lambda: up, plot=False)
            self.down = self.I(lambda: down, plot=False)

        def next(self):
            if self.position:
                if self.down[-1]:
                    self.position.close()
            elif self.up[-1]:
                self.buy(size=UNITS)

    def run(bars, cash):
        test = backtesting.Backtest(bars, Cross, cash=cash)
        start = time.perf_counter()
        stats = test.run()
        seconds = time.perf_counter() - start
        return seconds, stats["Equity Final [$]"], stats["# Trades"]

    return run


def prepare_vectorbt():
    import vectorbt

    vectorbt.settings.array_wrapper["freq"] = "1min"

    def run(bars, cash):
        opens, closes = bars["Open"], bars["Close"]
        start = time.perf_counter()
        values = closes.to_numpy()
        rolling_mean = vectorbt.generic.nb.rolling_mean_1d_nb
        up, down = crosses(rolling_mean(values, FAST), rolling_mean(values, SLOW))
        # A signal fills at the next open: both arrays move by one bar.
        up, down = np.roll(up, 1), np.roll(down, 1)
        up[0] = down[0] = False
        portfolio = vectorbt.Portfolio.from_signals(
            closes, up, down, price=opens, size=UNITS, init_cash=cash
        )
        equity, closed = portfolio.final_value(), portfolio.trades.closed.count()
        portfolio.max_drawdown(), portfolio.sharpe_ratio(), portfolio.sortino_ratio()
        seconds = time.perf_counter() - start
        return seconds, equity, closed

    return run


def prepare_backtrader():
    import backtrader

    class Cross(backtrader.Strategy):
        def __init__(self):
            self.fast = backtrader.indicators.SMA(self.data.close, period=FAST)
            self.slow = backtrader.indicators.SMA(self.data.close, period=SLOW)
            self.closed = 0
            self.before = 0

        def next(self):
            slow = self.slow[0]
            difference, tie = self.fast[0] - slow, TIE_RELATIVE * abs(slow)
            side = (difference > tie) - (difference < -tie)
            # The first bar with both averages has nothing before it to cross.
            first = len(self) == SLOW
            if self.position:
                if side < 0 <= self.before:
                    self.close()
            elif side > 0 >= self.before and not first:
                self.buy(size=UNITS)
            self.before = side

        def notify_trade(self, trade):
            self.closed += trade.isclosed

    def run(bars, cash):
        cerebro = backtrader.Cerebro(stdstats=False)
        cerebro.broker.setcash(cash)
        cerebro.adddata(backtrader.feeds.PandasData(dataname=bars, openinterest=None))
        cerebro.addstrategy(Cross)
        start = time.perf_counter()
        strategy = cerebro.run()[0]
        seconds = time.perf_counter() - start
        return seconds, cerebro.broker.getvalue(), strategy.closed

    return run


PEERS = {
    "backtesting": prepare_backtesting,
    "vectorbt": prepare_vectorbt,
    "backtrader": prepare_backtrader,
}


def load(path):
    bars = pd.read_csv(path)
    bars.index = pd.to_datetime(bars.pop("time"), unit="s")
    return bars.rename(columns=str.capitalize).astype(float)


def answer(**fields):
    print(json.dumps(fields), flush=True)


def main(path, cash, names):
    warnings.simplefilter("ignore")
    bars, cash = load(path), float(cash)
    peers, versions, missing = {}, {}, {}
    for name in names:
        try:
            peers[name] = PEERS[name]()
            peers[name](bars[:WARM_UP_BARS], cash)
            versions[name] = importlib.metadata.version(name)
        except Exception as error:
            peers.pop(name, None)
            missing[name] = f"{type(error).__name__}: {error}"
    answer(python=sys.version.split()[0], versions=versions, missing=missing)
    for line in sys.stdin:
        seconds, equity, closed = peers[line.strip()](bars, cash)
        answer(seconds=seconds, finalEquity=float(equity), closedTrades=int(closed))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
