"""The expression language of strategy conditions, evaluated over all bars at once.

A number that is not ready is NaN. Every number carries a bound of its rounding noise, so that a
comparison which two correct programs may answer differently (a sum that is zero but for the last
bit) is known as unsure: such a case proves nothing and is not used. Indicators are TA-Lib's.
"""

import re
from dataclasses import dataclass

import numpy as np
import talib

from bars import aggregate, last_closed

TIE = 1e-9
TOKEN = re.compile(r"""\s*(\d+\.?\d*|[A-Za-z_]\w*|"[^"]*"|<=|>=|==|!=|[-+*/<>()\[\],.])""")
OUTPUTS = {"macd": ("line", "signal", "histogram"), "bb": ("upper", "middle", "lower")}
OF_THE_SOURCES_SIZE = {
    "sma": talib.SMA, "ema": talib.EMA, "wma": talib.WMA, "highest": talib.MAX, "lowest": talib.MIN,
}
INDICATORS = (*OF_THE_SOURCES_SIZE, "atr", "rsi", "roc", "macd", "stdev", "bb")
PRICE_NAMES = ("open", "high", "low", "close", "volume")


@dataclass
class Numbers:
    """A numeric series and, for each bar, a bound of its rounding noise."""

    values: np.ndarray
    noise: np.ndarray


@dataclass
class Truth:
    """A condition: its value counts where it is ready; `sure` is false where noise decides."""

    values: np.ndarray
    ready: np.ndarray
    sure: np.ndarray

    def holds(self, index):
        return bool(self.ready[index] and self.values[index])


