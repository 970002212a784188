"""Spaces, genomes and results for the tests of the screen."""

import random

from deap_nn import Individual
from deap_nn.space import TRAINING, Block, Choice, Float, Integer, LayerKind, SearchSpace

UNITS = LayerKind("dense", {"units": Integer(1, 9), "activation": Choice(("relu", "tanh", "elu"))}, takes="flat")
SPACE = SearchSpace(
    "stub",
    (Block(UNITS, 1, 3, name="first"), Block(UNITS, 0, 2, name="second")),
    LayerKind(TRAINING, {"rate": Float(1e-4, 1e-1, log=True), "epochs": Integer(5, 5), "decay": Choice((None, True))}),
)


def drawn(space, count, seed=0):
    """Some individuals, always the same."""
    random.seed(seed)
    return [Individual(space.sample()) for _ in range(count)]


def quality(individual):
    """A smooth function of the stub's genes, with an interaction."""
    units = [layer.genes["units"] / 9 for layer in individual[:-1]]
    rate = individual[-1].genes["rate"]
    return sum(units) / len(units) - (rate - 0.01) ** 2 + 0.1 * len(units) * (individual[-1].genes["decay"] is True)


def told(screen, individuals, values):
    """The screen, after it was told these results."""
    for individual, value in zip(individuals, values, strict=True):
        screen.tell(individual, (value,))
    return screen
