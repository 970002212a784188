"""Successive halving: trainings pause at a ninth and at a third of their epochs, and the best third goes on from there.

Of every nine trainings that have paused at the first rung, the best three go on to the second; of every three there,
the best one is trained to its end. "Every nine" goes by the order of their numbers: which go on depends neither on the
order in which trainings end nor on the number of workers. They are judged by the running mean of their weights, which
tells earlier than the weights how a training will end (see `Schedule.running_momentum`). A training that fails has not
come to its rung, and takes no place there.

Jamieson and Talwalkar 2016, https://proceedings.mlr.press/v51/jamieson16.html, figure 3; Li et al. 2018,
https://jmlr.org/papers/v18/16-558.html. Each nine are a bracket of theirs, with the first rung at a ninth.
"""

from __future__ import annotations

import heapq
import math
import statistics
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from deap_nn.evolution import FitnessValues, Individual, Key
from deap_nn.pruning.pruner import Decision
from deap_nn.pruning.race import LATEST
from deap_nn.pruning.rule import BETTER, FEWEST, Thresholds
from deap_nn.status import Status
from deap_nn.tasks import Task

FACTOR = 3
"""One in so many goes on."""

RUNGS = (1 / 9, 1 / 3, 1.0)
"""The shares of a full training after which there is a pause; after the last one it is over."""

TOGETHER = tuple(FACTOR**rung for rung in range(len(RUNGS) - 1, 0, -1))
"""How many trainings are compared with each other at each rung."""

OF_A_TRAINING = 7 / 39
"""The share of a full training that an evaluation is, on average: 9 of a ninth, 3 of two ninths and 1 of six, by 13."""


class _Ended(NamedTuple):
    """A training that has come to its end: what it came to, and what it gained from each pause on."""

    measure: float
    gains: tuple[float, ...]


class Halving:
    """A pruner for searches whose results come one by one, in the order of their numbers.

    Args:
        task: The task, which defines the measure.
    """

    rule = Thresholds()
    """It prunes nothing by itself; where there is a rule, a running mean of the weights is kept."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._next: dict[bytes, int] = {}  # the rungs of those that go on, by genome
        self._paused: tuple[list[Individual], ...] = tuple([] for _ in TOGETHER)
        self._decision = Decision([], [])
        self._ended: deque[_Ended] = deque(maxlen=LATEST)

    @property
    def state(self) -> dict[str, Any]:
        """What its next decisions depend on: which wait at each rung, and which go on to which."""
        waiting = [[Key.of(one).digest.hex() for one in those] for those in self._paused]
        return {"rungs": waiting, "going_on": {digest.hex(): rung for digest, rung in self._next.items()}}

    def budget(self, individual: Individual) -> float:
        """Return the share of its full training after which an individual is to pause, or be trained."""
        return RUNGS[self._next.get(Key.of(individual).digest, 0)]

    def judge(self, values: FitnessValues) -> FitnessValues:
        """Return the values unchanged: only whole trainings are in a cache, and are asked for when they are due."""
        return values

    def reprieve(self, batch: Sequence[FitnessValues]) -> list[int]:
        """Repeat nothing."""
        return []

    def learn(self, individuals: Iterable[Individual]) -> None:
        """Hear of one or more results, in their order, and decide which go on."""
        for one in individuals:
            rung = self._next.pop(Key.of(one).digest, 0)
            if one.fitness.status is Status.PAUSED:
                self._paused[rung].append(one)
                if len(self._paused[rung]) == TOGETHER[rung]:
                    self._promote(rung)
            elif one.fitness.status is Status.OK:
                self._note(one)

    def decide(self) -> Decision:
        """Return what was decided since this was last asked."""
        decision, self._decision = self._decision, Decision([], [])
        return decision

    def estimate(self, individual: Individual) -> float | None:
        """Return what a paused training would come to, with the gain that half of the better ones had from there on.

        As long as none has come to its end, nothing is known of gains.
        """
        record = individual.fitness.record
        if record is None or record.status is not Status.PAUSED:
            return None
        return self._curve(individual)[-1] + self._usual_gain(RUNGS.index(record.budget or 1.0))

    def _promote(self, rung: int) -> None:
        """Let the best third of those at a rung go on, in the order of their numbers."""
        those = self._paused[rung]
        order = sorted(range(len(those)), key=lambda place: -self._curve(those[place])[-1])
        chosen = set(order[: len(those) // FACTOR])
        for place, one in enumerate(those):
            if place in chosen:
                self._next[Key.of(one).digest] = rung + 1
                self._decision.go_on.append(one)
            else:
                self._decision.end.append(one)
        those.clear()

    def _note(self, trained: Individual) -> None:
        if curve := self._curve(trained):
            measure = trained.fitness.values[0]
            pauses = [math.ceil(rung * len(curve)) for rung in RUNGS]
            self._ended.append(_Ended(measure, tuple(measure - curve[pause - 1] for pause in pauses)))

    def _usual_gain(self, rung: int) -> float:
        """Return what half of the better trainings gained from a rung on, at most; 0 if none has come to its end."""
        better = heapq.nlargest(max(FEWEST, math.ceil(BETTER * len(self._ended))), self._ended)
        return statistics.median_low(one.gains[rung] for one in better) if better else 0.0

    def _curve(self, individual: Individual) -> list[float]:
        """Return what a training is judged by, after each epoch."""
        record = individual.fitness.record
        return [] if record is None else record.curve(self._task.running_measure)
