"""Whole-numbered genes, with the unit scale on which mutation takes its steps."""

import random
from dataclasses import dataclass, field
from typing import Any

from deap_nn.errors import InputError
from deap_nn.space.genes.listed import (
    NOT_GIVEN,
    described,
    neighbours_in_list,
    plain_fields,
    value_in_list,
)
from deap_nn.space.genes.numeric import Numeric
from deap_nn.space.genes.scale import check_limits, check_whole, value_at_unit


@dataclass(frozen=True)
class Integer(Numeric):
    """A whole-numbered gene: `low, low + step, ..., high`.

    Args:
        low: The smallest value, included; with `log`, greater than zero.
        high: The largest value, included; a whole number of steps above `low`.
        step: The distance between neighbouring values, at least 1.
        log: Whether the gene's scale is logarithmic.
        start: The values that an initial network draws from, with equal probability; None: all values (with
            `log`, uniformly on the log scale).
        values: At least two values, ascending, in place of limits, step and scale; neighbours are one step apart.
    """

    low: int = NOT_GIVEN
    high: int = NOT_GIVEN
    step: int = 1
    log: bool = False
    start: tuple[int, ...] | None = None
    values: tuple[int, ...] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self._is_listed(_whole):
            return
        for what in ("low", "high", "step"):
            check_whole(getattr(self, what), what)
        check_limits(self.low, self.high, self.log)
        if self.step < 1:
            raise InputError(f"step is {self.step!r}; expected at least 1")
        if excess := (self.high - self.low) % self.step:
            raise InputError(
                f"high is {self.high!r}, which steps of {self.step} from {self.low} do not reach; "
                f"the nearest below is {self.high - excess}"
            )
        if self.start is None:
            return
        object.__setattr__(self, "start", tuple(self.start))
        if not self.start:
            raise InputError("start is empty; give at least one value, or None for all")
        for value in self.start:
            self.check(value)

    def __str__(self) -> str:
        if self.values is not None:
            return described("ints", self.values, self.start)
        steps = f" in steps of {self.step}" if self.step > 1 else ""
        scale = ", log scale" if self.log else ""
        start = f", starts from {', '.join(map(str, self.start))}" if self.start else ""
        return f"an int in {self.low}..{self.high}{steps}{scale}{start}"

    def sample(self) -> int:
        """Draw one of the start values."""
        if drawn_from := self.start or self.values:
            return random.choice(drawn_from)
        if self.log:
            return self.from_unit(random.random())
        return random.randrange(self.low, self.high + 1, self.step)

    def check(self, value: Any) -> None:
        """Raise an InputError unless the value is an int within the limits and on a step, or on the list."""
        if type(value) is not int or not self._allows(value):
            raise InputError(f"received {value!r}, expected {self}; convert with int() or choose another")

    def _allows(self, value: int) -> bool:
        return value in (range(self.low, self.high + 1, self.step) if self.values is None else self.values)

    def from_unit(self, unit: float) -> int:
        """Return the value nearest to a position between 0 and 1 on the gene's scale."""
        if self.values is not None:
            return value_in_list(unit, self.values)
        steps = round((value_at_unit(unit, self.low, self.high, self.log) - self.low) / self.step)
        return self.low + self.step * steps

    def nearest(self, number: float) -> int:
        """Return the value nearest to a number, which is above 0 on a logarithmic scale."""
        return self.from_unit(self.to_unit(number))

    def neighbours(self, value: int) -> list[int]:
        """Return the values one step, or one place in the list, below and above that lie within the limits."""
        if self.values is not None:
            return neighbours_in_list(value, self.values)
        return [n for n in (value - self.step, value + self.step) if self.low <= n <= self.high]

    def to_json(self) -> dict[str, Any]:
        """Return the gene as plain data."""
        return {"type": "integer", **plain_fields(self)}


def _whole(value: Any, what: str) -> int:
    check_whole(value, what)
    return int(value)
