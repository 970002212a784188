"""How large a network may be: what the settings say of it becomes a limit for what is bred.

Input: settings, a space and an objective. Output: a limit, or a refusal before anything has happened.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache

from deap_nn.errors import InputError
from deap_nn.evaluation import Size
from deap_nn.evolution import IN_WORDS, Individual, Limit, smallest
from deap_nn.random_stream import protected
from deap_nn.search.objective import SIZES, Objective
from deap_nn.search.settings import Settings
from deap_nn.space import SearchSpace

DRAWN = 30
"""The number of networks from the smallest of which the search for the smallest of a space begins."""


class SizeLimit:
    """The limit on the size of networks.

    Args:
        space: The space.
        size: The size of an individual's network.
        most: The largest size, by the fields of `Size`.
        start_with: The individuals that the search is to start with.
    """

    def __init__(
        self,
        space: SearchSpace,
        size: Callable[[Individual], Size],
        most: dict[str, int],
        start_with: Sequence[Individual] = (),
    ) -> None:
        self._space, self._size, self._most, self._start_with = space, size, most, start_with
        self.smallest = cache(self._find_smallest)
        """Returns the smallest network of the space, as far as can be found."""

    def __str__(self) -> str:
        """Return what is allowed, in words."""
        return "at most " + " and ".join(f"{most:,} {IN_WORDS[name]}" for name, most in self._most.items())

    @property
    def limit(self) -> Limit:
        """The limit for what is bred."""
        return Limit(lambda individual: max(self._shares(individual)), 1.0, hard=True)

    def check(self) -> None:
        """Refuse individuals to start with that are too large, and a space in which everything is.

        Raises:
            InputError: If one is; it says which, and why.
        """
        for number, individual in enumerate(self._start_with, start=1):
            if excess := self._excess(individual):
                raise InputError(
                    f"genome {number} of those to start with has {excess}: leave it out, or raise the limit"
                )
        if excess := self._excess(self.smallest()):
            raise InputError(
                f"the smallest network found in the space {self._space.name!r} has {excess}: raise the limit, or give "
                "a space with smaller networks"
            )

    def _excess(self, individual: Individual) -> str:
        """Return in words by how much an individual is too large; "" if it is not."""
        size = self._size(individual)._asdict()
        return " and ".join(
            f"{size[name]:,} {IN_WORDS[name]}, more than max_{name} = {most:,}"
            for name, most in self._most.items()
            if size[name] > most
        )

    def _shares(self, individual: Individual) -> list[float]:
        """Return what shares of the limits an individual takes, the largest first."""
        size = self._size(individual)._asdict()
        return sorted((size[name] / most for name, most in self._most.items()), reverse=True)

    def _find_smallest(self) -> Individual:
        with protected():
            random.seed(0)
            drawn = [Individual(self._space.sample()) for _ in range(DRAWN)]
        return smallest(self._space, self._shares, min([*self._start_with, *drawn], key=self._shares))


def size_limit(
    settings: Settings, space: SearchSpace, objective: Objective, start_with: Sequence[Individual] = ()
) -> SizeLimit | None:
    """Return the limit that the settings ask for; None if they ask for none.

    Args:
        settings: The settings.
        space: The space.
        objective: Knows how large a network is.
        start_with: The individuals that the search is to start with.

    Raises:
        InputError: If there are no networks whose size could be counted.
    """
    most = {name: it for name in SIZES if (it := getattr(settings, f"max_{name}")) is not None}
    if not most:
        return None
    if objective.size is None:
        asked = " and ".join(f"max_{name}" for name in most)
        reason = (
            "a function of your own has no networks"
            if objective.task is None
            else f"the space {space.name!r} has layers of your own, whose size nobody can work out"
        )
        raise InputError(f"received {asked}, but {reason}: leave it out")
    return SizeLimit(space, objective.size, most, start_with)
