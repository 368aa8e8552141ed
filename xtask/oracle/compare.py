"""Random cases through `ballast backtest` and through the reference: every figure must agree.

    python compare.py --ballast target/release/ballast --cases 500
    python compare.py --ballast target/release/ballast --seed 17 --keep case-17

The second line replays one seed and leaves its bars and config in a folder.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from ballast import Refused, backtest, command_words, decimal, same
from cases import draw
from performance import figures
from reference import rfc3339, trade_list

FIGURES = (
    "bars", "closedTrades", "openTrades", "finalEquity", "returnPct", "fees", "maxDrawdownPct",
    "winRatePct", "profitFactor", "sharpe", "sortino", "calmar",
)
TRADE_TEXTS = ("side", "entryTime", "exitTime", "exitReason")
TRADE_NUMBERS = ("entryPrice", "quantity", "exitPrice")


class Difference(Exception):
    """What differs first, and at which trade, if it is in a trade."""

    def __init__(self, text, trade=None):
        super().__init__(text)
        self.trade = trade


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ballast", required=True, help="the program, or a command line")
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--seed", type=int, help="this seed alone")
    parser.add_argument("--keep", help="a folder for the files of the last case")
    given = parser.parse_args()
    seeds = range(given.first_seed, given.first_seed + given.cases)
    if given.seed is not None:
        seeds = [given.seed]
    failed, rows = 0, Counter()
    for seed in seeds:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(given.keep or temporary)
            folder.mkdir(parents=True, exist_ok=True)
            found, failure = check(command_words(given.ballast), seed, folder)
        rows.update(found)
        if failure:
            failed += 1
            print(failure, flush=True)
    print("seeds that met a row of the contract: " + ", ".join(
        f"{row} {count}" for row, count in sorted(rows.items())))
    print(f"{len(seeds) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def check(command, seed, folder):
    """The contract's rows that a seed meets, and a report if the program differs."""
    case, result = draw(seed)
    expected = figures(case.bars(), result, case.settings())
    expected["trades"] = trade_list(case.bars(), result)
    arguments = case.write(folder)
    answer = {"trades": []}
    try:
        answer, curve = backtest(command, arguments, folder)
        require_fields(answer)
        compare_trades(expected, answer)
        compare_curve(case.bars(), result.equity, curve, case.settings().cash)
        compare_figures(expected, answer)
    except Refused as refused:
        return set(result.rows), report(case, refused, arguments, expected, answer)
    except Difference as difference:
        return set(result.rows), report(case, difference, arguments, expected, answer)
    return set(result.rows), None


def require_fields(answer):
    missing = {*FIGURES, "trades"} - set(answer)
    for trade in answer.get("trades", []):
        missing |= {*TRADE_TEXTS, *TRADE_NUMBERS, "pnl"} - set(trade)
    if missing:
        raise Difference(f"missing in the answer: {', '.join(sorted(missing))}")


def compare_trades(expected, answer):
    for i, (wanted, found) in enumerate(zip(expected["trades"], answer["trades"])):
        for name in TRADE_TEXTS:
            if wanted[name] != found[name]:
                raise Difference(f"trade {i}, {name}: {wanted[name]}, not {found[name]}", i)
        for name in TRADE_NUMBERS:
            if not same(wanted[name], found[name]):
                raise Difference(f"trade {i}, {name}: {shown(wanted[name])}, not {found[name]}", i)
        notional = decimal(wanted["entryPrice"]) * decimal(wanted["quantity"])
        if wanted["exitTime"] and not same(wanted["pnl"], found["pnl"], notional):
            raise Difference(f"trade {i}, pnl: {shown(wanted['pnl'])}, not {found['pnl']}", i)
    wanted, found = len(expected["trades"]), len(answer["trades"])
    if wanted != found:
        raise Difference(f"{wanted} trades, not {found}", min(wanted, found))


def compare_curve(bars, equity, curve, cash):
    """The curve has one row per bar, stamped with the bar's close."""
    if len(equity) != len(curve):
        raise Difference(f"equity curve: {len(equity)} rows, not {len(curve)}")
    for i, (time, found) in enumerate(curve):
        wanted = rfc3339(bars.close_time(i))
        if time != wanted:
            raise Difference(f"equity curve, row {i}: time {wanted}, not {time}")
        if not same(equity[i], found, decimal(cash)):
            raise Difference(f"equity at {time} (bar {i}): {shown(equity[i])}, not {found}")


def compare_figures(expected, answer):
    for name in FIGURES:
        if not same(expected[name], answer[name], 1):
            raise Difference(f"{name}: {shown(expected[name])}, not {answer[name]}")


def report(case, problem, arguments, expected, answer):
    """What a person needs to find the cause: the difference, the case, the trades around it."""
    lines = [f"FAILED seed {case.seed}: {problem}", f"  arguments: {' '.join(arguments[4:])}"]
    lines.append(f"  config: {json.dumps(case.config)}")
    if answer.get("refusals"):
        lines.append(f"  refused by ballast: {json.dumps(answer['refusals'], default=str)}")
    place = getattr(problem, "trade", None)
    if place is not None:
        for name, trades in (("reference", expected["trades"]), ("ballast", answer["trades"])):
            lines.append(f"  {name}:")
            first = max(0, place - 1)
            around = list(enumerate(trades))[first : place + 2]
            lines += [f"    {i}: " + ", ".join(map(shown, t.values())) for i, t in around]
    return "\n".join(lines)


def shown(value):
    """Numbers with the digits that matter here; other values as they are."""
    number = None if value is None else decimal(value)
    return str(value) if number is None else f"{number:.15g}"


if __name__ == "__main__":
    main()
