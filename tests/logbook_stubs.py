"""Logbooks that pictures are drawn of, and what a table says of Student's t."""

import random

import numpy as np
from deap import algorithms, tools

from deap_nn.evolution import make_toolbox
from deap_nn.space.presets import FULL

T = {2: 12.706205, 3: 4.302653, 4: 3.182446, 5: 2.776445}
"""Student's t for a 95 % interval, from a table, by the number of values."""


def row(generation, accuracies, best, failures=0, nevals=None):
    """A row of a run's logbook."""
    values = np.array(accuracies, float)
    known = {
        "avg": values.mean(), "std": values.std(), "min": values.min(), "max": values.max()
    } if accuracies else dict.fromkeys(("avg", "std", "min", "max"))  # fmt: skip
    nevals = len(accuracies) + failures if nevals is None else nevals
    return {"gen": generation, "nevals": nevals, **known, "trained": len(accuracies), "best": best, "failed": failures}


LOGBOOK = [
    row(0, [0.1, 0.2, 0.3, 0.4], 0.4),
    row(1, [0.4, 0.5], 0.5, failures=2, nevals=2),
    row(2, [0.3, 0.3, 0.6, 0.4], 0.6, nevals=2),
]


def deaps_own():
    """The logbook of DEAP's eaSimple, with the statistics that its tutorials register."""
    random.seed(4)
    toolbox = make_toolbox(FULL, evaluate=lambda individual: (individual[-1].genes["epochs"] / 25,))
    toolbox.register("select", tools.selTournament, tournsize=2)
    stats = tools.Statistics(lambda individual: individual.fitness.values)
    for name, function in (("avg", np.mean), ("std", np.std), ("min", np.min), ("max", np.max)):
        stats.register(name, function)
    return algorithms.eaSimple(toolbox.population(n=5), toolbox, 0.5, 0.5, 4, stats=stats, verbose=False)[1]
