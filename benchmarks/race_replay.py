"""What the race's rule would have saved and lost in searches that trained everything in full.

The race goes through the recorded learning curves in the order of their numbers, with several choices of its constants:
the share of a run's trainings that counts as the better ones (`BETTER`), and the share of those that gain no more than
is granted (`RaceInOrder.usual`). The children remain those of the full search, so this shows what the rule does to
them, not where the search would have gone. The full searches of `race.py` note the running mean, by which trainings are
judged.

    python benchmarks/race_replay.py race-digits/full-*
"""

from __future__ import annotations

import argparse
import itertools
from collections import deque
from collections.abc import Sequence
from heapq import nlargest
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deap_nn import Individual, Run
from deap_nn.data import load
from deap_nn.evolution import FitnessValues, Record, survivor_count
from deap_nn.pruning import PACEMAKERS, RaceInOrder, Thresholds
from deap_nn.pruning.rule import BETTER
from deap_nn.search import Settings
from deap_nn.search.objective import data_spec
from deap_nn.status import Status
from deap_nn.tasks import Task

BETTERS = (1 / 3, 1 / 2, 1.0)
USUALS = (0.5, 0.7, 0.8, 0.9, 1.0)


class FullSearch(NamedTuple):
    """A search in which every network was trained in full.

    Attributes:
        trained: The networks, in the order of their numbers.
        settings: The settings of the search.
        task: The task, which says what networks are judged by.
        chance: The score that needs no learning.
    """

    trained: list[Individual]
    settings: Settings
    task: Task
    chance: float


class Replay(NamedTuple):
    """The effect of the rule on a search.

    Attributes:
        saved: How many times fewer epochs.
        leaders: The networks that were among the best few when their result came, as many as set the pace.
        lost: How many of these would have been pruned.
        best: The best final measure of those not pruned, minus that of all.
    """

    saved: float
    leaders: int
    lost: int
    best: float


class OtherRace(RaceInOrder):
    """The race with other constants.

    Args:
        search: The search that it is for.
        better: The share of the trainings, the best, whose gains count.
        usual: The share of these whose gain is no more than usual.
    """

    def __init__(self, search: FullSearch, better: float = BETTER, usual: float = RaceInOrder.usual) -> None:
        settings = search.settings
        super().__init__(search.task, search.chance, survivor_count(settings.survivors, settings.population))
        self._constants = better, usual

    @property
    def rule(self) -> Thresholds:
        """The thresholds for evaluations that start now."""
        if self._rule is None:
            self._rule = self._gains.thresholds(self._goal, *self._constants)
        return self._rule


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+", help="run directories of searches with --pruner none")
    parser.add_argument("--dataset", help="where the data lies now (default: where it lay)")
    arguments = parser.parse_args()
    searches = [full_search(Run(path), arguments.dataset) for path in arguments.runs]
    for better, usual in itertools.product(BETTERS, USUALS):
        replays = [replayed(search, OtherRace(search, better, usual)) for search in searches]
        saved = [one.saved for one in replays]
        print(
            f"{usual:.0%} of the better {better:.0%}: "
            f"{np.mean(saved):.2f} times fewer epochs (sd {np.std(saved):.2f}), "
            f"{sum(one.lost for one in replays)} of {sum(one.leaders for one in replays)} leaders lost, "
            f"best {100 * np.mean([one.best for one in replays]):+.2f} points"
            f"{'   <- the rule' if (better, usual) == (BETTER, RaceInOrder.usual) else ''}"
        )


def full_search(run: Run, dataset: str | None = None) -> FullSearch:
    """Read the search that a run recorded, without finalists and failures."""
    trained = []
    for individual, values in run.evaluations():
        if values.status is Status.OK and not values.record.repetition:
            individual.fitness.values = values
            trained.append(individual)
    settings = Settings(**run.info["settings"])
    splits = load(data_spec(dataset or run.info["data"]["source"], run.path, settings))
    return FullSearch(trained, settings, splits.task, splits.task.naive_score(splits.y_validation))


def replayed(search: FullSearch, race: RaceInOrder) -> Replay:
    """Let a race go through a search."""
    told, under_way = _Told(search, race), deque[tuple[Individual, FitnessValues]]()
    leaders = lost = 0
    for number, one in enumerate(search.trained):
        if len(under_way) == search.settings.lag:
            told.hear(*under_way.popleft())
        values = race.judge(FitnessValues(one.fitness.values, one.fitness.record))
        under_way.append((one, values))
        if _leads(search.trained, number):
            leaders += 1
            lost += values.status is Status.PRUNED
    while under_way:
        told.hear(*under_way.popleft())
    everything = sum(told.epochs(one.fitness.record) for one in search.trained)
    best = max(map(_measure, told.kept)) - max(map(_measure, search.trained))
    return Replay(everything / told.spent, leaders, lost, best)


class _Told:
    """What a race is told, in the order of the numbers, and what that has cost.

    Args:
        search: The search that it goes through.
        race: The race.
    """

    def __init__(self, search: FullSearch, race: RaceInOrder) -> None:
        self._search, self._race = search, race
        self._first: list[FitnessValues] = []
        self.kept: list[Individual] = []
        """Those that were trained in full."""
        self.spent = 0
        """Epochs."""

    def hear(self, one: Individual, values: FitnessValues) -> None:
        """Hear of a result, and after the last of the first ones of those that fill vacant places."""
        self.spent += self.epochs(values.record)
        if values.status is Status.OK:
            self._learn(one)
        if len(self._first) < self._search.settings.population:
            self._first.append(values)
            if len(self._first) == self._search.settings.population:
                for place in self._race.reprieve(self._first):
                    again = self._search.trained[place]
                    self.spent += self.epochs(again.fitness.record)
                    self._learn(again)

    def epochs(self, record: Record) -> int:
        """Return how many epochs a training has had."""
        return len(record.curve(self._search.task.validation_measure))

    def _learn(self, one: Individual) -> None:
        self.kept.append(one)
        self._race.learn([one])


def _leads(trained: Sequence[Individual], number: int) -> bool:
    """Tell whether a network was among the best few of those up to it; before there are so many, none is."""
    best = nlargest(PACEMAKERS, map(_measure, trained[:number]))
    return len(best) == PACEMAKERS and _measure(trained[number]) > best[-1]


def _measure(one: Individual) -> float:
    measure: float = one.fitness.values[0]
    return measure


if __name__ == "__main__":
    main()
