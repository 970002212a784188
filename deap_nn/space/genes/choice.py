"""Categorical genes."""

import random
from dataclasses import dataclass
from typing import Any

from deap_nn.errors import InputError
from deap_nn.space.genes.scale import check_number


@dataclass(frozen=True)
class Choice:
    """A categorical gene.

    Args:
        options: The values to choose from, all different: strings, bools, ints, floats or None.
        start: The options that an initial network draws from, with equal probability; None: all.
    """

    options: tuple[Any, ...]
    start: tuple[Any, ...] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.options, str):
            raise InputError(f"options is the string {self.options!r}; expected a tuple of values")
        object.__setattr__(self, "options", tuple(self.options))
        if not self.options:
            raise InputError("options is empty; expected at least one value")
        for option in self.options:
            if option is None or type(option) in (str, bool):
                continue
            if type(option) not in (int, float):
                raise InputError(f"option {option!r} is no string, bool, int, float or None")
            check_number(option, "an option")
        if len(set(self.options)) < len(self.options):
            # Python treats 1, 1.0 and True as equal: two of them would give one genome two canonical forms.
            raise InputError(f"options are {self.options!r}; expected all different (1, 1.0 and True are equal)")
        self._check_start()

    def _check_start(self) -> None:
        if self.start is None:
            return
        if isinstance(self.start, str):
            raise InputError(f"start is the string {self.start!r}; expected a tuple of options")
        start = tuple(self.start)
        if not start:
            raise InputError("start is empty; give at least one option, or None for all")
        for option in start:
            self.check(option)
        object.__setattr__(self, "start", start)

    def __str__(self) -> str:
        start = f", starts from {', '.join(map(repr, self.start))}" if self.start else ""
        return f"one of {', '.join(map(repr, self.options))}{start}"

    @property
    def is_constant(self) -> bool:
        """Whether there is only one option."""
        return len(self.options) == 1

    def sample(self) -> Any:
        """Draw one of the start options with equal probability."""
        return random.choice(self.start or self.options)

    def check(self, value: Any) -> None:
        """Raise an InputError unless the value is one of the options."""
        if not any(type(value) is type(option) and value == option for option in self.options):
            raise InputError(f"received {value!r}, expected {self}")

    def to_json(self) -> dict[str, Any]:
        """Return the gene as plain data."""
        # Omitted when None, so that spaces stay equal to those in the runs and caches of earlier versions.
        start = {} if self.start is None else {"start": list(self.start)}
        return {"type": "choice", "options": list(self.options), **start}
