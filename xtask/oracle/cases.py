"""Random back-test cases, each from one seed: bars, a strategy config and the command's settings.

Prices are a walk on a coarse grid, so that highs, lows and levels tie; with gaps, flat stretches,
trends and missing bars. A draw whose outcome hangs on rounding noise, or on what the contract does
not say, proves nothing and is drawn again; so is one without a trade, but for every tenth seed.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random

from bars import PRICES, SECONDS, Bars, interval_end, interval_start
from conditions import condition
from contract import Settings, run

DRAWS = 200
TIMEFRAMES = ["1d", "1d", "1d", "1d", "1m", "15m", "1h", "4h", "1w", "1M"]


@dataclass
class Case:
    """One back-test: rows are (opening time, open, high, low, close, volume) as text."""

    seed: int
    timeframe: str
    rows: list[tuple]
    config: dict
    cash: str
    fee_pct: str
    slippage_bps: str
    lot: str | None
    asset: str

    def bars(self):
        bars = Bars(self.timeframe)
        for time, *prices in self.rows:
            bars.add(time, *prices)
        return bars

    def settings(self):
        lot = Fraction(self.lot) if self.lot else None
        amounts = (Fraction(text) for text in (self.cash, self.fee_pct, self.slippage_bps))
        return Settings(*amounts, lot, self.asset)

    def write(self, folder):
        """The files of the case and the arguments of `backtest` that read them."""
        data, config = Path(folder, "bars.csv"), Path(folder, "strategy.json")
        lines = [",".join(("time", *PRICES))]
        for time, *prices in self.rows:
            lines.append(",".join((time.isoformat().replace("+00:00", "Z"), *prices)))
        data.write_text("\n".join(lines) + "\n", encoding="utf-8")
        config.write_text(json.dumps(self.config, indent=1), encoding="utf-8")
        arguments = ["--data", str(data), "--symbol", "T", "--timeframe", self.timeframe]
        arguments += ["--config", str(config), "--cash", self.cash, "--fee-pct", self.fee_pct]
        arguments += ["--slippage-bps", self.slippage_bps, "--asset", self.asset]
        return arguments + (["--lot", self.lot] if self.lot else [])


def draw(seed):
    """The case of a seed and what the reference makes of it."""
    for attempt in range(DRAWS):
        case = random_case(seed, Random(f"{seed}/{attempt}"))
        result = run(case.bars(), case.config, case.settings())
        traded = result.trades or result.open_trades or seed % 10 == 0
        if traded and not result.doubts:
            return case, result
    raise RuntimeError(f"seed {seed}: none of {DRAWS} draws is of use")


def random_case(seed, rng):
    timeframe = rng.choice(TIMEFRAMES)
    market = Market(rng)
    rows = market.rows(timeframe, rng.randint(60, 300))
    plan = rng.choice(["any", "any", "any", "bracket", "squeeze"])
    direction = "short" if plan == "squeeze" else rng.choice(["long", "short", "both", "both"])
    exits = {} if plan == "squeeze" else random_exits(rng, direction, plan, market.start)
    config = {
        "version": 1, "kind": "rules", "timeframe": timeframe, "symbols": ["T"],
        "direction": direction, **random_conditions(rng, timeframe, direction, plan),
    }
    cash = rng.choice(["1000", "10000", "25000.50", "100000"])
    config["sizing"] = random_sizing(rng, Decimal(cash), market.start, "stopLoss" in exits)
    if exits:
        config["exits"] = exits
    intraday = SECONDS.get(timeframe, SECONDS["1d"]) < SECONDS["1d"]
    higher = any("tf(" in str(value) for value in config.values())
    return Case(
        seed, timeframe, rows, config, cash,
        fee_pct=rng.choice(["0", "0", "0.1", "0.05", "1"]),
        slippage_bps=rng.choice(["0", "0", "5", "12.5", "100"]),
        lot=rng.choice([None, None, "1", "0.01", "0.001", "10"]),
        asset="crypto" if intraday or higher else rng.choice(["stock", "crypto"]),
    )


class Market:
    """A walk in whole ticks; each stretch of bars has a temper of its own."""

    def __init__(self, rng):
        self.rng = rng
        self.tick = Decimal(rng.choice(["1", "0.5", "0.25", "0.1", "0.01"]))
        self.start = Decimal(rng.randint(40, 200))
        self.price = int(self.start / self.tick)
        self.gap_chance = rng.choice([0, 0.05, 0.3])
        self.temper, self.left = "calm", 0

    def rows(self, timeframe, count):
        missing = self.rng.choice([0, 0, 0.03, 0.2])
        start = datetime(2021, 3, self.rng.randint(1, 28), tzinfo=timezone.utc)
        time, rows = interval_start(start, timeframe), []
        if SECONDS.get(timeframe, SECONDS["1d"]) < SECONDS["1d"]:
            time += 4 * timedelta(hours=self.rng.randint(0, 5))
        while len(rows) < count:
            rows.append((time, *self.bar()))
            time = interval_end(time, timeframe)
        return [row for row in rows if self.rng.random() >= missing] or rows

    def bar(self):
        """Open, high, low, close and volume as text."""
        if self.left == 0:
            tempers = ["calm", "calm", "up", "down", "wild", "flat", "surge", "crash"]
            self.temper = self.rng.choice(tempers)
            self.left = self.rng.randint(3, 8 if self.temper in ("surge", "crash") else 40)
        self.left -= 1
        if self.temper == "flat":
            return self.text(self.price, self.price, self.price, self.price)
        drift = {"up": 0.01, "down": -0.01, "surge": 0.12, "crash": -0.1}.get(self.temper, 0)
        spread = 0.05 if self.temper == "wild" else 0.015
        opening = self.price
        if self.rng.random() < self.gap_chance:
            opening = self.moved(self.price, 0, 0.06)
        close = self.moved(opening, drift, spread)
        high = max(opening, close) + self.wick(spread)
        low = max(1, min(opening, close) - self.wick(spread))
        self.price = close
        return self.text(opening, high, low, close)

    def moved(self, price, drift, spread):
        return max(10, round(price * (1 + self.rng.gauss(drift, spread))))

    def wick(self, spread):
        return round(self.price * abs(self.rng.gauss(0, spread)) * self.rng.choice([0, 0.5, 1]))

    def text(self, *ticks):
        prices = [format(Decimal(tick) * self.tick, "f") for tick in ticks]
        return (*prices, str(self.rng.randint(0, 1000)))


def random_conditions(rng, timeframe, direction, plan):
    """An exit that never holds leaves the way out to the protective orders."""
    never = "close < 0"
    often = "close > open" if rng.random() < 0.5 else "close > 0"
    found = {"entry": often if plan != "any" else condition(rng, timeframe)}
    if direction == "both":
        found["entryShort"] = condition(rng, timeframe)
        for name in ("exit", "exitShort"):
            if rng.random() < 0.4:
                found[name] = condition(rng, timeframe)
        return found
    idle = rng.random() < (0.2 if plan == "any" else 0.7)
    found["exit"] = never if idle else condition(rng, timeframe)
    return found


def random_sizing(rng, cash, price, has_stop):
    """From dust to more than the account can pay: fixed sizes may exceed it, percentages not."""
    kinds = ["fixedQuantity", "fixedNotional", "percentOfEquity", "percentOfAvailable"]
    kind = rng.choice(kinds + ["riskPercent"] * 2 * has_stop)
    share = Decimal(rng.choice(["0.1", "0.4", "0.9", "0.99", "1", "1"]))
    if kind.startswith("fixed"):
        share *= Decimal(rng.choice(["1", "1.05"]))
    if kind == "fixedQuantity":
        quantity = max(cash * share / price, Decimal("0.001"))
        return {"type": kind, "quantity": str(round(quantity, rng.choice([0, 1, 3])) or 1)}
    if kind == "fixedNotional":
        return {"type": kind, "notional": str(cash * share)}
    value = rng.choice(["0.5", "1", "2.5", "20"]) if kind == "riskPercent" else str(share * 100)
    return {"type": kind, "value": value}


def random_exits(rng, direction, plan, price):
    """Protective orders; levels given as a price make sense for one direction only."""
    kinds = ["percent", "percent", "atr"] + ["price"] * (direction != "both")
    down = -1 if direction != "short" else 1
    tight = plan == "bracket"
    exits = {}
    if tight or rng.random() < 0.5:
        exits["stopLoss"] = random_rule(rng, kinds, price, down)
    if tight or rng.random() < 0.5:
        exits["takeProfit"] = random_targets(rng, kinds, price, -down)
    if rng.random() < 0.3:
        exits["trailing"] = random_rule(rng, ["percent", "atr"], price, down)
        if rng.random() < 0.3 and exits.get("stopLoss", {}).get("type") in ("percent", "atr"):
            exits["trailing"] = exits["stopLoss"]
    if rng.random() < 0.3:
        rule = random_rule(rng, ["percent", "atr"], price, -down)
        if not closed_before(exits.get("takeProfit", []), rule):
            exits["breakEvenAt"] = rule
    if rng.random() < 0.25:
        exits["maxBars"] = rng.choice([1, 2, 3, 5, 12])
    return exits


def random_rule(rng, kinds, price, direction):
    kind = rng.choice(kinds)
    if kind == "price":
        level = price * (100 + direction * rng.choice([2, 5, 10, 25])) / 100
        return {"type": kind, "value": str(round(level))}
    if kind == "atr":
        rule = {"type": kind, "value": rng.choice(["0.5", "1", "1.5", "2", "3"])}
        return rule | ({"period": rng.choice([2, 5, 10])} if rng.random() < 0.7 else {})
    value = rng.choice(["0.5", "1", "2", "2.5", "5", "10", 2, 7.5])
    return {"type": kind, "value": value}


def closed_before(targets, rule):
    """Whether the targets leave nothing whose stop could move; such a config is refused."""
    same_type = [target for target in targets if target["type"] == rule["type"]]
    whole = sum(Decimal(target["portion"]) for target in targets) == 1
    highest = max((Decimal(str(target["value"])) for target in same_type), default=None)
    return whole and len(same_type) == len(targets) and highest <= Decimal(str(rule["value"]))


def random_targets(rng, kinds, price, direction):
    portions = rng.choice([
        ["1"], ["1"], ["0.5", "0.5"], ["0.3", "0.3", "0.4"], ["0.25", "0.25"], ["0.333", "0.667"],
    ])
    rules = [random_rule(rng, kinds, price, direction) for _ in portions]
    return [rule | {"portion": portion} for rule, portion in zip(rules, portions, strict=True)]
