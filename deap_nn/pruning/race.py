"""The race: trainings that would have to gain more than is usual to survive are ended early.

Selection keeps the best fifth of a generation; how far behind the others are does not matter. So a training is pruned,
from the third epoch on, as soon as it would have to gain more than is usual to survive: as soon as its best validation
measure so far, and what nine in ten of the run's better trainings gained from that share of their epochs to the end, do
not add up to that of the worst of the last survivors. What is usual, each run learns from its own trainings, those of
all generations: it depends on the space. Where the learning rate falls, much is gained in the last epochs; where
batches are normalised, the first ones say next to nothing. Where fewer than four survive, the best four count: two
would prune nearly all others.

In the first generation, which has nothing before it, those are pruned that have learnt nothing in three epochs; if too
few are left, the best of them are trained in full after all. So whatever survives has been. The rule knows only what
earlier generations recorded: it does not depend on the order in which trainings end, nor on the number of workers.

A median rule over running trials (Golovin et al. 2017, https://doi.org/10.1145/3097983.3098043, section 3.2.2) saves
likewise, but its verdicts depend on timing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from deap_nn.evolution import FitnessValues, Individual
from deap_nn.pruning.rule import Thresholds, first_thresholds, furthest, usual_thresholds
from deap_nn.status import Status
from deap_nn.tasks import Task

PACEMAKERS = 4
"""How many trainings set the pace at least."""

Select = Callable[[Sequence[Individual], int], list[Individual]]


class Race:
    """The pruner of generations.

    Args:
        task: What is measured.
        naive_score: What takes no learning, see `Task.naive_score`.
        survivors: How many survive. They set the pace, or the best `PACEMAKERS` where they are fewer.
        select: `(individuals, k) -> those that survive`.
    """

    def __init__(self, task: Task, naive_score: float, survivors: int, select: Select) -> None:
        self._metric, self._worst = task.validation_measure, task.measure.worst
        self._select = select
        self._pacemakers = max(PACEMAKERS, survivors)
        self._curves: dict[str, Sequence[float]] = {}
        self._is_first = True
        self.rule = first_thresholds(naive_score)

    @property
    def state(self) -> dict[str, Any]:
        """The thresholds of the generation to come."""
        return {"thresholds": list(self.rule.values)}

    def judge(self, values: FitnessValues) -> FitnessValues:
        """Return what a training that is known in full counts as now: pruned, if it would have been."""
        record = values.record
        last = self.rule.pruned_after(record.curve(self._metric))
        if last is None:
            return values
        history = {name: metric[:last] for name, metric in (record.history or {}).items()}
        reason = f"pruned in epoch {last}"
        pruned = replace(record, status=Status.PRUNED, reason=reason, epochs=last, history=history)
        return FitnessValues((self._worst,), pruned)

    def reprieve(self, batch: Sequence[FitnessValues]) -> list[int]:
        """Return which pruned ones of the first generation take the pacemakers' places that are left."""
        if not self._is_first:
            return []
        self._is_first = False
        self.rule = Thresholds()  # those in the places that are left run to their end
        missing = self._pacemakers - sum(values.status is Status.OK for values in batch)
        pruned = {
            place: values.record.curve(self._metric)
            for place, values in enumerate(batch)
            if values.status is Status.PRUNED
        }
        return furthest(pruned, missing)

    def learn(self, population: Iterable[Individual]) -> None:
        """Set thresholds after a generation; what was pruned or failed has no curve to learn from."""
        trained = [one for one in population if one.fitness.status is Status.OK]
        for one in trained:
            if one.fitness.record is not None:
                self._curves[one.canonical()] = one.fitness.record.curve(self._metric)
        pace = [one.fitness.values[0] for one in self._select(trained, self._pacemakers)]
        self.rule = usual_thresholds(self._curves.values(), min(pace)) if pace else Thresholds()
