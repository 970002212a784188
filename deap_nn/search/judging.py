"""What passes between a pruner and a loop whose children come one by one, in the order of their numbers.

A loop with generations has its pruner asked by `Evaluations.map`, and taught after each generation. Here it learns from
each result before the next child is bred.
"""

from __future__ import annotations

from collections import deque
from copy import deepcopy

from deap_nn.evolution import FitnessValues, Individual
from deap_nn.pruning import Pruner
from deap_nn.search.in_order import InOrder


class Judging:
    """A pruner in the service of a loop.

    Args:
        pruner: The pruner.
        evaluations: The evaluations whose rule it makes.
        first: The number of results after which it is decided which pruned ones among them are trained in full.
    """

    def __init__(self, pruner: Pruner, evaluations: InOrder, first: int) -> None:
        self._pruner, self._evaluations = pruner, evaluations
        self._batch: list[Individual] = []
        self._missing = first
        self._repeated: deque[Individual] = deque()

    def told(self, child: Individual) -> None:
        """Learn from the next result."""
        self._pruner.learn([child])
        if self._missing:
            self._missing -= 1
            self._batch.append(child)
            if not self._missing:
                self._reprieve()

    def again(self) -> Individual | None:
        """Return an individual that is to be trained in full after all; None if there is none left."""
        if not self._repeated:
            return None
        individual = deepcopy(self._repeated.popleft())
        del individual.fitness.values
        self._evaluations.forget(individual)
        return individual

    def score(self, child: Individual) -> tuple[float, ...]:
        """Return the weighted fitness values of a child; of a pruned one, what the first would have come to."""
        estimate, fitness = self._pruner.estimate(child), child.fitness
        weighted: tuple[float, ...] = fitness.wvalues
        return weighted if estimate is None else (estimate * fitness.weights[0], *weighted[1:])

    def _reprieve(self) -> None:
        values = [FitnessValues(one.fitness.values, one.fitness.record) for one in self._batch]
        self._repeated.extend(self._batch[place] for place in self._pruner.reprieve(values))
        self._batch.clear()
