"""Whole-numbered genes, with the unit scale on which mutation takes its steps."""

import random
from dataclasses import asdict, dataclass
from typing import Any

from deap_nn.errors import InputError
from deap_nn.space.genes.scale import check_limits, check_whole, place_in_unit, value_at_unit


@dataclass(frozen=True)
class Integer:
    """A whole-numbered gene: `low, low + step, ..., high`.

    Args:
        low: The smallest value, included; with `log`, greater than zero.
        high: The largest value, included; a whole number of steps above `low`.
        step: The distance between neighbouring values, at least 1.
        log: Whether the gene's scale is logarithmic.
        start: The values that an initial network draws from, with equal probability; None: all values (with
            `log`, uniformly on the log scale).
    """

    low: int
    high: int
    step: int = 1
    log: bool = False
    start: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
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
        steps = f" in steps of {self.step}" if self.step > 1 else ""
        scale = ", log scale" if self.log else ""
        start = f", starts from {', '.join(map(str, self.start))}" if self.start else ""
        return f"an int in {self.low}..{self.high}{steps}{scale}{start}"

    @property
    def is_constant(self) -> bool:
        """Whether the limits allow only one value."""
        return self.low == self.high

    def sample(self) -> int:
        """Draw one of the start values."""
        if self.start is not None:
            return random.choice(self.start)
        if self.log:
            return self.from_unit(random.random())
        return random.randrange(self.low, self.high + 1, self.step)

    def check(self, value: Any) -> None:
        """Raise an InputError unless the value is an int within the limits and on a step."""
        if type(value) is not int or not self.low <= value <= self.high or (value - self.low) % self.step:
            raise InputError(f"received {value!r}, expected {self}; convert with int() or move it inside")

    def to_unit(self, value: int) -> float:
        """Return the position of a value on the gene's scale: low is 0, high is 1."""
        return place_in_unit(value, self.low, self.high, self.log)

    def from_unit(self, unit: float) -> int:
        """Return the value nearest to a position between 0 and 1 on the gene's scale."""
        steps = round((value_at_unit(unit, self.low, self.high, self.log) - self.low) / self.step)
        return self.low + self.step * steps

    def neighbours(self, value: int) -> list[int]:
        """Return the values one step below and above that lie within the limits."""
        return [n for n in (value - self.step, value + self.step) if self.low <= n <= self.high]

    def to_json(self) -> dict[str, Any]:
        """Return the gene as plain data."""
        return {"type": "integer", **asdict(self), "start": None if self.start is None else list(self.start)}
