"""Categorical genes."""

import random
from dataclasses import dataclass
from typing import Any

from deap_nn.genes.scale import check_number


@dataclass(frozen=True)
class Choice:
    """A categorical gene.

    Args:
        options: The values to choose from, all different: strings, bools, ints, floats or None.
    """

    options: tuple[Any, ...]

    def __post_init__(self) -> None:
        if isinstance(self.options, str):
            raise ValueError(f"options is the string {self.options!r}; expected a tuple of values")
        object.__setattr__(self, "options", tuple(self.options))
        if not self.options:
            raise ValueError("options is empty; expected at least one value")
        for option in self.options:
            if option is None or type(option) in (str, bool):
                continue
            if type(option) not in (int, float):
                raise ValueError(f"option {option!r} is no string, bool, int, float or None")
            check_number(option, "an option")
        if len(set(self.options)) < len(self.options):
            # 1, 1.0 and True are equal to Python: two of them would be one genome with two canonical forms.
            raise ValueError(f"options are {self.options!r}; expected all different (1, 1.0 and True are equal)")

    def __str__(self) -> str:
        return f"one of {', '.join(map(repr, self.options))}"

    @property
    def is_constant(self) -> bool:
        """Whether there is one option only."""
        return len(self.options) == 1

    def sample(self) -> Any:
        """Draw an option, each with equal chances."""
        return random.choice(self.options)

    def check(self, value: Any) -> None:
        """Refuse with a ValueError what is none of the options."""
        if not any(type(value) is type(option) and value == option for option in self.options):
            raise ValueError(f"received {value!r}, expected {self}")

    def to_json(self) -> dict[str, Any]:
        """Describe the gene as plain data."""
        return {"type": "choice", "options": list(self.options)}
