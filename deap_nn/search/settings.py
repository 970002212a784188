"""The settings of a run: one place for their names, defaults, ranges and help texts.

`evolve` takes them as keyword arguments, the command line has an option for each, `run.json` holds them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from deap_nn.data import SCALINGS
from deap_nn.engines import ENGINES, MOST_PER_GPU, TIME_LIMIT
from deap_nn.errors import InputError
from deap_nn.evaluation import MIN_STEPS, TRAINERS
from deap_nn.evolution import (
    CRITERIA,
    CROSSOVERS,
    Criterion,
    criteria_of,
    objective_from_json,
    survivor_count,
    weights_of,
)
from deap_nn.screening import CANDIDATES
from deap_nn.search.duration import seconds_of
from deap_nn.search.setting import Setting, above_zero, choice, declare, flag, number, whole

TRUNCATION = "truncation"
STEADY_STATE = "steady-state"
ALGORITHMS = (TRUNCATION, STEADY_STATE)

POPULATION = {TRUNCATION: 20, STEADY_STATE: 10}
"""The networks per generation, if nothing is said: the original project's, and what finds good networks the soonest."""

RACE = "race"
HALVING = "halving"
NONE = "none"
PRUNERS = (RACE, HALVING, NONE)


def objectives_of(text: str) -> tuple[str, ...]:
    """Return the objectives that a text names, separated by commas; as everywhere there, hyphens may join words."""
    return tuple(name.strip().replace("-", "_") for name in text.split(","))


def _are_objectives(value: Any) -> bool:
    try:
        return isinstance(value, tuple) and criteria_of(value) is not None
    except (InputError, KeyError, TypeError):
        return False


