"""Ways to search a table: this package's loops, and rivals on the same space and the same number of evaluations."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from deap import algorithms, base
from tables.fcnet import ACTIVATIONS, BATCH_SIZES, DROPOUTS, RATES, SCHEDULES, SPACE, UNITS, Oracle, OverBudget

from deap_nn import Individual, make_toolbox
from deap_nn.evolution import eaSteadyState, eaTruncation, make_steady
from deap_nn.random_stream import branch
from deap_nn.screening import Screen
from deap_nn.space import TRAINING, Chromosome

ROUNDS = 10_000
"""More generations than any budget allows."""

Way = Callable[[Oracle, int], None]
"""`(oracle, seed)`: searches until the oracle has had enough."""


def _toolbox(oracle: Oracle) -> base.Toolbox:
    return make_toolbox(SPACE, evaluate=oracle)


def truncation(oracle: Oracle, seed: int) -> None:
    """`eaTruncation`, population 20."""
    toolbox = _toolbox(oracle)
    eaTruncation(toolbox.population(n=20), toolbox, cxpb=1.0, mutpb=1.0, ngen=ROUNDS)


def steady(oracle: Oracle, seed: int) -> None:
    """`eaSteadyState`, population 10, lag 4, without a screen."""
    _steady_state(oracle, seed, None)


def default(oracle: Oracle, seed: int) -> None:
    """`eaSteadyState` as above, with one of 30 children chosen by the screen."""
    _steady_state(oracle, seed, Screen(SPACE, seed))


def _steady_state(oracle: Oracle, seed: int, screen: Screen | None) -> None:
    toolbox = _toolbox(oracle)  # without `submit`, a child is looked up at once, and its result told in its turn
    make_steady(toolbox, SPACE, crossover="both", mutation_probability=0.1)
    toolbox.register("stream", branch, seed)
    toolbox.screen = screen
    eaSteadyState(toolbox.population(n=10), toolbox, cxpb=1.0, mutpb=1.0, ngen=ROUNDS, lag=4)


def random_search(oracle: Oracle, seed: int) -> None:
    """Networks drawn from the space."""
    toolbox = _toolbox(oracle)
    while True:
        oracle(toolbox.individual())


def regularised(oracle: Oracle, seed: int) -> None:
    """Aging evolution, population 20, samples of 5 (Real et al. 2019, https://arxiv.org/abs/1802.01548)."""
    toolbox = _toolbox(oracle)
    population: deque[Individual] = deque()
    while True:
        if len(population) < 20:
            child = toolbox.individual()
        else:
            parent = max(random.sample(list(population), 5), key=lambda one: one.fitness)
            (child,) = toolbox.mutate(toolbox.clone(parent))
        child.fitness.values = oracle(child)
        population.append(child)
        if len(population) > 20:
            population.popleft()


def simple(oracle: Oracle, seed: int) -> None:
    """DEAP's `eaSimple` with its tournament of 3 on the same toolbox, population 20."""
    from deap import tools

    toolbox = _toolbox(oracle)
    toolbox.register("select", tools.selTournament, tournsize=3)
    algorithms.eaSimple(toolbox.population(n=20), toolbox, cxpb=0.8, mutpb=0.8, ngen=ROUNDS, verbose=False)


def tree_parzen(oracle: Oracle, seed: int) -> None:
    """Optuna's TPE, multivariate (https://arxiv.org/abs/2304.11127)."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def objective(trial: Any) -> float:
        layers = [
            Chromosome(
                "hidden",
                {
                    "units": UNITS[trial.suggest_int(f"units{number}", 0, len(UNITS) - 1)],
                    "dropout": DROPOUTS[trial.suggest_int(f"dropout{number}", 0, len(DROPOUTS) - 1)],
                    "activation": trial.suggest_categorical(f"activation{number}", ACTIVATIONS),
                },
            )
            for number in (1, 2)
        ]
        training = {
            "batch_size": BATCH_SIZES[trial.suggest_int("batch_size", 0, len(BATCH_SIZES) - 1)],
            "learning_rate": RATES[trial.suggest_int("learning_rate", 0, len(RATES) - 1)],
            "learning_rate_decay": trial.suggest_categorical("decay", SCHEDULES),
        }
        return oracle(Individual([*layers, Chromosome(TRAINING, training)]))[0]

    sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True)
    optuna.create_study(direction="maximize", sampler=sampler).optimize(objective, n_trials=ROUNDS)


WAYS: dict[str, Way] = {
    "truncation": truncation,
    "steady": steady,
    "default": default,
    "random": random_search,
    "regularised": regularised,
    "eaSimple": simple,
    "tpe": tree_parzen,
}


def search(way: str, oracle: Oracle, seed: int) -> None:
    """Search a table in one of `WAYS`."""
    random.seed(seed)
    with suppress(OverBudget):
        WAYS[way](oracle, seed)
