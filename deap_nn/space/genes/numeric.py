"""What real-valued and whole-numbered genes have in common: limits or a list, and the way to the unit scale."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from deap_nn.space.genes.listed import check_given, fields_of_list, place_in_list
from deap_nn.space.genes.scale import place_in_unit


class Numeric:
    """The base of dataclasses with these fields and `start`."""

    low: Any
    high: Any
    log: bool
    values: Any

    def _is_listed(self, number: Callable[[Any, str], Any]) -> bool:
        """Check what the gene was given, and take over a list; tell whether there is one.

        Args:
            number: As in `fields_of_list`.
        """
        given = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        values, start = given.pop("values"), given.pop("start")
        if values is None:
            check_given(self.low, self.high)
            return False
        for name, value in fields_of_list(values, start, given, number).items():
            object.__setattr__(self, name, value)
        return True

    @property
    def is_constant(self) -> bool:
        """Whether the limits allow only one value."""
        constant: bool = self.low == self.high
        return constant

    def to_unit(self, value: float) -> float:
        """Return the position of a value on the gene's scale: low is 0, high is 1."""
        if self.values is not None:
            return place_in_list(value, self.values)
        return place_in_unit(value, self.low, self.high, self.log)
