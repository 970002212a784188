"""How children come into being one by one, each unlike all before it.

Input: the parents as they are, and a toolbox. Output: a child that is to be evaluated.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from deap import base

from deap_nn.evolution.loop import Population

TRIES = 30
"""How often something new is tried for before it is looked for elsewhere."""

TRIES_EACH = 3
"""The same for each of many candidates."""


class Screen(Protocol):
    """What picks one of several children that were bred: `toolbox.screen`.

    A resumed search is told everything again but asked for no choice that was written down. A choice may therefore
    depend only on what was told, what is given with it, and numbers drawn from `random`, the child's own stream.
    """

    candidates: int
    """How many children are bred for one that is evaluated, 1 or more; fewer may come if no more are new."""

    def tell(self, individual: Any, values: Sequence[float]) -> None:
        """Hear of a result: the individual with its fitness, and its weighted values: of each, more is better."""

    def choose(self, candidates: Sequence[Any], under_way: Sequence[Any], number: int) -> int:
        """Return the place of the candidate that is to be evaluated.

        Args:
            candidates: Two or more individuals without a fitness, all different and new.
            under_way: The individuals that were chosen before and whose results are not told yet, the oldest first.
            number: The child's number, from 1.
        """


class Breeder:
    """What breeds the children of a steady state.

    Args:
        toolbox: With `select`, `mate`, `mutate`, `clone` and `individual`. If it has them, these are used, too: `key`,
            which returns what equal genomes share (the default is `str`); `stream(number)`, a context in which `random`
            is the stream of one child; `chosen(number, breed)`, which returns what was chosen for a number before, or
            calls `breed` and writes down what it returns, unless that is None; `avoided()`, called for each child that
            is like one before and so bred again; `screen`, a `Screen`; `told(child)`, called with each result;
            `score(child)`, the weighted values that the screen is told (the default are those of the fitness);
            `again()`, which returns one that is evaluated once more in place of a new child, or None.
        cxpb: The probability, 0 to 1, that a child has two parents.
        mutpb: The probability, 0 to 1, that it is mutated.
        first: The first children; those that are equal to one before are drawn anew.
    """

    def __init__(self, toolbox: base.Toolbox, cxpb: float, mutpb: float, first: Sequence[Any]) -> None:
        self._toolbox, self._cxpb, self._mutpb = toolbox, cxpb, mutpb
        self._first = list(first)
        self._known: set[Any] = set()
        self._key: Callable[[Any], Any] = getattr(toolbox, "key", str)
        self._stream: Callable[[int], AbstractContextManager[Any]] = getattr(toolbox, "stream", _no_stream)
        self._chosen: Callable[..., Any] = getattr(toolbox, "chosen", _breed_at_once)
        self._avoided: Callable[[], object] = getattr(toolbox, "avoided", lambda: None)
        self._again: Callable[[], Any] = getattr(toolbox, "again", lambda: None)
        self._told: Callable[[Any], object] = getattr(toolbox, "told", lambda child: None)
        self._score: Callable[[Any], Sequence[float]] = getattr(toolbox, "score", _weighted)
        self._screen: Screen | None = getattr(toolbox, "screen", None)

    def child(self, number: int, parents: Population, under_way: Sequence[Any]) -> Any:
        """Return the child of this number; None if nothing new could be found.

        Args:
            number: The number, 1 for the first; each once, in this order.
            parents: The population.
            under_way: The children without a result.
        """
        again = self._again()
        child = self._chosen(number, lambda: self._bred(number, parents, under_way) if again is None else again)
        if child is not None:
            self._known.add(self._key(child))
        return child

    def tell(self, child: Any) -> None:
        """Let toolbox and screen know of a result."""
        self._told(child)
        if self._screen is not None:
            self._screen.tell(child, self._score(child))

    def _bred(self, number: int, parents: Population, under_way: Sequence[Any]) -> Any:
        with self._stream(number):
            if number <= len(self._first):
                pool = self._new([lambda: self._first[number - 1]], 1)
            elif len(parents) < 2:  # the lag is longer than the population
                pool = []
            else:
                count = 1 if self._screen is None else self._screen.candidates
                pool = self._new([lambda: self._offspring(parents)] * max(TRIES, TRIES_EACH * count), count)
            # What is drawn comes from where a space begins; mutated, from anywhere
            pool = pool or self._new([self._toolbox.individual] * TRIES + [self._changed] * TRIES, 1)
            if not pool:
                return None
            if self._screen is None or len(pool) == 1:
                return pool[0]
            return pool[self._screen.choose(pool, under_way, number)]

    def _new(self, makers: Sequence[Callable[[], Any]], count: int) -> Population:
        """Return up to `count` individuals that are unlike all before and each other."""
        found: dict[Any, Any] = {}
        for make in makers:
            individual = make()
            if (key := self._key(individual)) in self._known:
                self._avoided()
            else:
                found.setdefault(key, individual)
            if len(found) == count:
                break
        return list(found.values())

    def _offspring(self, parents: Population) -> Any:
        pair = [self._toolbox.clone(parent) for parent in self._toolbox.select(parents, 2)]
        if random.random() < self._cxpb:
            pair = list(self._toolbox.mate(*pair))
        child = random.choice(pair)
        if random.random() < self._mutpb:
            (child,) = self._toolbox.mutate(child)
        del child.fitness.values
        return child

    def _changed(self) -> Any:
        (individual,) = self._toolbox.mutate(self._toolbox.individual())
        return individual


def _weighted(child: Any) -> Sequence[float]:
    values: Sequence[float] = child.fitness.wvalues
    return values


def _no_stream(number: int) -> AbstractContextManager[Any]:
    return nullcontext()


def _breed_at_once(number: int, breed: Callable[[], Any]) -> Any:
    return breed()