@dataclass(frozen=True)
class Settings:
    """Everything that controls a run, besides space and data. Each field is described in its metadata.

    Raises:
        InputError: If a value is out of its range.
    """

    train_samples: int = whole(
        10_000,
        "training samples to use, validation included, in the original class proportions; all if there are fewer",
        10,
    )
    population: int = whole(
        None,
        "networks per generation",
        3,
        by_itself=", ".join(f"{size} with --algorithm {name}" for name, size in POPULATION.items()),
    )
    generations: int = whole(30, "generations after the first", 0, resumable=True)
    algorithm: str = choice(
        STEADY_STATE,
        "how networks are bred: in generations of which the best survive, or one by one in place of the worst, where a "
        "generation is as many evaluations as the population holds",
        ALGORITHMS,
    )
    objectives: tuple[str | Criterion, ...] = declare(
        ("accuracy",),
        Setting(
            "what networks are good for, separated by commas; with several, the search keeps those that no other is "
            "better than in all, and the first says which one is the best",
            "accuracy",
            f"accuracy (fitness, of your own function), then any of {', '.join(CRITERIA)}, each once",
            _are_objectives,
            objectives_of,
            metavar="NAMES",
        ),
    )
    train_front: bool = flag(
        False,
        "with several objectives, train every network of the front a final time, besides the best; each becomes a file",
        "only the best is trained",
        resumable=True,
    )
    lag: int = whole(
        4,
        "with --algorithm steady-state, networks under way at the same time, and so the most workers that have work; "
        "results are the same with any number of workers",
        1,
    )
    screen: int = whole(
        CANDIDATES,
        "with --algorithm steady-state, children that are bred for one that is trained, the most promising one by a "
        "model of the results so far; 0: no screen, the first one is trained",
        0,
    )
    evaluations: int | None = whole(
        None,
        "evaluations after which the search ends, in place of --generations",
        1,
        by_itself="--generations says when",
        resumable=True,
    )
    patience: int | None = whole(
        None,
        "evaluations in a row without a new best after which the search ends; in generations, at the end of one",
        1,
        by_itself="none: it goes on",
        resumable=True,
    )
    survivors: float = number(
        0.2,
        "share of a generation that survives; at least two networks do",
        "a share above 0 and below 1",
        lambda value: 0 < value < 1,
        metavar="FRACTION",
    )
    crossover: str = choice(
        "both",
        "how parents are recombined: by whole layers, by the genes between two points, or both in turn",
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
        "stop once the best network reaches this validation accuracy",
        "a finite number",
        lambda value: True,
        metavar="SCORE",
        by_itself="never: run all generations",
        resumable=True,
    )
    minimize: bool = flag(
        False, "whether smaller values of a function of your own are better", "larger ones are", python_only=True
    )
    seed: int = whole(0, "seed for everything random in the run", 0)
    training_seed: int | None = whole(None, "seed for the trainings", 0, by_itself="the value of --seed")
    engine: str | None = choice(
        None,
        "where networks are trained",
        ENGINES,
        by_itself="scoop under `python -m scoop`, otherwise processes",
        resumable=True,
    )
    workers: int | None = whole(
        None,
        "networks trained at the same time",
        1,
        by_itself="as many as the cores or GPUs allow",
        resumable=True,
    )
    time_limit: float | None = above_zero(
        "seconds that training one network may take",
        "seconds above 0",
        metavar="SECONDS",
        by_itself=f"{TIME_LIMIT:g}; with a budget, half of what the search may take, if that is more",
    )
    pruner: str = choice(
        RACE,
        "which trainings are not run to their end: with race, those that are unlikely to survive or, in the first "
        "generation, have learnt nothing; with halving, for --algorithm steady-state, all pause at a ninth and a third "
        "of their epochs, and the best third goes on; none: all are",
        PRUNERS,
    )
    memory_limit: float | None = above_zero(
        "GiB of memory that training one network may use; a training that exceeds this is ended",
        "gibibytes above 0",
        metavar="GIB",
        by_itself="no limit",
    )
    threads_per_worker: int = whole(1, "CPU threads per training", 1)
    min_steps: int = whole(
        MIN_STEPS,
        "steps that an epoch has at least: on small data, batches are smaller than the genome says; 0: never",
        0,
    )
    scaling: str = choice(
        SCALINGS[0],
        "how samples are scaled: pixels to 0..1 and features to mean 0 and deviation 1, or not at all; token numbers "
        "that an Embedding takes never are",
        SCALINGS,
    )
    precision: str = choice(
        "float32",
        "number format of convolutions; bfloat16 is up to twice as fast if `grep bf16 /proc/cpuinfo` finds a match",
        ("float32", "bfloat16"),
    )
    trainer: str | None = choice(
        None,
        "what trains networks: the project's own TensorFlow or PyTorch functions, or plain Keras; plain Keras also "
        "takes whatever the others do not know",
        tuple(TRAINERS),
        by_itself="the fastest for Keras's backend: compiled_tf, with PyTorch on a GPU compiled_torch, else portable",
        resumable=True,
    )
    workers_per_gpu: int | None = whole(
        None,
        "networks trained at the same time on one GPU",
        1,
        by_itself=f"as many as its memory and the cores allow, {MOST_PER_GPU} at most",
        resumable=True,
    )
    dask_scheduler: str | None = declare(
        None,
        Setting(
            "address of a running Dask scheduler, for --engine dask",
            "start a cluster on this host",
            "an address such as tcp://host:8786",
            lambda value: value is None or (isinstance(value, str) and bool(value)),
            str,
            metavar="ADDRESS",
            resumable=True,
        ),
    )
    stop_after: float | None = above_zero(
        "seconds after which no network is trained except the winner",
        "seconds above 0",
        metavar="SECONDS",
        by_itself="never",
    )

    max_parameters: int | None = whole(
        None, "weights that a network may have; larger ones are bred again and never trained", 1, by_itself="any number"
    )
    max_multiply_adds: int | None = whole(
        None,
        "multiply-adds that a network may need for one sample; larger ones are bred again and never trained",
        1,
        by_itself="any number",
    )

    budget: float | None = declare(
        None,
        Setting(
            "time for everything, all sittings together, such as 30m or 2h; the search sizes itself for it",
            "no limit: population and generations say how long it takes",
            "a time above 0, such as 90s, 30m or 2h",
            lambda value: value is None or (type(value) in (int, float) and 0 < value < math.inf),
            seconds_of,
            metavar="TIME",
            resumable=True,
        ),
    )
    finalists: int | None = whole(
        None,
        "best networks that are trained once more, with another seed, other samples and, if a budget has time for it, "
        "for up to three times as many epochs, before one is named",
        0,
        by_itself="0; with a budget, up to 4",
    )
    ensemble: int = whole(
        1,
        "best networks that are trained a final time; several also give ensemble.keras, the mean of their outputs",
        1,
        resumable=True,
    )
    final_epochs: int | None = whole(
        None,
        "epochs of the final training",
        1,
        by_itself="twice those of the genome; with a budget, what there is time for",
        resumable=True,
    )
    final_width: float | None = above_zero(
        "how many times as many filters and units as its genome says the winner has in the final training",
        "a number above 0",
        metavar="TIMES",
        by_itself="1; with a budget and one objective, up to 4, as there is time for",
    )

    def __post_init__(self) -> None:
        if isinstance(self.objectives, str | list):
            asked = objectives_of(self.objectives) if isinstance(self.objectives, str) else self.objectives
            object.__setattr__(self, "objectives", tuple(map(objective_from_json, asked)))
        object.__setattr__(self, "budget", self.budget if self.budget is None else seconds_of(self.budget))
        for name, setting in all_settings().items():
            value = getattr(self, name)
            if isinstance(value, np.generic):
                value = value.item()
                object.__setattr__(self, name, value)
            if not setting.check(value):
                raise InputError(f"{name} is {value!r}, expected {setting.expected}")
        if self.population is None:
            object.__setattr__(self, "population", POPULATION[self.algorithm])
        survivor_count(self.survivors, self.population)

    @property
    def weights(self) -> tuple[float, ...]:
        """The weights of an individual's fitness."""
        return weights_of(self.criteria, self.minimize)

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """The objectives after the first."""
        return criteria_of(self.objectives)

    @property
    def is_steady(self) -> bool:
        """Whether there is a steady state in place of generations."""
        return self.algorithm == STEADY_STATE

    @property
    def most_generations(self) -> int:
        """The number of generations after the first that do not end the search before it has its evaluations."""
        return self.generations if self.evaluations is None else max(self.generations, self.evaluations)

    @property
    def seed_of_trainings(self) -> int:
        """The seed from which the seed of each training is derived."""
        return self.seed if self.training_seed is None else self.training_seed

    def to_json(self) -> dict[str, Any]:
        """Return the settings by name."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return plain | {"objectives": [one if isinstance(one, str) else one.to_json() for one in self.objectives]}


def all_settings() -> dict[str, Setting]:
    """Return the description of each setting, by name."""
    return {f.name: f.metadata["setting"] for f in fields(Settings)}
