"""Shared code of the numeric genes: checks of numbers and limits, and conversion to a gene's unit scale and back."""

import math
from typing import Any

from deap_nn.errors import InputError

LARGEST = 1e300  # so that the difference of two limits is a finite float


def check_number(value: Any, what: str) -> None:
    """Raise an InputError unless the value is a finite number; True and False do not count."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= LARGEST:
        raise InputError(f"{what} is {value!r}; expected a number between -{LARGEST} and {LARGEST}")


def check_whole(value: Any, what: str) -> None:
    """Raise an InputError unless the value is a plain Python int; True and False do not count."""
    if type(value) is not int or abs(value) > LARGEST:
        raise InputError(f"{what} is {value!r}; expected an int between -{LARGEST} and {LARGEST}")


def check_limits(low: float, high: float, log: bool) -> None:
    """Raise an InputError if the limits are in the wrong order, or a log scale starts at or below zero."""
    if low > high:
        raise InputError(f"limits run from {low!r} to {high!r}; expected low <= high: exchange the two")
    if log and low <= 0:
        raise InputError(f"a log scale starts at {low!r}; expected low > 0: raise low or leave log=False")


def place_in_unit(value: float, low: float, high: float, log: bool) -> float:
    """Return the position of a value between its limits: low is 0, high is 1; on a log scale, by logarithms."""
    if low == high:
        return 0.0
    if log:
        value, low, high = math.log(value), math.log(low), math.log(high)
    # Two limits can be neighbouring floats whose logarithms are equal.
    return 0.0 if low == high else min(max((value - low) / (high - low), 0.0), 1.0)


def value_at_unit(unit: float, low: float, high: float, log: bool) -> float:
    """Return the value at a position between 0 and 1: the inverse of `place_in_unit`, never outside the limits."""
    first, last = (math.log(low), math.log(high)) if log else (low, high)
    place = first * (1.0 - unit) + last * unit
    return min(max(math.exp(place) if log else place, low), high)
