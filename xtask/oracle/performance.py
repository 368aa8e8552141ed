"""The figures of a back-test from its trades and equity, by empyrical's formulas.

Undefined figures are None. The drawdown uses every bar and the starting cash; returns run between
the closes of days (of bars, when those are longer than a day), and so does the Calmar ratio's own
drawdown, which is empyrical's.
"""

import empyrical
import numpy as np

from bars import SECONDS

PERIODS_PER_YEAR = {"1w": 52, "1M": 12}
DAYS_PER_YEAR = {"stock": 252, "forex": 252, "crypto": 365}


def figures(bars, result, settings):
    """The figures under the names of the command's JSON; amounts stay exact fractions."""
    equity, cash = result.equity, settings.cash
    final = equity[-1] if equity else cash
    drawdown = max_drawdown([cash, *equity])
    won = sum(trade.pnl for trade in result.trades if trade.pnl > 0)
    lost = -sum(trade.pnl for trade in result.trades if trade.pnl < 0)
    wins = sum(1 for trade in result.trades if trade.pnl > 0)
    return {
        "finalEquity": final,
        "returnPct": (final / cash - 1) * 100,
        "closedTrades": len(result.trades),
        "openTrades": len(result.open_trades),
        "maxDrawdownPct": drawdown * 100,
        "winRatePct": wins * 100 / len(result.trades) if result.trades else None,
        "profitFactor": won / lost if lost else None,
        "fees": result.fees,
        "bars": len(bars),
        **ratios(bars, equity, settings),
    }


def max_drawdown(points):
    peak, worst = points[0], 0
    for point in points:
        peak = max(peak, point)
        worst = max(worst, 1 - point / peak)
    return worst


def ratios(bars, equity, settings):
    """Undefined when equity falls to zero before the end: nothing has no return."""
    points = np.array([float(point) for point in daily(bars, equity)])
    if len(points) < 2 or min(points[:-1]) <= 0:
        return {"sharpe": None, "sortino": None, "calmar": None}
    periods = PERIODS_PER_YEAR.get(bars.timeframe, DAYS_PER_YEAR[settings.asset])
    returns = points[1:] / points[:-1] - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "sharpe": defined(empyrical.sharpe_ratio(returns, annualization=periods)),
            "sortino": defined(empyrical.sortino_ratio(returns, annualization=periods)),
            "calmar": defined(empyrical.calmar_ratio(returns, annualization=periods)),
        }


def daily(bars, equity):
    """The last equity of each day that has bars; all of it for bars of a day or longer."""
    if SECONDS.get(bars.timeframe, SECONDS["1w"]) >= SECONDS["1d"]:
        return equity
    last = {time.date(): point for time, point in zip(bars.times, equity, strict=True)}
    return list(last.values())


def defined(value):
    return float(value) if np.isfinite(value) else None
