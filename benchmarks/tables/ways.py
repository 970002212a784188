"""Ways to search a table: this package's loops, and their rivals."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress

from tables.fcnet import SPACE, Oracle, OverBudget
from tables.rivals import ROUNDS, bohb, differential, regularised, simple, tree_parzen

from deap_nn import make_toolbox
from deap_nn.evolution import eaSteadyState, eaTruncation, make_steady
from deap_nn.random_stream import branch
from deap_nn.screening import Screen

Way = Callable[[Oracle, int], None]
"""`(oracle, seed)`: searches until the oracle has had enough."""


def truncation(oracle: Oracle, seed: int) -> None:
    """`eaTruncation`, population 20."""
    toolbox = make_toolbox(SPACE, evaluate=oracle)
    eaTruncation(toolbox.population(n=20), toolbox, cxpb=1.0, mutpb=1.0, ngen=ROUNDS)


def steady(oracle: Oracle, seed: int) -> None:
    """`eaSteadyState`, population 10, lag 4, without a screen."""
    _steady_state(oracle, seed, None)


def default(oracle: Oracle, seed: int) -> None:
    """`eaSteadyState` as above, with one of 30 children chosen by the screen."""
    _steady_state(oracle, seed, Screen(SPACE, seed))


def _steady_state(oracle: Oracle, seed: int, screen: Screen | None) -> None:
    # Without `submit`, a child is looked up at once, and its result told in its turn
    toolbox = make_toolbox(SPACE, evaluate=oracle)
    make_steady(toolbox, SPACE, crossover="both", mutation_probability=0.1)
    toolbox.register("stream", branch, seed)
    toolbox.screen = screen
    eaSteadyState(toolbox.population(n=10), toolbox, cxpb=1.0, mutpb=1.0, ngen=ROUNDS, lag=4)


def random_search(oracle: Oracle, seed: int) -> None:
    """Networks drawn from the space."""
    toolbox = make_toolbox(SPACE, evaluate=oracle)
    while True:
        oracle(toolbox.individual())


WAYS: dict[str, Way] = {
    "truncation": truncation,
    "steady": steady,
    "default": default,
    "random": random_search,
    "regularised": regularised,
    "eaSimple": simple,
    "tpe": tree_parzen,
    "dehb": differential,
    "bohb": bohb,
}


def search(way: str, oracle: Oracle, seed: int) -> None:
    """Search a table in one of `WAYS`."""
    random.seed(seed)
    with suppress(OverBudget):
        WAYS[way](oracle, seed)
