"""The race: trainings that would have to gain more than is usual in order to survive are ended early.

Selection keeps the best fifth of a generation; how far behind the others are does not matter. From the third epoch on,
a training is therefore pruned as soon as it would have to gain more than is usual: when its best validation measure so
far, plus the gain that nine in ten of the run's better trainings did not exceed from the same share of their epochs to
the end, falls short of the worst of the latest survivors. (In a steady state it is half of them: what is pruned there
still counts as what it would have come to.) The usual gain depends on the space, so each run learns it from its own
trainings in all generations. With a decaying learning rate, much is gained in the last epochs; with batch
normalisation, the first epochs say next to nothing. A running mean of the weights says more than the weights (see
`Schedule.running_momentum`), so it is what is measured before the end. If fewer than four survive, the best four set
the pace: two would prune nearly all others.

In the first generation, which has no predecessor, trainings that have learnt nothing in three epochs are pruned; if too
few are left, the best of the pruned are trained in full after all. Every survivor has thus been trained in full. The
rule uses only what earlier generations recorded: it does not depend on the order in which trainings end, nor on the
number of workers. In a steady state, it uses results in the order of their numbers.

A median rule over running trials (Golovin et al. 2017, https://doi.org/10.1145/3097983.3098043, section 3.2.2) also
saves time, but its verdicts depend on timing.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from deap_nn.evolution import FitnessValues, Individual, Key, Record
from deap_nn.pruning.pruner import InFull
from deap_nn.pruning.rule import HALF, USUAL, Gains, Thresholds, first_thresholds, furthest
from deap_nn.status import Status
from deap_nn.tasks import Task

PACEMAKERS = 4
"""The minimum number of trainings that set the pace."""

LATEST = 1000
"""How many trainings, the latest, are learnt from after each result, so that it takes the same time all night."""

Select = Callable[[Sequence[Individual], int], list[Individual]]


class BaseRace(InFull):
    """What all races have in common.

    Args:
        task: The task, which defines the measure.
        naive_score: The score that needs no learning, see `Task.naive_score`.
        survivors: The number of survivors. They set the pace, or the best `PACEMAKERS` if they are fewer.

    Attributes:
        usual: The share of the better trainings whose gain is no more than usual.
    """

    usual = USUAL

    def __init__(self, task: Task, naive_score: float, survivors: int) -> None:
        self._task = task
        self._pacemakers = max(PACEMAKERS, survivors)
        self._gains = Gains()
        self._is_first = True
        self._rule: Thresholds | None = first_thresholds(naive_score)
        self._goal = math.inf

    @property
    def rule(self) -> Thresholds:
        """The thresholds for evaluations that start now."""
        if self._rule is None:  # computed when it is asked for: a replay has no use for most
            self._rule = self._gains.thresholds(self._goal, usual=self.usual)
        return self._rule

    @property
    def state(self) -> dict[str, Any]:
        """The thresholds for what comes next."""
        return {"thresholds": list(self.rule.values)}

    def judge(self, values: FitnessValues) -> FitnessValues:
        """Return the values of a training known in full, marked as pruned if the current rule would have pruned it."""
        record = values.record
        last = self.rule.of(record).pruned_after(self._judged(record))
        if last is None:
            return values
        history = {name: metric[:last] for name, metric in (record.history or {}).items()}
        reason = f"pruned in epoch {last}"
        pruned = replace(record, status=Status.PRUNED, reason=reason, epochs=last, history=history)
        return FitnessValues((self._task.measure.worst,), pruned)

    def reprieve(self, batch: Sequence[FitnessValues]) -> list[int]:
        """Return which pruned trainings of the first batch fill the vacant places of pacemakers."""
        if not self._is_first:
            return []
        self._is_first = False
        missing = self._pacemakers - sum(values.status is Status.OK for values in batch)
        pruned = {
            place: self._judged(values.record) for place, values in enumerate(batch) if values.status is Status.PRUNED
        }
        return furthest(pruned, missing)

    def estimate(self, individual: Individual) -> float | None:
        """Return a pruned training's best measure with the gain that half of the better trainings had from there on.

        It is less than the goal that it was thought unable to reach.
        """
        record = individual.fitness.record
        if record is None or record.status is not Status.PRUNED:
            return None
        curve = self._judged(record)
        planned = max(individual[-1].genes.get("epochs", 0), len(curve) + 1)
        gain = self._gains.expected(len(curve) / planned)
        return min(max(curve) + gain, math.nextafter(self._goal_of(record), -math.inf))

    def _goal_of(self, record: Record) -> float:
        """Return what the training of a network had to reach, by what is known now; infinite if nothing is."""
        return self._goal

    def _note(self, key: Hashable, trained: Individual) -> None:
        record, value = trained.fitness.record, trained.fitness.values[0]
        if record is not None:
            self._gains.note(key, self._judged(record), value)

    def _set_pace(self, pacemakers: Sequence[float]) -> None:
        self._goal = min(pacemakers, default=math.inf)
        self._rule = None if pacemakers else Thresholds()

    def _judged(self, record: Record) -> list[float]:
        """Return the curve that a training was judged by; in older runs, the one of its weights."""
        return record.curve(self._task.running_measure) or record.curve(self._task.validation_measure)


class Race(BaseRace):
    """A pruner for searches by generation.

    Args:
        task: The task, which defines the measure.
        naive_score: The score that needs no learning, see `Task.naive_score`.
        survivors: The number of survivors. They set the pace, or the best `PACEMAKERS` if they are fewer.
        select: `(individuals, k) -> those that survive`.
    """

    def __init__(self, task: Task, naive_score: float, survivors: int, select: Select) -> None:
        super().__init__(task, naive_score, survivors)
        self._select = select

    def learn(self, individuals: Iterable[Individual]) -> None:
        """Set the thresholds after a generation; only individuals trained in full have a curve to learn from."""
        trained = [one for one in individuals if one.fitness.status is Status.OK]
        for one in trained:
            self._note(Key.of(one).digest, one)
        self._set_pace([one.fitness.values[0] for one in self._select(trained, self._pacemakers)])


class RaceInOrder(BaseRace):
    """A pruner for searches whose results come one by one, in the order of their numbers.

    The best of all results so far set the pace. The first trainings, as many as a population holds, are judged by
    chance level, as is whatever begins before they are all in. A child that is pruned may still be a parent, by its
    `estimate`, so more are pruned than in a search by generation.
    """

    usual = HALF

    def __init__(self, task: Task, naive_score: float, survivors: int) -> None:
        super().__init__(task, naive_score, survivors)
        self._best: list[float] = []  # ascending
        self._count = 0

    def reprieve(self, batch: Sequence[FitnessValues]) -> list[int]:
        """Return which pruned trainings of the first batch fill the vacant places of pacemakers."""
        places = super().reprieve(batch)
        self._set_pace(self._best)
        return places

    def learn(self, individuals: Iterable[Individual]) -> None:
        """Set the thresholds after one or more results, in their order."""
        for one in individuals:
            if one.fitness.status is Status.OK:
                self._note(self._count % LATEST, one)
                self._count += 1
                insort(self._best, one.fitness.values[0])
                del self._best[: -self._pacemakers]
        if not self._is_first:
            self._set_pace(self._best)
