"""The race with several objectives: what is small has less to reach.

Only the first objective has a curve, but what a network is like in others may be known before it is trained: its size.
A training is pruned when, even with the usual gain, it would end below the k-th best of the run's trained networks that
are no larger, where k is the number of pacemakers: k networks would dominate it, so it would neither be on the front
nor among the k that survive. Where fewer are as small, it is never pruned, however little it learns. Of networks of one
size, this is the race with one objective.

Where an objective is known only after a training (its seconds, say), nothing can be said of a network before, and only
the first trainings are pruned, of what has learnt nothing: a constant answer, which has no weights, dominates that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from deap_nn.evolution import FitnessValues, Individual, Key, Record
from deap_nn.pruning.race import LATEST, BaseRace
from deap_nn.pruning.rule import Thresholds
from deap_nn.status import Status
from deap_nn.tasks import Task

Sizes = tuple[float, ...]


class Known(NamedTuple):
    """A network that was trained in full.

    Attributes:
        measure: What it came to.
        sizes: How large it is.
    """

    measure: float
    sizes: Sizes

    def dominates(self, other: Known) -> bool:
        """Tell whether this one is no larger and at least as good."""
        return self.measure >= other.measure and self.is_within(other.sizes)

    def is_within(self, sizes: Sizes) -> bool:
        """Tell whether it is no larger than that."""
        return all(mine <= its for mine, its in zip(self.sizes, sizes, strict=True))


@dataclass(frozen=True)
class FrontThresholds(Thresholds):
    """The rule sent with an evaluation, which depends on the network's size; by itself it prunes nothing.

    Attributes:
        gains: The usual gain from each twentieth of the epochs on.
        names: The sizes that count, as fields of a `Record`.
        known: The networks that may set a goal, the best first.
        pacemakers: The place, from 1, of the one that sets it among those that are no larger.
    """

    gains: tuple[float, ...] = ()
    names: tuple[str, ...] = ()
    known: tuple[Known, ...] = ()
    pacemakers: int = 1

    def of(self, record: Record) -> Thresholds:
        """Return the thresholds for a network, by what its record says before it is trained."""
        goal = self.goal(record)
        return Thresholds() if goal is None else Thresholds.reaching(goal, self.gains)

    def goal(self, record: Record) -> float | None:
        """Return what a network must come to; None where too few are as small."""
        sizes = sizes_of(record, self.names)
        smaller = [one.measure for one in self.known if one.is_within(sizes)]
        return smaller[self.pacemakers - 1] if len(smaller) >= self.pacemakers else None


class FrontRace(BaseRace):
    """A pruner for searches with several objectives, by generation or in order of number.

    Args:
        task: The task, which defines the measure.
        naive_score: The score that needs no learning, see `Task.naive_score`.
        survivors: As for `Race`.
        names: All objectives but the first, as fields of a `Record` that are known before a training; None if one of
            them is not.
    """

    def __init__(self, task: Task, naive_score: float, survivors: int, names: Sequence[str] | None) -> None:
        super().__init__(task, naive_score, survivors)
        self._names = names
        self._band: dict[bytes, Known] = {}  # those that fewer than k others dominate, and so may set a goal
        self._before: set[bytes] = set()  # what the last generation has brought
        self._count = 0

    @property
    def rule(self) -> Thresholds:
        """The rule for evaluations that start now."""
        if self._rule is None:
            known = tuple(sorted(self._band.values(), reverse=True))
            gains = tuple(self._gains.usual_gains(usual=self.usual)) if known else ()
            self._rule = FrontThresholds((), gains, tuple(self._names or ()), known, self._pacemakers)
        return self._rule

    @property
    def state(self) -> dict[str, Any]:
        """What the thresholds for what comes next are made of."""
        rule = self.rule
        if not isinstance(rule, FrontThresholds):
            return super().state
        return super().state | {"gains": list(rule.gains), "known": [[*one.sizes, one.measure] for one in rule.known]}

    def reprieve(self, batch: Sequence[FitnessValues]) -> list[int]:
        """Return which pruned trainings of the first batch fill the vacant places of pacemakers."""
        was_first, places = self._is_first, super().reprieve(batch)
        if was_first:
            self._rule = None  # as long as places are vacant, it prunes nothing
        return places

    def learn(self, individuals: Iterable[Individual]) -> None:
        """Learn from a generation, or from one or more results in their order."""
        trained = {Key.of(one).digest: one for one in individuals if one.fitness.status is Status.OK}
        for key, one in trained.items():
            if key not in self._before and one.fitness.record is not None:
                self._note(self._count % LATEST, one)
                self._count += 1
                if self._names is not None:
                    self._add(key, Known(one.fitness.values[0], sizes_of(one.fitness.record, self._names)))
        self._before = set(trained)
        if not self._is_first:
            self._rule = None

    def _goal_of(self, record: Record) -> float:
        rule = self.rule
        goal = rule.goal(record) if isinstance(rule, FrontThresholds) else None
        return math.inf if goal is None else goal

    def _add(self, key: bytes, new: Known) -> None:
        """Add a network, unless enough dominate it; let go of those that enough dominate now."""
        if key in self._band:
            return
        if sum(one.dominates(new) for one in self._band.values()) >= self._pacemakers:
            return
        self._band[key] = new
        for other in [name for name, one in self._band.items() if new.dominates(one) and name != key]:
            better = sum(one.dominates(self._band[other]) for name, one in self._band.items() if name != other)
            if better >= self._pacemakers:
                del self._band[other]


def sizes_of(record: Record, names: Sequence[str]) -> Sizes:
    """Return the sizes that a record holds."""
    return tuple(getattr(record, name) for name in names)
