"""`deap-nn` with Optuna's TPE in place of evolution: it says which network comes next, everything else stays as it is.

Training, race, budget, finalists and final training are those of `deap-nn`; a run cannot be resumed. Optuna searches
the starting ranges of the space, in which it did better than in all of it. It hears of the epochs of pruned networks,
as from a pruner of its own, and holds those under way to be bad.
Watanabe 2023, https://arxiv.org/abs/2304.11127.

    python benchmarks/optuna_way.py evolve vision --dataset digits --budget 3m
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

import optuna
from deap import base
from optuna.trial import TrialState
from starting import starting
from suggestion import parameters, suggested

from deap_nn import cli
from deap_nn.errors import InputError
from deap_nn.evolution import Individual
from deap_nn.search import breeding
from deap_nn.search.search import Search
from deap_nn.space import SearchSpace
from deap_nn.status import Status


def main() -> None:
    breeding._steady_state = _asking(breeding._steady_state)
    cli.main([*sys.argv[1:], "--algorithm", "steady-state", "--screen", "0"])


def _asking(steady_state: Callable[..., Any]) -> Callable[..., Any]:
    """Return what prepares a steady state, whose children are asked for."""

    def prepare(search: Search, toolbox: base.Toolbox, *others: Any) -> Any:
        prepared = steady_state(search, toolbox, *others)
        parzen = Parzen(search.space, search.settings.seed)
        toolbox.register("individual", parzen.ask)
        toolbox.register("population", lambda n: [parzen.ask() for _ in range(n)])
        toolbox.register("mate", lambda one, other: (one, other))
        toolbox.register("mutate", lambda _: (parzen.ask(),))
        judged = toolbox.told

        def told(child: Individual) -> None:
            judged(child)
            parzen.tell(child)

        toolbox.register("told", told)
        return prepared

    return prepare


class Parzen:
    """Optuna's multivariate TPE on the starting ranges of a space.

    Args:
        space: The space.
        seed: Of its random numbers.
    """

    def __init__(self, space: SearchSpace, seed: int) -> None:
        self._space = starting(space)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True, group=True, constant_liar=True)
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        self._trials: dict[str, optuna.Trial | None] = {}  # by genome; None: it has heard of the result

    def ask(self) -> Individual:
        """Return the network to be trained next."""
        trial = self._study.ask()
        individual = suggested(self._space, trial)
        self._trials[individual.canonical()] = trial
        return individual

    def tell(self, child: Individual) -> None:
        """Hear of a result; of one that has been heard of as pruned, nothing more."""
        genome = child.canonical()
        if genome not in self._trials and self._holds(child):  # the search began with it
            self._study.enqueue_trial(parameters(self._space, child))
            self.ask()
        trial, self._trials[genome] = self._trials.get(genome), None
        if trial is None:
            return
        if child.fitness.status is Status.OK:
            self._study.tell(trial, child.fitness.values[0])
            return
        for epoch, measure in enumerate(child.fitness.record.curve("val_accuracy"), start=1):
            trial.report(measure, epoch)
        is_pruned = child.fitness.status is Status.PRUNED
        self._study.tell(trial, state=TrialState.PRUNED if is_pruned else TrialState.FAIL)

    def _holds(self, individual: Individual) -> bool:
        """Tell whether an individual lies within the starting ranges."""
        try:
            self._space.validate(individual)
        except InputError:
            return False
        return True


if __name__ == "__main__":
    main()
