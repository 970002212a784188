"""How fast a final training is, judging by the trainings of the search."""

from __future__ import annotations

import os

from deap_nn.engines import Engine, find_gpus
from deap_nn.evolution import Individual
from deap_nn.search.engine import is_local
from deap_nn.search.objective import Objective
from deap_nn.search.settings import Settings

GAIN_OF_A_THREAD = 0.5
"""What a further thread adds to a training's speed on a CPU, compared with one beside others; measured with two."""

GAIN_OF_A_GPU = 0.67
"""What each neighbour less on a GPU adds to the speed of a training; measured with four and with eight (3.0 and 5.7
times as fast alone). Threads add nothing there."""

MORE_SAMPLES = 1.15
"""The work of an epoch on training and validation data, for that of an epoch of the search, which is measured, too."""

WIDE = 0.85
"""The power of its work with which the time of a wider network grows; measured on a core (1.5 and 2 times as wide: 2.09
and 3.56 times the work in 1.93 and 2.83 times the time)."""

JUDGING = 0.6
"""The time that a saved network takes to judge a view of a sample, for that in which it learns from one; measured with
Keras on two cores (0.5 to 0.8)."""


class FinalPace:
    """The pace of the final trainings of a search.

    Args:
        settings: The settings of the search.
        engine: The engine of the search.
        objective: The objective of the search.
    """

    def __init__(self, settings: Settings, engine: Engine, objective: Objective) -> None:
        self._settings, self._engine, self._objective = settings, engine, objective

    @property
    def threads(self) -> int:
        """The number of threads that train: all cores of this host, if the search is on it."""
        return len(os.sched_getaffinity(0)) if is_local(self._settings) else self._settings.threads_per_worker

    def of_epoch(self, best: Individual, width: float = 1.0) -> float | None:
        """Return the seconds of an epoch; None if the search has not trained the individual.

        Args:
            best: An individual.
            width: How many times as wide it is to be.
        """
        record = best.fitness.record
        took = None if record is None else (record.seconds or {}).get("train")
        if record is None or not took:
            return None
        seconds: float = took * MORE_SAMPLES / (record.epochs or best[-1].genes["epochs"]) / self._faster
        return seconds * self.growth(best, width)

    def of_judging(self, best: Individual, views: int, width: float = 1.0) -> float:
        """Return the seconds in which a network judges the test split; 0 if the search has not trained it.

        Args:
            best: Its individual.
            views: How many views of each sample it judges.
            width: How many times as wide it is to be.
        """
        share = self._objective.test_samples / max(1, self._objective.samples)
        return JUDGING * share * views * (self.of_epoch(best, width) or 0.0)

    def growth(self, best: Individual, width: float) -> float:
        """Return how many times as long an individual takes that is so many times as wide."""
        work, widen = self._objective.cost, self._objective.widen
        if width == 1 or work is None or widen is None:
            return width**2
        growth: float = (work(widen(best, width)) / work(best)) ** WIDE
        return growth

    @property
    def _faster(self) -> float:
        """How many times as fast as in the search a training is when it has a host to itself."""
        if not is_local(self._settings):
            return 1.0
        if gpus := find_gpus():
            return 1 + GAIN_OF_A_GPU * max(0.0, self._engine.capacity / len(gpus) - 1)
        return 1 + GAIN_OF_A_THREAD * (self.threads - self._settings.threads_per_worker)
