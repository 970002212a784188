"""What the numeric genes share: checks of numbers and limits, and the way to a gene's own unit scale and back."""

import math
from typing import Any

LARGEST = 1e300  # so that the difference of two limits is a finite float


def check_number(value: Any, what: str) -> None:
    """Refuse what is no finite number (True and False are none)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= LARGEST:
        raise ValueError(f"{what} is {value!r}; expected a number between -{LARGEST} and {LARGEST}")


def check_whole(value: Any, what: str) -> None:
    """Refuse what is no plain Python int (True and False are none)."""
    if type(value) is not int or abs(value) > LARGEST:
        raise ValueError(f"{what} is {value!r}; expected an int between -{LARGEST} and {LARGEST}")


def check_limits(low: float, high: float, log: bool) -> None:
    """Refuse limits in the wrong order, and a log scale that starts at or below zero."""
    if low > high:
        raise ValueError(f"limits run from {low!r} to {high!r}; expected low <= high: exchange the two")
    if log and low <= 0:
        raise ValueError(f"a log scale starts at {low!r}; expected low > 0: raise low or leave log=False")


def place_in_unit(value: float, low: float, high: float, log: bool) -> float:
    """Place a value between its limits: low is 0, high is 1; on a log scale by logarithms."""
    if low == high:
        return 0.0
    if log:
        value, low, high = math.log(value), math.log(low), math.log(high)
    # Two limits can be neighbouring floats whose logarithms are equal.
    return 0.0 if low == high else min(max((value - low) / (high - low), 0.0), 1.0)


def value_at_unit(unit: float, low: float, high: float, log: bool) -> float:
    """Give the value at a place between 0 and 1: the inverse of `place_in_unit`, never outside the limits."""
    first, last = (math.log(low), math.log(high)) if log else (low, high)
    place = first * (1.0 - unit) + last * unit
    return min(max(math.exp(place) if log else place, low), high)
