"""`python reference.py backtest …`: the reference behind the arguments of the `ballast` command.

It prints the same JSON and writes the same equity curve, so that it can stand where the program
stands: to look at one case by hand, or to try the comparisons themselves.
"""

import argparse
import csv
import json
import sys
from decimal import Decimal, localcontext
from fractions import Fraction

from bars import read_csv
from contract import LONG, Settings, run
from expressions import evaluate
from performance import figures


def main(arguments):
    commands = {"backtest": print_backtest, "indicators": print_indicators}
    if not arguments or arguments[0] not in commands:
        sys.exit(f"usage: reference.py {'|'.join(commands)} …")
    try:
        commands[arguments[0]](arguments[1:])
    except ValueError as error:
        sys.exit(f"error: {error}")


def print_backtest(arguments):
    parser = argparse.ArgumentParser(prog="reference.py backtest")
    for name in ("--data", "--symbol", "--timeframe", "--config"):
        parser.add_argument(name, required=True)
    for name, default in (("--cash", "10000"), ("--fee-pct", "0"), ("--slippage-bps", "0")):
        parser.add_argument(name, type=Fraction, default=Fraction(default))
    parser.add_argument("--lot", type=Fraction)
    parser.add_argument("--asset", default="stock")
    parser.add_argument("--equity-csv")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    bars = read_csv(given.data, given.timeframe)
    settings = Settings(given.cash, given.fee_pct, given.slippage_bps, given.lot, given.asset)
    with open(given.config, encoding="utf-8") as file:
        result = run(bars, json.load(file, parse_float=str), settings)
    if given.equity_csv:
        write_equity(given.equity_csv, bars, result)
    answer = figures(bars, result, settings) | {"trades": trade_list(bars, result)}
    print(json.dumps(answer, default=as_decimal))


def print_indicators(arguments):
    parser = argparse.ArgumentParser(prog="reference.py indicators")
    parser.add_argument("--data", required=True)
    parser.add_argument("--timeframe", required=True)
    parser.add_argument("--expr", action="append", default=[])
    parser.add_argument("--csv", action="store_true")
    given = parser.parse_args(arguments)
    bars = read_csv(given.data, given.timeframe)
    columns = [evaluate(expression, bars).values for expression in given.expr]
    writer = csv.writer(sys.stdout)
    writer.writerow(["time", *given.expr])
    for i, time in enumerate(bars.times):
        cells = ("" if column[i] != column[i] else repr(float(column[i])) for column in columns)
        writer.writerow([rfc3339(time), *cells])


def trade_list(bars, result):
    """Closed trades, then open ones with null exit fields."""
    return [
        {
            "side": "long" if trade.side == LONG else "short",
            "entryTime": rfc3339(bars.times[trade.entry_index]),
            "entryPrice": trade.entry_price,
            "exitTime": None if trade.exit_index is None else rfc3339(bars.times[trade.exit_index]),
            "exitPrice": trade.exit_price,
            "quantity": trade.quantity,
            "pnl": trade.pnl,
            "exitReason": trade.exit_reason,
        }
        for trade in result.trades + result.open_trades
    ]


def write_equity(path, bars, result):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "equity"])
        for i, equity in enumerate(result.equity):
            writer.writerow([rfc3339(bars.close_time(i)), as_decimal(equity)])


def rfc3339(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def as_decimal(value):
    """A fraction as a decimal string of 40 digits at most."""
    with localcontext() as context:
        context.prec = 40
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        return format(exact.normalize(), "f")


if __name__ == "__main__":
    main(sys.argv[1:])
