"""The settings of a run: one place for their names, defaults, ranges and setting.

`evolve` takes them as keyword arguments, the command line makes an option of each, `run.json` holds them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from deap_nn.engines import ENGINES
from deap_nn.evolution import CROSSOVERS, survivor_count
from deap_nn.search.setting import Setting, choice, declare, number, whole


@dataclass(frozen=True)
class Settings:
    """Everything that steers a run, besides space and data. What each field means is in its metadata.

    Raises:
        ValueError: If a value is out of its range.
    """

    train_samples: int = whole(
        10_000,
        "training images to take, validation included, each class in its share; all where there are fewer",
        10,
    )
    population: int = whole(20, "networks in a generation", 3)
    generations: int = whole(30, "generations after the first", 0, resumable=True)
    survivors: float = number(
        0.2,
        "share of a generation that survives; at least two networks do",
        "a share above 0 and below 1",
        lambda value: 0 < value < 1,
        metavar="FRACTION",
    )
    crossover: str = choice(
        "both",
        "how parents are recombined: whole layers, genes between two points, or both in turn",
        tuple(CROSSOVERS),
    )
    mutation_probability: float = number(
        0.1,
        "probability that a gene of a child mutates",
        "a probability from 0 to 1",
        lambda value: 0 <= value <= 1,
        metavar="P",
    )
    stop_at: float | None = number(
        None,
        "stop when the best network has reached this validation accuracy",
        "an accuracy above 0 and up to 1",
        lambda value: 0 < value <= 1,
        metavar="SCORE",
        by_itself="none: all generations",
        resumable=True,
    )
    seed: int = whole(0, "seed of everything random in the run", 0)
    training_seed: int | None = whole(None, "seed of the trainings", 0, by_itself="that of --seed")
    engine: str | None = choice(
        None,
        "where networks are trained",
        ENGINES,
        by_itself="scoop under `python -m scoop`, else processes",
        resumable=True,
    )
    workers: int | None = whole(
        None,
        "networks trained at the same time",
        1,
        by_itself="as many as the cores or GPUs take",
        resumable=True,
    )
    time_limit: float = number(
        600.0,
        "seconds for the training of one network",
        "seconds above 0",
        lambda value: value > 0,
        metavar="SECONDS",
        resumable=True,
    )
    race: bool = declare(
        True,
        Setting(
            "prune trainings that will not survive, or have learnt nothing in the first generation",
            "--race; --no-race with a function of your own",
            "True or False",
            lambda value: isinstance(value, bool),
            bool,
        ),
    )
    memory_limit: float | None = number(
        None,
        "GiB that the training of one network may take; what takes more is ended",
        "gibibytes above 0",
        lambda value: value > 0,
        metavar="GIB",
        by_itself="no limit",
        resumable=True,
    )
    threads_per_worker: int = whole(1, "CPU threads of each training", 1)
    precision: str = choice(
        "float32",
        "what convolutions multiply; bfloat16 is up to twice as fast where `grep bf16 /proc/cpuinfo` finds something",
        ("float32", "bfloat16"),
    )
    workers_per_gpu: int = whole(1, "networks trained at the same time on one GPU", 1, resumable=True)
    dask_scheduler: str | None = declare(
        None,
        Setting(
            "address of a running Dask scheduler, with the engine dask",
            "a cluster on this host",
            "an address such as tcp://host:8786",
            lambda value: value is None or (isinstance(value, str) and bool(value)),
            str,
            metavar="ADDRESS",
            resumable=True,
        ),
    )
    stop_after: float | None = number(
        None,
        "seconds after which no more networks are trained but the winner",
        "seconds above 0",
        lambda value: value > 0,
        metavar="SECONDS",
        by_itself="never",
        resumable=True,
    )

    def __post_init__(self) -> None:
        for name, setting in all_settings().items():
            value = getattr(self, name)
            if not setting.check(value):
                raise ValueError(f"{name} is {value!r}, expected {setting.expected}")
        survivor_count(self.survivors, self.population)

    @property
    def seed_of_trainings(self) -> int:
        """The seed from which each training's own is derived."""
        return self.seed if self.training_seed is None else self.training_seed

    def to_json(self) -> dict[str, Any]:
        """Return the settings by name."""
        return asdict(self)


def all_settings() -> dict[str, Setting]:
    """Return what each setting is, by its name."""
    return {f.name: f.metadata["setting"] for f in fields(Settings)}