def evaluate(text, bars):
    """The series of an expression over `bars`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return Evaluator(bars).series(parse(text))


def parse(text):
    """A syntax tree of nested tuples, the operator first."""
    return Parser(text).whole()


class Parser:
    """Recursive descent; `or` binds loosest, then `and`, `not`, comparison, sum, product."""

    def __init__(self, text):
        self.text, self.tokens, position = text, [], 0
        while position < len(text.rstrip()):
            match = TOKEN.match(text, position)
            if not match:
                raise ValueError(f"column {position + 1} of {text!r}: unknown character")
            self.tokens.append(match.group().strip())
            position = match.end()
        self.next = 0

    def whole(self):
        tree = self.either()
        if self.peek() is not None:
            raise ValueError(f"{self.peek()!r} is left over in {self.text!r}")
        return tree

    def peek(self):
        return self.tokens[self.next] if self.next < len(self.tokens) else None

    def take(self, *wanted):
        token = self.peek()
        if token is None or (wanted and token not in wanted):
            raise ValueError(f"wanted {wanted}, found {token!r} in {self.text!r}")
        self.next += 1
        return token

    def chain(self, operand, *operators):
        tree = operand()
        while self.peek() in operators:
            tree = (self.take(), tree, operand())
        return tree

    def either(self):
        return self.chain(self.both, "or")

    def both(self):
        return self.chain(self.negation, "and")

    def negation(self):
        if self.peek() == "not":
            self.take()
            return ("not", self.negation())
        return self.comparison()

    def comparison(self):
        left = self.sum()
        if self.peek() in ("<", ">", "<=", ">=", "==", "!="):
            return (self.take(), left, self.sum())
        return left

    def sum(self):
        return self.chain(self.product, "+", "-")

    def product(self):
        return self.chain(self.unary, "*", "/")

    def unary(self):
        if self.peek() == "-":
            self.take()
            return ("-", ("number", 0.0), self.unary())
        tree = self.atom()
        while self.peek() in ("[", "."):
            if self.take() == "[":
                tree = ("past", tree, int(self.take()))
                self.take("]")
            else:
                tree = ("output", tree, self.take())
        return tree

    def atom(self):
        token = self.take()
        if token == "(":
            tree = self.either()
            self.take(")")
            return tree
        if token[0].isdigit():
            return ("number", float(token))
        if token[0] == '"':
            return ("text", token[1:-1])
        if self.peek() != "(":
            return ("price", token)
        self.take("(")
        arguments = [self.either()]
        while self.take(",", ")") == ",":
            arguments.append(self.either())
        return ("call", token, arguments)


class Evaluator:
    """Walks a syntax tree over one set of bars."""

    def __init__(self, bars):
        self.bars = bars

    def series(self, tree):
        operator, *parts = tree
        if operator == "number":
            return constant(parts[0], len(self.bars))
        if operator == "price":
            return self.price(parts[0])
        if operator == "past":
            return past(self.series(parts[0]), parts[1])
        if operator == "output":
            return self.output(parts[0], parts[1])
        if operator == "call":
            return self.call(*parts)
        operands = [self.series(part) for part in parts]
        if operator in ("+", "-", "*", "/"):
            return arithmetic(operator, *operands)
        if operator in ("and", "or", "not"):
            return logic(operator, *operands)
        return compare(operator, *operands)

    def price(self, name):
        if name not in PRICE_NAMES:
            raise ValueError(f"unknown name {name!r}")
        return Numbers(self.bars.floats(name), np.zeros(len(self.bars)))

    def call(self, name, arguments):
        if name == "tf":
            return self.higher(arguments[0][1], arguments[1])
        if name in ("crossover", "crossunder"):
            return cross(name, *(self.series(argument) for argument in arguments))
        return indicator(name, self.bars, *self.split(arguments))

    def output(self, call, name):
        _, function, arguments = call
        series = indicator(function, self.bars, *self.split(arguments))
        return series[OUTPUTS[function].index(name)]

    def split(self, arguments):
        """Series first, then the numeric parameters, as every indicator here has them."""
        source = [self.series(a) for a in arguments if a[0] != "number"]
        return source, [a[1] for a in arguments if a[0] == "number"]

    def higher(self, timeframe, tree):
        """A higher timeframe's value, held from its own close until the next one's."""
        bars = aggregate(self.bars, timeframe)
        index = last_closed(self.bars, bars)
        return take(Evaluator(bars).series(tree), index)


def constant(value, length):
    return Numbers(np.full(length, value), np.zeros(length))


def take(series, index):
    """The series at the given indices; -1 is not ready."""
    absent = index < 0
    if isinstance(series, Truth):
        return Truth(series.values[index], series.ready[index] & ~absent, series.sure[index])
    return Numbers(np.where(absent, np.nan, series.values[index]), series.noise[index])


def past(series, count):
    length = len(series.values)
    return take(series, np.maximum(np.arange(length) - count, -1))


def arithmetic(operator, a, b):
    x, y = a.values, b.values
    if operator in ("+", "-"):
        values, noise = (x + y if operator == "+" else x - y), a.noise + b.noise
    elif operator == "*":
        values, noise = x * y, abs(x) * b.noise + abs(y) * a.noise
    else:
        values = np.where(y == 0, np.nan, x / np.where(y == 0, 1, y))
        noise = (a.noise + abs(values) * b.noise) / np.where(y == 0, 1, abs(y))
    return Numbers(values, noise + 1e-15 * np.maximum(abs(x), abs(y)))


def compare(operator, a, b):
    x, y = a.values, b.values
    ready = ~np.isnan(x) & ~np.isnan(y)
    width = TIE * np.maximum(abs(x), abs(y))
    gap, noise = abs(x - y), a.noise + b.noise
    tie = (x == y) | (gap < width)
    sure = ~ready | (noise == 0) | (abs(gap - width) > noise)
    values = {
        ">": (x > y) & ~tie, "<": (x < y) & ~tie, ">=": (x > y) | tie, "<=": (x < y) | tie,
        "==": tie, "!=": ~tie,
    }[operator]
    return Truth(values & ready, ready, sure)


def logic(operator, a, b=None):
    if operator == "not":
        return Truth(~a.values, a.ready, a.sure)
    values = a.values & b.values if operator == "and" else a.values | b.values
    return Truth(values, a.ready & b.ready, a.sure & b.sure)


def cross(name, a, b):
    """Over: above now and not above at the previous bar; ready when both bars are valid."""
    now, before = (">", "<=") if name == "crossover" else ("<", ">=")
    return logic("and", compare(now, a, b), past(compare(before, a, b), 1))


def indicator(name, bars, sources, numbers):
    """TA-Lib's values; the noise is an estimate that errs on the large side."""
    high, low, close = bars.floats("high"), bars.floats("low"), bars.floats("close")
    periods = [int(number) for number in numbers]
    if name == "atr":
        return with_noise(talib.ATR(high, low, close, *periods), 0, close)
    if name not in INDICATORS:
        raise ValueError(f"unknown function {name!r}")
    source = sources[0]
    x, inner = source.values, np.nanmax(source.noise, initial=0)
    if name in OF_THE_SOURCES_SIZE:
        return with_noise(OF_THE_SOURCES_SIZE[name](x, *periods), inner, x)
    if name in ("rsi", "roc"):
        values = (talib.RSI if name == "rsi" else talib.ROC)(x, *periods)
        return with_noise(values, inner * 1e3, np.full(1, 100.0))
    if name == "macd":
        return [with_noise(values, inner, x) for values in talib.MACD(x, *periods)]
    if name == "stdev":
        return deviation(x, periods[0], inner)
    width = deviation(x, periods[0], inner).noise * numbers[1]
    bands = talib.BBANDS(x, periods[0], numbers[1], numbers[1], matype=0)
    return [Numbers(band, width + with_noise(band, inner, x).noise) for band in bands]


def with_noise(values, inner, source):
    """Noise of sums of the source: what its parts carry and a part of its magnitude."""
    return Numbers(values, np.full(len(values), 2 * inner + 1e-12 * magnitude(source)))


def deviation(x, period, inner):
    """The root of a difference of squares: noisy where the true value is near zero."""
    values = talib.STDDEV(x, period, 1)
    square_noise = 1e-13 * magnitude(x) ** 2
    return Numbers(values, inner + square_noise / (np.sqrt(values**2 + square_noise) + values))


def magnitude(x):
    return np.nanmax(abs(x), initial=0)
