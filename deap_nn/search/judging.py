"""What passes between a pruner and a loop whose children come one by one, in the order of their numbers.

A loop with generations has its pruner asked by `Evaluations.map`, and taught after each generation. Here it learns from
each result before the next child is bred.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from copy import deepcopy

from deap_nn.evolution import Criterion, FitnessValues, Individual
from deap_nn.pruning import Pruner
from deap_nn.search.in_order import InOrder
from deap_nn.search.objective import SIZES
from deap_nn.status import Status


class Judging:
    """A pruner in the service of a loop.

    Args:
        pruner: The pruner.
        evaluations: The evaluations whose rule it makes.
        first: The number of results after which it is decided which pruned ones among them are trained in full.
        criteria: The objectives besides the first.
    """

    def __init__(self, pruner: Pruner, evaluations: InOrder, first: int, criteria: Sequence[Criterion] = ()) -> None:
        self._pruner, self._evaluations = pruner, evaluations
        self._batch: list[Individual] = []
        self._missing = first
        self._criteria = criteria
        self._repeated: deque[Individual] = deque()
        self._again: list[Individual] = []  # those that have been handed out, until their results come

    def told(self, child: Individual) -> None:
        """Learn from the next result."""
        self._pruner.learn([child])
        if child.fitness.status is not Status.PAUSED:
            self._evaluations.let_go(child)
        decision = self._pruner.decide()
        self._repeated.extend(decision.go_on)
        for one in decision.end:
            self._evaluations.let_go(one)
        if self._missing:
            self._missing -= 1
            self._batch.append(child)
            if not self._missing:
                self._reprieve()
        child.estimate = self.score(child)

    def again(self) -> Individual | None:
        """Return an individual that is to go on, or to be trained in full after all; None if there is none left."""
        if not self._repeated:
            return None
        individual = deepcopy(self._repeated.popleft())
        del individual.fitness.values
        self._evaluations.forget(individual)
        self._again.append(individual)
        return individual

    def survive(self, individuals: Sequence[Individual], k: int) -> list[Individual]:
        """Return the best, at most k, by what they would come to; of equal genomes, the latest result.

        Args:
            individuals: The population, and the latest result.
            k: One less than there are, or more.
        """
        kept, latest = list(individuals), individuals[-1]
        if latest in self._again:  # else it is new; to compare it with all would slow down the replay of a long search
            self._again.remove(latest)
            kept = [one for one in kept if one is latest or one != latest]
        if len(kept) > k:
            del kept[min(range(len(kept)), key=lambda place: kept[place].estimate)]
        return kept

    def score(self, child: Individual) -> tuple[float, ...]:
        """Return the weighted fitness values of a child; of a pruned or paused one, what they would have come to.

        That is an estimate of the first, and of the others what is known of a network that is not trained.
        """
        estimate, fitness = self._pruner.estimate(child), child.fitness
        if estimate is None or fitness.record is None:
            weighted: tuple[float, ...] = fitness.wvalues
            return weighted
        others = [getattr(fitness.record, one.name) if one.name in SIZES else one.worst for one in self._criteria]
        return tuple(value * weight for value, weight in zip((estimate, *others), fitness.weights, strict=True))

    def _reprieve(self) -> None:
        values = [FitnessValues(one.fitness.values, one.fitness.record) for one in self._batch]
        self._repeated.extend(self._batch[place] for place in self._pruner.reprieve(values))
        self._batch.clear()
