"""The fill contract for bars, read a second time: what `ballast backtest` must compute.

Strategies of kind `rules` with market entries, one bar after the other, in the order the contract
gives: the open, inside the bar, the close. Money is exact fractions. Nothing here is fast or
clever; it is meant to be compared with the text of the contract line by line. Not covered:
sessions, limit and stop entries, volume limits, volatility targets, named rules.

A side is +1 for long and -1 for short, so that one line serves both: `side * a > side * b` means
that price a is better than b for whoever holds.
"""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import numpy as np
import talib

from expressions import evaluate

LONG, SHORT = 1, -1
SIGNIFICANT_DIGITS = 15
DUST = Fraction(1, 10**6)
MONEY_STEP = Fraction(1, 10**12)


@dataclass
class Settings:
    """What the command line fixes beside the strategy: amounts in quote currency."""

    cash: Fraction
    fee_pct: Fraction = Fraction(0)
    slippage_bps: Fraction = Fraction(0)
    lot: Fraction | None = None
    asset: str = "stock"


@dataclass
class Trade:
    """Entry to flat; `exit_price` is the mean of its exits weighted by quantity."""

    side: int
    entry_index: int
    entry_price: Fraction
    quantity: Fraction
    pnl: Fraction
    exit_index: int | None = None
    exit_price: Fraction | None = None
    exit_reason: str | None = None


@dataclass
class Result:
    """`rows` counts the rows of the contract that were met.

    `doubts` names what rounding noise decides, or what the contract leaves open.
    """

    trades: list[Trade] = field(default_factory=list)
    open_trades: list[Trade] = field(default_factory=list)
    equity: list[Fraction] = field(default_factory=list)
    fees: Fraction = Fraction(0)
    rows: Counter = field(default_factory=Counter)
    doubts: set[str] = field(default_factory=set)


@dataclass
class Order:
    """What a close decided and the next open fills: an exit, an entry, or both (a reversal)."""

    exit_reason: str | None
    side: int
    quantity: Fraction
    atr: dict[int, Fraction]


@dataclass
class Position:
    """What is held; targets are (price, quantity), prices quote currency per unit."""

    trade: Trade
    left: Fraction
    stop: Fraction | None = None
    stop_is_break_even: bool = False
    trail: Fraction | None = None
    trail_distance: Fraction | None = None
    liquidation: Fraction | None = None
    targets: list[tuple[Fraction, Fraction]] = field(default_factory=list)
    break_even_at: Fraction | None = None
    closes: int = 0
    proceeds: Fraction = Fraction(0)


def run(bars, config, settings):
    """The back-test of one symbol."""
    return Simulation(bars, config, settings).run()


def floor_to(quantity, lot):
    """Rounded down to the lot, or without one to 15 significant digits."""
    if quantity <= 0:
        return Fraction(0)
    if lot is None:
        magnitude = (Decimal(quantity.numerator) / Decimal(quantity.denominator)).adjusted()
        lot = Fraction(10) ** (magnitude - SIGNIFICANT_DIGITS + 1)
    return quantity // lot * lot


def number(value):
    """A JSON number or decimal string, exactly as written."""
    return Fraction(str(value))


