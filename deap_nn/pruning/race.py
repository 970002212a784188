"""The race: trainings that would have to gain more than is usual in order to survive are ended early.

Selection keeps the best fifth of a generation; how far behind the others are does not matter. From the third epoch on,
a training is therefore pruned as soon as it would have to gain more than is usual: when its best validation measure so
far, plus the gain that nine in ten of the run's better trainings did not exceed from the same share of their epochs to
the end, falls short of the worst of the latest survivors. The usual gain depends on the space, so each run learns it
from its own trainings in all generations. With a decaying learning rate, much is gained in the last epochs; with batch
normalisation, the first epochs say next to nothing. If fewer than four survive, the best four set the pace: two would
prune nearly all others.

In the first generation, which has no predecessor, trainings that have learnt nothing in three epochs are pruned; if too
few are left, the best of the pruned are trained in full after all. Every survivor has thus been trained in full. The
rule uses only what earlier generations recorded: it does not depend on the order in which trainings end, nor on the
number of workers.

A median rule over running trials (Golovin et al. 2017, https://doi.org/10.1145/3097983.3098043, section 3.2.2) also
saves time, but its verdicts depend on timing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from deap_nn.evolution import FitnessValues, Individual, Key
from deap_nn.pruning.rule import Gains, Thresholds, first_thresholds, furthest
from deap_nn.status import Status
from deap_nn.tasks import Task

PACEMAKERS = 4
"""The minimum number of trainings that set the pace."""

Select = Callable[[Sequence[Individual], int], list[Individual]]


class Race:
    """A pruner for searches by generation.

    Args:
        task: The task, which defines the measure.
        naive_score: The score that needs no learning, see `Task.naive_score`.
        survivors: The number of survivors. They set the pace, or the best `PACEMAKERS` if they are fewer.
        select: `(individuals, k) -> those that survive`.
    """

    def __init__(self, task: Task, naive_score: float, survivors: int, select: Select) -> None:
        self._metric, self._worst = task.validation_measure, task.measure.worst
        self._select = select
        self._pacemakers = max(PACEMAKERS, survivors)
        self._gains = Gains()
        self._is_first = True
        self.rule = first_thresholds(naive_score)

    @property
    def state(self) -> dict[str, Any]:
        """The thresholds for the next generation."""
        return {"thresholds": list(self.rule.values)}

    def judge(self, values: FitnessValues) -> FitnessValues:
        """Return the values of a training known in full, marked as pruned if the current rule would have pruned it."""
        record = values.record
        last = self.rule.pruned_after(record.curve(self._metric))
        if last is None:
            return values
        history = {name: metric[:last] for name, metric in (record.history or {}).items()}
        reason = f"pruned in epoch {last}"
        pruned = replace(record, status=Status.PRUNED, reason=reason, epochs=last, history=history)
        return FitnessValues((self._worst,), pruned)

    def reprieve(self, batch: Sequence[FitnessValues]) -> list[int]:
        """Return which pruned trainings of the first generation fill the vacant places of pacemakers."""
        if not self._is_first:
            return []
        self._is_first = False
        self.rule = Thresholds()  # The trainings that fill the vacant places run to their end
        missing = self._pacemakers - sum(values.status is Status.OK for values in batch)
        pruned = {
            place: values.record.curve(self._metric)
            for place, values in enumerate(batch)
            if values.status is Status.PRUNED
        }
        return furthest(pruned, missing)

    def learn(self, population: Iterable[Individual]) -> None:
        """Set the thresholds after a generation; only individuals trained in full have a curve to learn from."""
        trained = [one for one in population if one.fitness.status is Status.OK]
        for one in trained:
            if one.fitness.record is not None:
                self._gains.note(Key.of(one).digest, one.fitness.record.curve(self._metric))
        pace = [one.fitness.values[0] for one in self._select(trained, self._pacemakers)]
        self.rule = self._gains.thresholds(min(pace)) if pace else Thresholds()
