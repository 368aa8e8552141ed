"""`ballast indicators` beside TA-Lib, from the first valid value, over many parameters."""

import csv
import io

import numpy as np
import talib

from ballast import Refused, output

TOLERANCE = 1e-9
PERIODS = (2, 3, 5, 14, 20, 50, 200)
ONE_SERIES = {
    "sma": talib.SMA, "ema": talib.EMA, "wma": talib.WMA, "rsi": talib.RSI, "roc": talib.ROC,
    "highest": talib.MAX, "lowest": talib.MIN,
    "stdev": lambda x, period: talib.STDDEV(x, period, 1),
}


def expected(bars):
    """Expressions and TA-Lib's values."""
    high, low, close = bars.floats("high"), bars.floats("low"), bars.floats("close")
    found = {}
    for period in PERIODS:
        for name, function in ONE_SERIES.items():
            found[f"{name}(close, {period})"] = function(close, period)
        found[f"atr({period})"] = talib.ATR(high, low, close, period)
    for fast, slow, smooth in ((12, 26, 9), (5, 35, 5), (3, 10, 16)):
        outputs = talib.MACD(close, fast, slow, smooth)
        for name, values in zip(("line", "signal", "histogram"), outputs):
            found[f"macd(close, {fast}, {slow}, {smooth}).{name}"] = values
    for period, width in ((20, 2), (5, 1), (50, 2.5)):
        outputs = talib.BBANDS(close, period, width, width)
        for name, values in zip(("upper", "middle", "lower"), outputs):
            found[f"bb(close, {period}, {width}).{name}"] = values
    return found


def differences(command, data, bars):
    """A line for each expression that differs, and the number of those that agree."""
    wrong, right = [], 0
    for expression, wanted in expected(bars).items():
        difference = compare(command, data, bars, expression, wanted)
        if difference:
            wrong.append(f"{expression}, TA-Lib: {difference}")
        else:
            right += 1
    return wrong, right


def compare(command, data, bars, expression, wanted):
    """A sum of prices is known to a part of the prices' size: less than that is no difference."""
    words = [*command, "indicators", "--data", data, "--timeframe", bars.timeframe]
    try:
        rows = list(csv.reader(io.StringIO(output([*words, "--expr", expression, "--csv"]))))
    except Refused as refused:
        return str(refused).splitlines()[0]
    found = np.array([float(row[1]) if row[1] else np.nan for row in rows[1:]])
    if len(found) != len(wanted):
        return f"{len(wanted)} rows, not {len(found)}"
    ready, wanted_ready = ~np.isnan(found), ~np.isnan(wanted)
    if (ready != wanted_ready).any():
        place = int(np.argmax(ready != wanted_ready))
        return f"bar {place}: {wanted[place]}, not {found[place]}"
    floor = 1e-13 * max(bars.floats("high"))
    width = TOLERANCE * np.maximum(abs(found), abs(wanted)) + floor
    apart = ready & (abs(found - wanted) > width)
    if apart.any():
        place = int(np.argmax(apart))
        return f"bar {place}: {wanted[place]!r}, not {found[place]!r}"
    return None
