"""How fast a final training is, judging by the trainings of the search."""

from __future__ import annotations

import os

from deap_nn.engines import Engine, find_gpus
from deap_nn.evolution import Individual
from deap_nn.search.engine import is_local
from deap_nn.search.settings import Settings

GAIN_OF_A_THREAD = 0.5
"""What a further thread adds to a training's speed on a CPU, compared with one beside others; measured with two."""

GAIN_OF_A_GPU = 0.67
"""What each neighbour less on a GPU adds to the speed of a training; measured with four and with eight (3.0 and 5.7
times as fast alone). Threads add nothing there."""

MORE_SAMPLES = 1.15
"""The work of an epoch on training and validation data, for that of an epoch of the search, which is measured, too."""


JUDGING = 0.6
"""The time that a saved network takes to judge a view of a sample, for that in which it learns from one; measured with
Keras on two cores (0.5 to 0.8)."""


class FinalPace:
    """The pace of the final trainings of a search.

    Args:
        settings: The settings of the search.
        engine: The engine of the search.
        test_share: The number of test samples for each of training and validation.
    """

    def __init__(self, settings: Settings, engine: Engine, test_share: float) -> None:
        self._settings, self._engine, self._test_share = settings, engine, test_share

    @property
    def threads(self) -> int:
        """The number of threads that train: all cores of this host, if the search is on it."""
        return len(os.sched_getaffinity(0)) if is_local(self._settings) else self._settings.threads_per_worker

    def of_epoch(self, best: Individual) -> float | None:
        """Return the seconds of an epoch of an individual; None if the search has not trained it."""
        record = best.fitness.record
        took = None if record is None else (record.seconds or {}).get("train")
        if record is None or not took:
            return None
        seconds: float = took * MORE_SAMPLES / (record.epochs or best[-1].genes["epochs"]) / self._faster
        return seconds

    def of_judging(self, best: Individual, views: int) -> float:
        """Return the seconds in which a network judges the test split; 0 if the search has not trained it.

        Args:
            best: Its individual.
            views: How many views of each sample it judges.
        """
        return JUDGING * self._test_share * views * (self.of_epoch(best) or 0.0)

    @property
    def _faster(self) -> float:
        """How many times as fast as in the search a training is when it has a host to itself."""
        if not is_local(self._settings):
            return 1.0
        if gpus := find_gpus():
            return 1 + GAIN_OF_A_GPU * max(0.0, self._engine.capacity / len(gpus) - 1)
        return 1 + GAIN_OF_A_THREAD * (self.threads - self._settings.threads_per_worker)
