"""The program under test, run as a command, and the one way its numbers are compared."""

import csv
import json
import shlex
import subprocess
from decimal import Decimal
from pathlib import Path

TOLERANCE = Decimal("1e-9")
TIME_LIMIT_S = 120


class Refused(Exception):
    """The program ended with an error; the text is what it said."""


def command_words(command):
    """A path, or a command line such as `python reference.py`."""
    return [command] if Path(command).exists() else shlex.split(command)


def backtest(command, arguments, folder):
    """The JSON of a back-test and its equity curve as (time, equity) rows."""
    curve = Path(folder, "equity.csv")
    wanted = [*command, "backtest", *arguments, "--json", "--equity-csv", str(curve)]
    answer = json.loads(output(wanted), parse_float=Decimal, parse_int=Decimal)
    with open(curve, newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        return answer, [(row["time"], Decimal(row["equity"])) for row in rows]


def output(words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise Refused(f"exit code {done.returncode}: {said[-2000:]}")
    return done.stdout


def same(expected, found, scale=0):
    """Equal within 1e-9 of the larger one; `scale` is the size of what a difference came from."""
    if expected is None or found is None:
        return expected is None and found is None
    expected, found = decimal(expected), decimal(found)
    if expected is None or found is None:
        return False
    largest = max(abs(expected), abs(found), Decimal(scale))
    return abs(expected - found) <= TOLERANCE * largest


def decimal(value):
    """Any finite number the two sides use, or a decimal string; None when it is neither."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, (str, int, float)):
        try:
            number = Decimal(str(value))
        except ArithmeticError:
            return None
        return number if number.is_finite() else None
    return Decimal(value.numerator) / Decimal(value.denominator)
