"""Real-valued genes, with the unit scale on which mutation takes its steps."""

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
from deap_nn.space.genes.scale import check_limits, check_number, value_at_unit


@dataclass(frozen=True)
class Float(Numeric):
    """A real-valued gene.

    Args:
        low: The smallest value, included; with `log`, greater than zero.
        high: The largest value, included.
        log: Whether the gene's scale is logarithmic.
        start: The range `(low, high)` that an initial network draws from, both ends included; None: the limits. With
            `values`, those of them that it draws from, with equal probability; None: all.
        values: At least two values, ascending, in place of limits and scale; neighbours are one step apart.
    """

    low: float = NOT_GIVEN
    high: float = NOT_GIVEN
    log: bool = False
    start: tuple[float, ...] | None = None
    values: tuple[float, ...] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self._is_listed(_real):
            return
        check_number(self.low, "low")
        check_number(self.high, "high")
        check_limits(self.low, self.high, self.log)
        object.__setattr__(self, "low", float(self.low))
        object.__setattr__(self, "high", float(self.high))
        if self.start is None:
            return
        start = tuple(self.start)
        if len(start) != 2:
            raise InputError(f"start is {start!r}; expected a pair (low, high)")
        for value in start:
            check_number(value, "start")
        if not self.low <= start[0] <= start[1] <= self.high:
            raise InputError(f"start is {start!r}; expected two ascending values in {self.low}..{self.high}")
        object.__setattr__(self, "start", (float(start[0]), float(start[1])))

    def __str__(self) -> str:
        if self.values is not None:
            return described("floats", self.values, self.start)
        scale = ", log scale" if self.log else ""
        start = f", starts from {self.start[0]}..{self.start[1]}" if self.start else ""
        return f"a float in {self.low}..{self.high}{scale}{start}"

    def sample(self) -> float:
        """Draw a value from the start range, uniformly on the gene's scale, or one of the listed start values."""
        if self.values is not None:
            return random.choice(self.start or self.values)
        low, high = self.start or (self.low, self.high)
        value = self.from_unit(random.uniform(self.to_unit(low), self.to_unit(high)))
        return min(max(value, low), high)

    def check(self, value: Any) -> None:
        """Raise an InputError unless the value is a float within the limits or on the list."""
        # Only a Python float: an int or a NumPy scalar would give the same network a second canonical form.
        if type(value) is not float or not self._allows(value):
            raise InputError(f"received {value!r}, expected {self}; convert with float() or choose another")

    def _allows(self, value: float) -> bool:
        return self.low <= value <= self.high if self.values is None else value in self.values

    def from_unit(self, unit: float) -> float:
        """Return the value at a position between 0 and 1 on the gene's scale; of listed ones the nearest."""
        if self.values is not None:
            return value_in_list(unit, self.values)
        return value_at_unit(unit, self.low, self.high, self.log) + 0.0  # turns -0.0 into 0.0

    def neighbours(self, value: float) -> list[float]:
        """Return the listed values just below and above; none between limits, where no float is the next."""
        return [] if self.values is None else neighbours_in_list(value, self.values)

    def to_json(self) -> dict[str, Any]:
        """Return the gene as plain data."""
        return {"type": "float", **plain_fields(self)}


def _real(value: Any, what: str) -> float:
    check_number(value, what)
    return float(value) + 0.0  # turns -0.0 into 0.0