class Simulation:
    """State between bars: cash results so far, what is held, what fills at the next open."""

    def __init__(self, bars, config, settings):
        self.bars, self.config, self.settings = bars, config, settings
        self.exits = config.get("exits", {})
        self.result = Result()
        self.realized = Fraction(0)
        self.position: Position | None = None
        self.order: Order | None = None
        self.conditions = {
            name: evaluate(config[name], bars)
            for name in ("entry", "exit", "entryShort", "exitShort") if name in config
        }
        self.atr = {period: self.true_range_average(period) for period in self.atr_periods()}

    def run(self):
        for index in range(len(self.bars)):
            self.at_open(index)
            self.inside(index)
            self.at_close(index)
        self.note_end()
        if not all(condition.sure.all() for condition in self.conditions.values()):
            self.result.doubts.add("comparison")
        return self.result

    # (1) The open: market orders, then the stop, then the targets that the open already reaches.

    def at_open(self, index):
        order, self.order = self.order, None
        if order and order.exit_reason:
            self.fill_exit(index, order)
        if order and order.side:
            self.fill_entry(index, order)
        opening = self.bars.open[index]
        self.check_stop(index, opening, "gap")
        self.check_targets(index, opening, "gap")

    def fill_exit(self, index, order):
        level = self.binding_stop()[0]
        opening = self.bars.open[index]
        if level is not None and self.reached(level, opening, -self.position.trade.side):
            self.note("exit signal while the open is beyond the stop")
        price = self.slipped(opening, -self.position.trade.side)
        self.reduce(index, price, self.position.left, order.exit_reason)

    def fill_entry(self, index, order):
        """Protective levels are taken from the fill price; the fill alone cuts the quantity."""
        price = self.slipped(self.bars.open[index], order.side)
        available = self.settings.cash + self.realized
        affordable = self.floor(available / (price * (1 + self.settings.fee_pct / 100)))
        quantity = min(order.quantity, affordable)
        if quantity < order.quantity:
            self.note("cut down" if quantity else "refused below one lot")
        if order.exit_reason:
            self.note("reversal cut down" if quantity < order.quantity else "reversal")
        if not quantity:
            return
        if quantity * price < DUST:
            self.result.doubts.add("dust")
        fee = self.fee(quantity, price)
        trade = Trade(order.side, index, price, quantity, pnl=-fee)
        self.position = Position(trade, left=quantity)
        self.realized -= fee
        self.result.fees += fee
        self.protect(self.position, order.atr)

    def protect(self, position, atr):
        """Stop, targets, trail, break-even and a short's liquidation, live in the entry bar."""
        side, price = position.trade.side, position.trade.entry_price
        position.stop = self.level("stopLoss", price, -side, atr)
        position.break_even_at = self.level("breakEvenAt", price, side, atr)
        if "trailing" in self.exits:
            position.trail_distance = self.distance(self.exits["trailing"], price, atr)
            position.trail = price - side * position.trail_distance
        if side == SHORT:
            position.liquidation = 2 * price
        position.targets = self.target_levels(position, atr)

    def target_levels(self, position, atr):
        """The last target takes what is left when the portions make the whole."""
        targets, given, taken = self.exits.get("takeProfit", []), Fraction(0), Fraction(0)
        side, entry, levels = position.trade.side, position.trade.entry_price, []
        for place, target in enumerate(targets):
            given += number(target["portion"])
            quantity = floor_to(
                number(target["portion"]) * position.trade.quantity, self.settings.lot)
            if place == len(targets) - 1 and given == 1:
                quantity = position.trade.quantity - taken
            taken += quantity
            levels.append((self.price_of(target, entry, side, atr), quantity))
        return sorted(levels, key=lambda level: side * level[0])

    # (2) Inside: the stop before the targets.

    def inside(self, index):
        if not self.position:
            return
        side = self.position.trade.side
        worst, best = (self.bars.low, self.bars.high) if side == LONG else (
            self.bars.high, self.bars.low)
        level, _ = self.binding_stop()
        if level is not None and self.reached(level, worst[index], -side) and any(
                self.reached(target, best[index], side) for target, _ in self.position.targets):
            self.note("stop and target inside one bar")
        self.check_stop(index, worst[index], "inside")
        self.check_targets(index, best[index], "inside")

    def check_stop(self, index, price, where):
        """Fills at the level or, beyond it, at the open; slippage on top."""
        level, reason = self.binding_stop()
        if level is None or not self.reached(level, price, -self.position.trade.side):
            return
        side = self.position.trade.side
        worse = min if side == LONG else max
        fill = self.slipped(worse(self.bars.open[index], level), -side)
        even = reason == "stop_loss" and self.position.stop_is_break_even
        self.note(f"{'break-even' if even else reason} {where}")
        self.reduce(index, fill, self.position.left, reason)

    def check_targets(self, index, price, where):
        """Each fills at its level or, beyond it, at the open; no slippage."""
        while self.position and self.position.targets:
            target, quantity = self.position.targets[0]
            side = self.position.trade.side
            if not self.reached(target, price, side):
                return
            self.position.targets.pop(0)
            better = max if side == LONG else min
            self.note(f"{'take_profit' if quantity else 'target below one lot'} {where}")
            fill = better(self.bars.open[index], target)
            self.reduce(index, fill, min(quantity, self.position.left), "take_profit")

    def binding_stop(self):
        """The tightest level that protects and the reason it gives; equal levels: stop-loss."""
        if not self.position:
            return None, None
        held = self.position
        levels = [(held.stop, "stop_loss"), (held.trail, "trailing_stop"),
                  (held.liquidation, "liquidation")]
        present = [level for level in levels if level[0] is not None]
        tightest = max(present, key=lambda level: held.trade.side * level[0], default=None)
        return tightest or (None, None)

    def reached(self, level, price, direction):
        """Whether `price` touches or passes a level that lies in `direction` (+1 is up)."""
        if self.atr and abs(level - price) <= price * Fraction(1, 10**9):
            self.result.doubts.add("level from ATR")
        return direction * price >= direction * level

    # (3) The close: trail, break-even, count, then the evaluation.

    def at_close(self, index):
        if self.position:
            self.raise_protection(index)
            self.position.closes += 1
        self.result.equity.append(self.equity(index))
        self.order = self.decide(index)

    def raise_protection(self, index):
        held, side = self.position, self.position.trade.side
        extreme = self.bars.high[index] if side == LONG else self.bars.low[index]
        better = max if side == LONG else min
        if held.trail is not None:
            held.trail = better(held.trail, extreme - side * held.trail_distance)
        if held.break_even_at is None or not self.reached(held.break_even_at, extreme, side):
            return
        entry = held.trade.entry_price
        if held.stop is None or side * held.stop < side * entry:
            held.stop, held.stop_is_break_even = entry, True

    def decide(self, index):
        """The order for the next open, or None."""
        direction = self.config["direction"]
        wants = {LONG: self.holds("entry", index), SHORT: self.holds("entryShort", index)}
        leaves = {LONG: self.holds("exit", index), SHORT: self.holds("exitShort", index)}
        if direction != "both":
            own = LONG if direction == "long" else SHORT
            wants, leaves = {own: wants[LONG], -own: False}, {own: leaves[LONG], -own: False}
        if self.position is None:
            if wants[LONG] and wants[SHORT]:
                self.note("both entries while flat")
            if wants[LONG] == wants[SHORT]:
                return None
            return self.entry_order(index, LONG if wants[LONG] else SHORT, None)
        side = self.position.trade.side
        reason = self.reason_to_leave(leaves[side], wants[-side])
        if reason is None:
            return None
        if wants[-side]:
            self.note(f"opposite entry with {reason}")
            return self.entry_order(index, -side, reason)
        return Order(reason, 0, Fraction(0), {})

    def reason_to_leave(self, exit_holds, opposite_entry):
        """The count of closes comes before the evaluation, an exit before an opposite entry."""
        limit = self.exits.get("maxBars")
        if limit is not None and self.position.closes >= limit:
            if exit_holds:
                self.note("time stop and exit at one close")
            return "time_stop"
        if exit_holds:
            return "exit_signal"
        return "opposite_signal" if opposite_entry else None

    def holds(self, name, index):
        return name in self.conditions and self.conditions[name].holds(index)

    def entry_order(self, index, side, exit_reason):
        """The quantity is fixed now; a reversal counts its closing leg at this close."""
        atr = {period: values[index] for period, values in self.atr.items()}
        if any(np.isnan(value) for value in atr.values()):
            self.note("entry before the ATR is ready")
            return Order(exit_reason, 0, Fraction(0), {}) if exit_reason else None
        atr = {period: Fraction(float(value)) for period, value in atr.items()}
        equity = self.equity(index)
        if exit_reason:
            equity -= self.fee(self.position.left, self.bars.close[index])
        quantity = self.sized(index, side, equity, atr)
        if not quantity:
            self.note("sized below one lot")
            return Order(exit_reason, 0, quantity, atr) if exit_reason else None
        return Order(exit_reason, side, quantity, atr)

    def sized(self, index, side, equity, atr):
        """Equity is all available here: nothing else is held when an entry is sized."""
        sizing, close = self.config["sizing"], self.bars.close[index]
        kind, lot = sizing["type"], self.settings.lot
        if kind == "fixedQuantity":
            return floor_to(number(sizing["quantity"]), lot)
        if kind == "fixedNotional":
            return floor_to(number(sizing["notional"]) / close, lot)
        share = number(sizing["value"]) / 100 * equity
        if kind in ("percentOfEquity", "percentOfAvailable"):
            return self.floor(share / close)
        if kind != "riskPercent":
            raise ValueError(f"sizing {kind!r} is not covered")
        distance = side * (close - self.price_of(self.exits["stopLoss"], close, -side, atr))
        if distance <= 0:
            self.result.doubts.add("risk without a stop distance")
            return Fraction(0)
        return self.floor(share / distance)

    # Money and levels.

    def equity(self, index):
        """Cash plus what is held at this bar's close."""
        equity = self.settings.cash + self.realized
        if self.position:
            trade = self.position.trade
            gain = self.bars.close[index] - trade.entry_price
            equity += trade.side * gain * self.position.left
        return equity

    def reduce(self, index, price, quantity, reason):
        """Books an exit of part or all of what is held."""
        held, trade = self.position, self.position.trade
        fee = self.fee(quantity, price)
        gain = trade.side * (price - trade.entry_price) * quantity - fee
        self.realized += gain
        self.result.fees += fee
        trade.pnl += gain
        held.proceeds += price * quantity
        held.left -= quantity
        if held.left:
            return
        trade.exit_index, trade.exit_reason = index, reason
        trade.exit_price = held.proceeds / trade.quantity
        self.result.trades.append(trade)
        self.position = None
        if trade.entry_index == index:
            self.note(f"{reason} in the entry bar")

    def fee(self, quantity, price):
        return quantity * price * self.settings.fee_pct / 100

    def slipped(self, price, direction):
        """Against us: a buy (+1) fills above the price, a sale below."""
        return price * (1 + direction * self.settings.slippage_bps / 10_000)

    def floor(self, quantity):
        """For quantities from the account's money, which levels from the ATR make inexact."""
        lot = self.settings.lot
        if lot and quantity > 0:
            lots = quantity / lot
            missed = abs(lots - round(lots))
            if missed <= lots * Fraction(1, 10**12) and (missed or self.atr):
                self.result.doubts.add("lot boundary")
        return floor_to(quantity, lot)

    def level(self, name, entry, direction, atr):
        rule = self.exits.get(name)
        return rule and self.price_of(rule, entry, direction, atr)

    def price_of(self, rule, entry, direction, atr):
        """`price` is the level itself; other types are a distance from the entry."""
        if rule["type"] == "price":
            return number(rule["value"])
        return entry + direction * self.distance(rule, entry, atr)

    def distance(self, rule, entry, atr):
        value = number(rule["value"])
        if rule["type"] == "percent":
            return entry * value / 100
        distance = value * atr[rule.get("period", 14)]
        if distance < MONEY_STEP:
            self.result.doubts.add("no distance in a flat market")
        return distance

    def atr_periods(self):
        rules = [self.exits.get(name) for name in ("stopLoss", "trailing", "breakEvenAt")]
        rules += self.exits.get("takeProfit", [])
        return {rule.get("period", 14) for rule in rules if rule and rule["type"] == "atr"}

    def true_range_average(self, period):
        bars = self.bars
        return talib.ATR(bars.floats("high"), bars.floats("low"), bars.floats("close"), period)

    # Which rows of the contract a run has met.

    def note(self, row):
        self.result.rows[row] += 1

    def note_end(self):
        if self.position:
            self.result.open_trades.append(self.position.trade)
            partly = self.position.left < self.position.trade.quantity
            self.note("open at the end after a target" if partly else "open at the end")
        if self.order:
            self.note("order that no bar fills")
