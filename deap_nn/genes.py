"""Genes: the declared ranges of single hyperparameters.

In come limits and the range a first network starts from; out go drawn values, checks and the gene's own unit
scale, on which mutation takes its steps. A gene is a declaration: the values themselves live in chromosomes.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

LARGEST = 1e300  # so that the difference of two limits is a finite float


def _number(value: Any, what: str) -> None:
    """Refuse what is no finite number (True and False are none)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= LARGEST:
        raise ValueError(f"{what} is {value!r}; expected a number between -{LARGEST} and {LARGEST}")


def _whole(value: Any, what: str) -> None:
    """Refuse what is no plain Python int (True and False are none)."""
    if type(value) is not int or abs(value) > LARGEST:
        raise ValueError(f"{what} is {value!r}; expected an int between -{LARGEST} and {LARGEST}")


def _limits(low: float, high: float, log: bool) -> None:
    """Refuse limits in the wrong order, and a log scale that starts at or below zero."""
    if low > high:
        raise ValueError(f"limits run from {low!r} to {high!r}; expected low <= high: exchange the two")
    if log and low <= 0:
        raise ValueError(f"a log scale starts at {low!r}; expected low > 0: raise low or leave log=False")


def _to_unit(value: float, low: float, high: float, log: bool) -> float:
    if low == high:
        return 0.0
    if log:
        value, low, high = math.log(value), math.log(low), math.log(high)
    # Two limits can be neighbouring floats whose logarithms are equal.
    return 0.0 if low == high else min(max((value - low) / (high - low), 0.0), 1.0)


def _from_unit(unit: float, low: float, high: float, log: bool) -> float:
    first, last = (math.log(low), math.log(high)) if log else (low, high)
    place = first * (1.0 - unit) + last * unit
    return min(max(math.exp(place) if log else place, low), high)


@dataclass(frozen=True)
class Float:
    """A real-valued gene.

    Args:
        low: Smallest value, included. With `log` greater than zero.
        high: Largest value, included.
        log: Whether the gene's own scale is logarithmic.
        start: `(low, high)` that a first network draws from, both ends included; None: the limits.
    """

    low: float
    high: float
    log: bool = False
    start: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        _number(self.low, "low")
        _number(self.high, "high")
        _limits(self.low, self.high, self.log)
        object.__setattr__(self, "low", float(self.low))
        object.__setattr__(self, "high", float(self.high))
        if self.start is None:
            return
        start = tuple(self.start)
        if len(start) != 2:
            raise ValueError(f"start is {start!r}; expected a pair (low, high)")
        for value in start:
            _number(value, "start")
        if not self.low <= start[0] <= start[1] <= self.high:
            raise ValueError(f"start is {start!r}; expected two ascending values in {self.low}..{self.high}")
        object.__setattr__(self, "start", (float(start[0]), float(start[1])))

    def __str__(self) -> str:
        scale = ", log scale" if self.log else ""
        start = f", starts from {self.start[0]}..{self.start[1]}" if self.start else ""
        return f"a float in {self.low}..{self.high}{scale}{start}"

    @property
    def is_constant(self) -> bool:
        """Whether the limits hold one value only."""
        return self.low == self.high

    def sample(self) -> float:
        """Draw a value of the start range, uniformly on the gene's own scale."""
        low, high = self.start or (self.low, self.high)
        value = self.from_unit(random.uniform(self.to_unit(low), self.to_unit(high)))
        return min(max(value, low), high)

    def check(self, value: Any) -> None:
        """Refuse with a ValueError what is no float within the limits."""
        # Exactly a float: an int or a NumPy scalar would give the same network a second canonical form.
        if type(value) is not float or not self.low <= value <= self.high:
            raise ValueError(f"received {value!r}, expected {self}; convert with float() or move it inside")

    def to_unit(self, value: float) -> float:
        """Place a value on the gene's own scale: low is 0, high is 1."""
        return _to_unit(value, self.low, self.high, self.log)

    def from_unit(self, unit: float) -> float:
        """Give the value at a place between 0 and 1 of the gene's own scale."""
        return _from_unit(unit, self.low, self.high, self.log) + 0.0  # makes -0.0 the one zero

    def to_json(self) -> dict[str, Any]:
        """Describe the gene as plain data."""
        return {"type": "float", **asdict(self), "start": None if self.start is None else list(self.start)}


