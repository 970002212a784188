"""Rivals, on the same space and the same number of evaluations.

The tables hold no losses of unfinished trainings, so those that would begin with short trainings have full ones only.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping
from typing import Any

from deap import algorithms, tools
from tables.fcnet import ACTIVATIONS, BATCH_SIZES, DROPOUTS, RATES, SCHEDULES, SPACE, UNITS, Oracle

from deap_nn import Individual, make_toolbox
from deap_nn.space import TRAINING, Chromosome

ROUNDS = 10_000
"""More generations than any budget allows."""

OPTIONS: dict[str, tuple[Any, ...]] = {
    "units1": UNITS,
    "dropout1": DROPOUTS,
    "activation1": ACTIVATIONS,
    "units2": UNITS,
    "dropout2": DROPOUTS,
    "activation2": ACTIVATIONS,
    "batch_size": BATCH_SIZES,
    "learning_rate": RATES,
    "learning_rate_decay": SCHEDULES,
}
"""The space as rivals see it: they choose a place in each list."""


def _network(places: Mapping[str, int]) -> Individual:
    picked = {name: options[places[name]] for name, options in OPTIONS.items()}
    layers = [{gene: picked[f"{gene}{layer}"] for gene in ("units", "dropout", "activation")} for layer in (1, 2)]
    training = {gene: picked[gene] for gene in ("batch_size", "learning_rate", "learning_rate_decay")}
    return Individual([*(Chromosome("hidden", genes) for genes in layers), Chromosome(TRAINING, training)])


def _is_ordered(name: str) -> bool:
    return OPTIONS[name] not in (ACTIVATIONS, SCHEDULES)


def regularised(oracle: Oracle, seed: int) -> None:
    """Aging evolution, population 20, samples of 5 (Real et al. 2019, https://arxiv.org/abs/1802.01548)."""
    toolbox = make_toolbox(SPACE, evaluate=oracle)
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
    toolbox = make_toolbox(SPACE, evaluate=oracle)
    toolbox.register("select", tools.selTournament, tournsize=3)
    algorithms.eaSimple(toolbox.population(n=20), toolbox, cxpb=0.8, mutpb=0.8, ngen=ROUNDS, verbose=False)


def tree_parzen(oracle: Oracle, seed: int) -> None:
    """Optuna's TPE, multivariate (https://arxiv.org/abs/2304.11127)."""
    import optuna

    def objective(trial: Any) -> float:
        places = {
            name: trial.suggest_int(name, 0, len(options) - 1)
            if _is_ordered(name)
            else trial.suggest_categorical(name, range(len(options)))
            for name, options in OPTIONS.items()
        }
        return oracle(_network(places))[0]

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=seed, multivariate=True)
    optuna.create_study(direction="maximize", sampler=sampler).optimize(objective, n_trials=ROUNDS)


def differential(oracle: Oracle, seed: int) -> None:
    """DEHB's differential evolution (https://arxiv.org/abs/2105.09821), for which its authors refer one fidelity to."""
    from dehb import DE

    def objective(vector: Any) -> dict[str, float]:
        shares = zip(OPTIONS.items(), vector, strict=True)
        places = {name: min(int(share * len(options)), len(options) - 1) for (name, options), share in shares}
        return {"fitness": -oracle(_network(places))[0], "cost": 1.0}

    search = DE(f=objective, dimensions=len(OPTIONS), mutation_factor=0.5, crossover_prob=0.5, seed=seed)
    search.run(generations=ROUNDS)


def bohb(oracle: Oracle, seed: int) -> None:
    """BOHB's model with its share of random picks, from the authors' package (https://arxiv.org/abs/1807.01774)."""
    from types import SimpleNamespace

    import ConfigSpace
    import numpy as np
    from hpbandster.optimizers.config_generators.bohb import BOHB

    space = ConfigSpace.ConfigurationSpace(seed=seed)
    for name, options in OPTIONS.items():
        if _is_ordered(name):
            space.add(ConfigSpace.UniformIntegerHyperparameter(name, 0, len(options) - 1))
        else:
            space.add(ConfigSpace.CategoricalHyperparameter(name, range(len(options))))
    np.random.seed(seed)
    model = BOHB(space)
    for _ in range(ROUNDS):
        picked, _ = model.get_config(1.0)
        loss = -oracle(_network({name: int(place) for name, place in picked.items()}))[0]
        asked = {"budget": 1.0, "config": picked}
        model.new_result(SimpleNamespace(result={"loss": loss}, kwargs=asked, exception=None))
