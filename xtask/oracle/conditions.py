"""Random conditions in the strategies' expression language."""

HIGHER = {
    "1m": ["5m", "15m", "1h"], "15m": ["30m", "1h", "4h"], "1h": ["4h", "1d"], "4h": ["1d"],
    "1d": ["1w", "1M"],
}


def condition(rng, timeframe):
    """One to three simple conditions, joined, negated or read one bar late."""
    first, second, third = (simple(rng, timeframe) for _ in range(3))
    return rng.choice([
        first, first, first, first,
        f"{first} and {second}", f"{first} or {second}", f"not ({first})",
        f"{first} and not ({second})", f"{first} or {second} and {third}",
        f"({first} or {second}) and {third}", f"not ({first} and {second}) or {third}",
    ])


def simple(rng, timeframe):
    """A comparison or a cross, sometimes on a higher timeframe."""
    text = rng.choice([comparison, comparison, cross])(rng)
    if timeframe in HIGHER and rng.random() < 0.15:
        return f'tf("{rng.choice(HIGHER[timeframe])}", {text})'
    return text


def comparison(rng):
    n, m = rng.randint(2, 20), rng.randint(1, 5)
    operator = rng.choice([">", "<", ">=", "<="])
    return rng.choice([
        f"close {operator} open",
        f"close {operator} {average(rng)}",
        f"{average(rng)} {operator} {average(rng)}",
        f"close {operator} close[{m}]",
        f"{average(rng)} {operator} {average(rng)}[{m}]",
        f"close > highest(high, {n})[1]",
        f"close < lowest(low, {n})[1]",
        f"close == highest(close, {n})",
        f"rsi(close, {n}) {operator} {rng.choice([30, 50, 60])}",
        f"roc(close, {m}) {operator} {rng.choice(['0.5', '-1', '2'])}",
        f"atr({n}) / close * 100 {operator} {rng.choice(['1', '2.5'])}",
        f"high - low {operator} atr({n}) * 1.1",
        f"stdev(close, {n}) {operator} close * 0.02",
        f"close {operator} bb(close, {n}, 2).{rng.choice(['upper', 'middle', 'lower'])}",
        f"macd(close, {m + 1}, {n + 6}, {m + 2}).line {operator} macd(close, 3, 8, 4).signal",
        f"macd(close, {m + 1}, {n + 6}, {m + 2}).histogram {operator} close * 0.001",
        f"(high + low) / 2 {operator} close + {m} * 0.1",
        f"volume {operator} sma(volume, {n})",
        f"close - open {operator} -{m}",
        f"open != close[{m}]",
    ])


def cross(rng):
    name = rng.choice(["crossover", "crossunder"])
    level = rng.choice([30, 50, 70])
    n = rng.randint(2, 14)
    pairs = [
        f"{average(rng)}, {average(rng)}", f"close, {average(rng)}", f"rsi(close, {n}), {level}",
        f"close, lowest(low, {n})[1]", f"close, bb(close, {n}, 1.5).upper",
        "macd(close, 5, 12, 4).line, macd(close, 5, 12, 4).signal",
    ]
    return f"{name}({rng.choice(pairs)})"


def average(rng):
    kind, source = rng.choice(["sma", "ema", "wma"]), rng.choice(["close", "close", "open", "high"])
    return f"{kind}({source}, {rng.randint(2, 25)})"
