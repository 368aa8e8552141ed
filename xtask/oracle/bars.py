"""Bars of one instrument: read from CSV, aggregated to a higher timeframe.

Prices are exact fractions of what the file says, because money is computed from them; indicators
read the same prices as floats. A bar is known by its opening time and stamped with its closing
time. No calendars: weeks begin on Monday and days at midnight, UTC.
"""

import csv
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from fractions import Fraction

import numpy as np

SECONDS = {
    "5s": 5, "15s": 15, "1m": 60, "5m": 300, "15m": 900, "30m": 1800,
    "1h": 3600, "4h": 14400, "1d": 86400, "1w": 604800,
}
PRICES = ("open", "high", "low", "close", "volume")
FIRST_MONDAY = datetime(1970, 1, 5, tzinfo=timezone.utc)


@dataclass
class Bars:
    """Columns of equal length; `times` are the bars' opening times, rising."""

    timeframe: str
    times: list[datetime] = field(default_factory=list)
    open: list[Fraction] = field(default_factory=list)
    high: list[Fraction] = field(default_factory=list)
    low: list[Fraction] = field(default_factory=list)
    close: list[Fraction] = field(default_factory=list)
    volume: list[Fraction] = field(default_factory=list)

    def __len__(self):
        return len(self.times)

    def add(self, time, *prices):
        self.times.append(time)
        for name, price in zip(PRICES, prices, strict=True):
            getattr(self, name).append(Fraction(price))

    def close_time(self, index):
        return interval_end(self.times[index], self.timeframe)

    def floats(self, name):
        return np.array([float(price) for price in getattr(self, name)], dtype=float)


def read_csv(path, timeframe):
    """Reads a file with a header; the column that is none of the prices is the opening time."""
    bars = Bars(timeframe)
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        header = [name.strip().lower() for name in next(rows)]
        column = {name: header.index(name) for name in PRICES if name in header}
        time_column = next(i for i in range(len(header)) if i not in column.values())
        for row in rows:
            prices = [row[column[name]] if name in column else "0" for name in PRICES]
            bars.add(parse_time(row[time_column]), *prices)
    return bars


def parse_time(text):
    """ISO 8601, or seconds or milliseconds since 1970; UTC when no zone is given."""
    if text.isdigit():
        seconds = int(text) / (1000 if len(text) > 11 else 1)
        return datetime.fromtimestamp(seconds, timezone.utc)
    time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def interval_start(time, timeframe):
    """The opening time of the bar of `timeframe` that `time` falls into."""
    if timeframe == "1M":
        return time.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    length = timedelta(seconds=SECONDS[timeframe])
    return time - (time - FIRST_MONDAY) % length


def interval_end(start, timeframe):
    """The closing time of the bar of `timeframe` that opens at `start`."""
    if timeframe == "1M":
        month_index = start.year * 12 + start.month
        return start.replace(year=month_index // 12, month=month_index % 12 + 1)
    return start + timedelta(seconds=SECONDS[timeframe])


def aggregate(bars, timeframe):
    """Bars of a higher timeframe; an interval without any lower bar gives none."""
    out = Bars(timeframe)
    for i, time in enumerate(bars.times):
        start = interval_start(time, timeframe)
        if not out.times or out.times[-1] != start:
            out.add(start, *(getattr(bars, name)[i] for name in PRICES))
            continue
        out.high[-1] = max(out.high[-1], bars.high[i])
        out.low[-1] = min(out.low[-1], bars.low[i])
        out.close[-1] = bars.close[i]
        out.volume[-1] += bars.volume[i]
    return out


def last_closed(bars, higher):
    """For each bar, the index of the last `higher` bar closed by its close, or -1."""
    indices, last = [], -1
    for i in range(len(bars)):
        while last + 1 < len(higher) and higher.close_time(last + 1) <= bars.close_time(i):
            last += 1
        indices.append(last)
    return np.array(indices, dtype=int)
