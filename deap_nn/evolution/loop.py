"""What all loops have in common: the rows that they write, what their hooks receive, when they stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, NamedTuple

from deap import tools

from deap_nn.errors import InputError

Population = list[Any]


class Generation(NamedTuple):
    """The state that a hook receives at the end of a generation.

    Attributes:
        number: The number of the generation, 0 for the first.
        population: The individuals, all evaluated; a hook must not change them.
        halloffame: The best so far, or None if the loop was given no hall of fame.
        logbook: The rows so far, ending with this generation's.
        complete: Whether it has all its evaluations; the last one of a steady state may not, until the run goes on.
    """

    number: int
    population: Population
    halloffame: tools.HallOfFame | None
    logbook: tools.Logbook
    complete: bool = True


OnGeneration = Callable[[Generation], object]


class NoMoreResults(Exception):  # noqa: N818 - an end, not an error
    """What a toolbox's `next` raises to end a loop: what is under way will have no results."""


class Rows:
    """The rows of a loop: it notes what is evaluated and, at the end of each generation, calls the hooks.

    Args:
        stats: Statistics compiled over each generation.
        halloffame: A hall of fame that is updated with each individual.
        verbose: Whether to print the logbook as it grows.
        hooks: Called in order with each `Generation`.
    """

    def __init__(
        self,
        stats: tools.Statistics | None,
        halloffame: tools.HallOfFame | None,
        verbose: bool,
        hooks: Iterable[OnGeneration],
    ) -> None:
        self._stats, self._halloffame, self._verbose, self._hooks = stats, halloffame, verbose, tuple(hooks)
        self._nevals = 0
        self.logbook = tools.Logbook()
        self.logbook.header = ["gen", "nevals", *(stats.fields if stats else [])]

    def note(self, individual: Any, was_evaluated: bool = True) -> None:
        """Note an individual that has its fitness now."""
        self._nevals += was_evaluated
        if self._halloffame is not None:
            _admit(self._halloffame, individual)

    def end(self, population: Population, *, complete: bool = True) -> bool:
        """Write a generation's row; return whether one of the hooks wants the loop to stop."""
        row = self._stats.compile(population) if self._stats else {}
        number, nevals, self._nevals = len(self.logbook), self._nevals, 0
        self.logbook.record(gen=number, nevals=nevals, **row)
        if self._verbose:
            print(self.logbook.stream)
        generation = Generation(number, population, self._halloffame, self.logbook, complete)
        return True in [hook(generation) for hook in self._hooks]


def _admit(halloffame: tools.HallOfFame, individual: Any) -> None:
    """Update a hall of fame; DEAP's keeps the first result of a genome, also where that was ended early."""
    for place, one in enumerate(halloffame):
        if one.fitness < individual.fitness and halloffame.similar(one, individual):
            halloffame.remove(place)
            break
    halloffame.update([individual])


def check_loop(
    cxpb: float, mutpb: float, ngen: int, patience: int | None = None, evaluations: int | None = None
) -> None:
    """Raise an InputError for an argument of a loop that is out of its range."""
    for name, value in (("cxpb", cxpb), ("mutpb", mutpb)):
        if not 0 <= value <= 1:
            raise InputError(f"{name} is {value!r}, expected a probability from 0 to 1")
    if ngen < 0:
        raise InputError(f"ngen is {ngen!r}, expected 0 or more generations after the first")
    for name, count in (("patience", patience), ("evaluations", evaluations)):
        if count is not None and count < 1:
            raise InputError(f"{name} is {count!r}, expected 1 evaluation or more, or None")


def reached(population: Population, target: float | None) -> bool:
    """Tell whether the best individual's first fitness value is at least as good as the target; None never is."""
    if target is None:
        return False
    best = max(population, key=attrgetter("fitness")).fitness
    return bool(best.values[0] * best.weights[0] >= target * best.weights[0])