@dataclass(frozen=True)
class Integer:
    """A whole-numbered gene: `low, low + step, ..., high`.

    Args:
        low: Smallest value, included. With `log` greater than zero.
        high: Largest value, included; a whole number of steps above `low`.
        step: Distance of neighbouring values, at least 1.
        log: Whether the gene's own scale is logarithmic.
        start: Values that a first network draws from, with equal chances; None: all values (with `log`
            evenly on the log scale).
    """

    low: int
    high: int
    step: int = 1
    log: bool = False
    start: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        for what in ("low", "high", "step"):
            _whole(getattr(self, what), what)
        _limits(self.low, self.high, self.log)
        if self.step < 1:
            raise ValueError(f"step is {self.step!r}; expected at least 1")
        if excess := (self.high - self.low) % self.step:
            raise ValueError(
                f"high is {self.high!r}, which steps of {self.step} from {self.low} do not reach; "
                f"the nearest below is {self.high - excess}"
            )
        if self.start is None:
            return
        object.__setattr__(self, "start", tuple(self.start))
        if not self.start:
            raise ValueError("start is empty; give at least one value, or None for all")
        for value in self.start:
            self.check(value)

    def __str__(self) -> str:
        steps = f" in steps of {self.step}" if self.step > 1 else ""
        scale = ", log scale" if self.log else ""
        start = f", starts from {', '.join(map(str, self.start))}" if self.start else ""
        return f"an int in {self.low}..{self.high}{steps}{scale}{start}"

    @property
    def is_constant(self) -> bool:
        """Whether the limits hold one value only."""
        return self.low == self.high

    def sample(self) -> int:
        """Draw one of the start values."""
        if self.start is not None:
            return random.choice(self.start)
        if self.log:
            return self.from_unit(random.random())
        return random.randrange(self.low, self.high + 1, self.step)

    def check(self, value: Any) -> None:
        """Refuse with a ValueError what is no int within the limits and on a step."""
        if type(value) is not int or not self.low <= value <= self.high or (value - self.low) % self.step:
            raise ValueError(f"received {value!r}, expected {self}; convert with int() or move it inside")

    def to_unit(self, value: int) -> float:
        """Place a value on the gene's own scale: low is 0, high is 1."""
        return _to_unit(value, self.low, self.high, self.log)

    def from_unit(self, unit: float) -> int:
        """Give the value nearest to a place between 0 and 1 of the gene's own scale."""
        steps = round((_from_unit(unit, self.low, self.high, self.log) - self.low) / self.step)
        return self.low + self.step * steps

    def neighbours(self, value: int) -> list[int]:
        """List the values one step below and above that lie within the limits."""
        return [n for n in (value - self.step, value + self.step) if self.low <= n <= self.high]

    def to_json(self) -> dict[str, Any]:
        """Describe the gene as plain data."""
        return {"type": "integer", **asdict(self), "start": None if self.start is None else list(self.start)}


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
            _number(option, "an option")
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


Gene = Float | Integer | Choice
GENES: dict[str, Any] = {"float": Float, "integer": Integer, "choice": Choice}


def gene_from_json(data: Mapping[str, Any]) -> Gene:
    """Make the gene that `to_json` described."""
    fields = dict(data)
    name = fields.pop("type", None)
    if name not in GENES:
        raise ValueError(f"gene type {name!r} is unknown; expected one of {', '.join(GENES)}")
    try:
        return GENES[name](**fields)
    except TypeError as error:
        raise ValueError(f"a gene of type {name!r} cannot be made from {fields!r}: {error}") from error
