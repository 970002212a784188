"""The settings of a run: one place for their names, defaults, ranges and meaning.

`evolve` takes them as keyword arguments, the command line makes an option of each, `run.json` holds them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from deap_nn.engines import ENGINES
from deap_nn.toolbox import CROSSOVERS

Check = Callable[[Any], bool]


@dataclass(frozen=True)
class Meaning:
    """What a setting is: for `--help`, for error messages, and whether a resumed run may change it."""

    help: str
    expected: str
    check: Check
    type: Callable[[str], Any]
    choices: tuple[str, ...] | None = None
    metavar: str | None = None
    resumable: bool = False


def _setting(default: Any, meaning: Meaning) -> Any:
    return field(default=default, metadata={"meaning": meaning})


def _whole(
    default: int | None,
    help: str,
    low: int,
    *,
    metavar: str = "N",
    optional: bool = False,
    resumable: bool = False,
) -> Any:
    def check(value: Any) -> bool:
        return (optional and value is None) or (type(value) is int and value >= low)

    meaning = Meaning(help, f"a whole number of at least {low}", check, int, None, metavar, resumable)
    return _setting(default, meaning)


def _number(
    default: float | None,
    help: str,
    expected: str,
    check: Check,
    *,
    metavar: str,
    resumable: bool = False,
) -> Any:
    def is_number(value: Any) -> bool:
        if value is None:
            return default is None
        return isinstance(value, int | float) and not isinstance(value, bool) and check(value)

    return _setting(default, Meaning(help, expected, is_number, float, None, metavar, resumable))


def _choice(default: str | None, help: str, choices: tuple[str, ...], *, resumable: bool = False) -> Any:
    def check(value: Any) -> bool:
        return value in choices or (default is None and value is None)

    return _setting(default, Meaning(help, f"one of {', '.join(choices)}", check, str, choices, None, resumable))


@dataclass(frozen=True)
class Settings:
    """Everything that steers a run, besides space and data. Each field's meaning is in its metadata.

    Raises:
        ValueError: if a value is out of its range.
    """

    train_samples: int = _whole(
        10_000,
        "training images to take, validation included, each class in its share; all where there are fewer",
        10,
    )
    population: int = _whole(20, "networks in a generation", 3)
    generations: int = _whole(30, "generations after the first", 0, resumable=True)
    survivors: float = _number(
        0.2,
        "share of a generation that survives; at least two networks do",
        "a share above 0 and below 1",
        lambda value: 0 < value < 1,
        metavar="FRACTION",
    )
    crossover: str = _choice(
        "both",
        "how parents are recombined: whole layers, genes between two points, or both in turn",
        tuple(CROSSOVERS),
    )
    mutation_probability: float = _number(
        0.1,
        "probability that a gene of a child mutates",
        "a probability from 0 to 1",
        lambda value: 0 <= value <= 1,
        metavar="P",
    )
    target: float | None = _number(
        None,
        "stop at this validation accuracy",
        "an accuracy above 0 and up to 1",
        lambda value: 0 < value <= 1,
        metavar="ACCURACY",
        resumable=True,
    )
    seed: int = _whole(0, "seed of everything random in the run", 0)
    engine: str | None = _choice(
        None,
        "where networks are trained; by itself, scoop under `python -m scoop`, else processes",
        ENGINES,
        resumable=True,
    )
    workers: int | None = _whole(
        None,
        "networks trained at the same time; by itself, one per core or GPU",
        1,
        optional=True,
        resumable=True,
    )
    time_limit: float = _number(
        600.0,
        "seconds for the training of one network",
        "seconds above 0",
        lambda value: value > 0,
        metavar="SECONDS",
    )
    stop_after: float | None = _number(
        None,
        "seconds after which no more networks are trained but the winner",
        "seconds above 0",
        lambda value: value > 0,
        metavar="SECONDS",
        resumable=True,
    )

    def __post_init__(self) -> None:
        for name, meaning in meanings().items():
            value = getattr(self, name)
            if not meaning.check(value):
                raise ValueError(f"{name} is {value!r}, expected {meaning.expected}")

    def to_json(self) -> dict[str, Any]:
        """Return the settings by name."""
        return asdict(self)


def meanings() -> dict[str, Meaning]:
    """Return the meaning of each setting by its name."""
    return {f.name: f.metadata["meaning"] for f in fields(Settings)}
