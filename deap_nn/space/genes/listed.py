"""Listed values: numbers that have an order but no even steps, such as 16, 32, 64, 512.

Input: what a numeric gene was given as `values`. Output: its fields, and conversion to the gene's unit scale and back.
On that scale the places in the list lie evenly, so that a step leads to a neighbour, whatever the two values are.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any, TypeVar

from deap_nn.errors import InputError

T = TypeVar("T", bound=float)

NOT_GIVEN: Any = None
"""The default of limits, which a gene must have unless its values are listed."""


def fields_of_list(
    values: Any, start: Any, limits: Mapping[str, Any], number: Callable[[Any, str], T]
) -> dict[str, Any]:
    """Return the fields of a gene over listed values: `values`, `start`, and the ends of the list as `low` and `high`.

    Args:
        values: The values, ascending.
        start: Those that an initial network draws from; None: all.
        limits: What else the gene was given, by name; nothing of it goes with a list.
        number: Takes a value and its name, and returns it as a number of the gene's type, or raises an InputError.

    Raises:
        InputError: If the values are fewer than two, not ascending or no numbers, `start` is not among them, or there
            are limits as well.
    """
    listed = _numbers(values, "values", number)
    if len(listed) < 2:
        raise InputError(f"values is {values!r}; expected at least two: give a constant as both low and high")
    for one, other in pairwise(listed):
        if one == other:
            raise InputError(f"values is {values!r}, with {one!r} twice; expected all different: leave one out")
        if one > other:
            raise InputError(f"values is {values!r}, with {other!r} after {one!r}; expected ascending: sort them")
    _check_alone(limits, listed)
    return {"values": listed, "low": listed[0], "high": listed[-1], "start": _start(start, listed, number)}


def check_given(low: Any, high: Any) -> None:
    """Raise an InputError if a gene without listed values lacks a limit."""
    if low is None or high is None:
        raise InputError(
            f"low is {low!r} and high is {high!r}; expected both limits, or a list by its name: values=(16, 32, 64)"
        )


def place_in_list(value: float, values: Sequence[float]) -> float:
    """Return the position of a value in its list: the first is 0, the last is 1; between two of them, by proportion."""
    after = bisect_right(values, value, 1, len(values) - 1)
    below, above = values[after - 1], values[after]
    place = after - 1 + (value - below) / (above - below)
    return min(max(place / (len(values) - 1), 0.0), 1.0)


def value_in_list(unit: float, values: Sequence[T]) -> T:
    """Return the listed value nearest to a position between 0 and 1."""
    return values[round(min(max(unit, 0.0), 1.0) * (len(values) - 1))]


def neighbours_in_list(value: T, values: Sequence[T]) -> list[T]:
    """Return the listed values next to this one: the nearest below, then the nearest above."""
    below, above = values[: bisect_left(values, value)], values[bisect_right(values, value) :]
    return [*below[-1:], *above[:1]]


def described(numbers: str, values: Sequence[float], start: Sequence[float] | None) -> str:
    """Return a listed gene in words, such as "one of the ints 16, 32, 64, starts from 16"."""
    starts = f", starts from {', '.join(map(str, start))}" if start else ""
    return f"one of the {numbers} {', '.join(map(str, values))}{starts}"


def plain_fields(gene: Any) -> dict[str, Any]:
    """Return what a numeric gene is declared by, as plain data: a list or limits, and no word of the other."""
    start = None if gene.start is None else list(gene.start)
    if gene.values is not None:
        return {"values": list(gene.values), "start": start}
    # Without `values`, so that spaces stay equal to those in the runs and caches of earlier versions.
    limits = {name: value for name, value in asdict(gene).items() if name != "values"}
    return {**limits, "start": start}


def _numbers(given: Any, what: str, number: Callable[[Any, str], T]) -> tuple[T, ...]:
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
        raise InputError(f"{what} is {given!r}; expected a tuple of numbers, such as (16, 32, 64)")
    return tuple(number(value, f"{what}[{place}]") for place, value in enumerate(given))


def _check_alone(limits: Mapping[str, Any], values: Sequence[float]) -> None:
    # The list's own ends are what `dataclasses.replace` hands on; the other two have their defaults.
    fitting = {"low": (None, values[0]), "high": (None, values[-1]), "step": (1,), "log": (False,)}
    beside = [name for name, value in limits.items() if value not in fitting[name]]
    if beside:
        received = ", ".join(f"{name}={limits[name]!r}" for name in beside)
        raise InputError(f"received {received} beside values; expected values alone: leave out {', '.join(beside)}")


def _start(start: Any, values: Sequence[T], number: Callable[[Any, str], T]) -> tuple[T, ...] | None:
    if start is None:
        return None
    starts = _numbers(start, "start", number)
    if not starts:
        raise InputError("start is empty; give at least one value, or None for all")
    for value in starts:
        if value not in values:
            raise InputError(f"start holds {value!r}, expected some of values {values!r}: list it or leave it out")
    return starts
