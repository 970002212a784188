"""Evolution loops with DEAP's conventions: they use the aliases of a toolbox and know nothing of networks.

Input: a population, and a toolbox with `select`, `mate`, `mutate`, `evaluate`, `map` and `clone`. Output: the
population and the logbook, as from `deap.algorithms.eaSimple`, which each loop here can replace.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, NamedTuple

from deap import base, tools

from deap_nn.errors import InputError
from deap_nn.evolution.front import Front

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


def eaTruncation(
    population: Population,
    toolbox: base.Toolbox,
    cxpb: float,
    mutpb: float,
    ngen: int,
    stats: tools.Statistics | None = None,
    halloffame: tools.HallOfFame | None = None,
    verbose: bool = False,
    *,
    survivors: float = 0.2,
    target: float | None = None,
    patience: int | None = None,
    on_generation: Iterable[OnGeneration] = (),
) -> tuple[Population, tools.Logbook]:
    """Keep the best and refill with their offspring: truncation selection, as in animal breeding.

    In each generation `max(2, round(survivors * len(population)))` individuals survive and keep their fitness; their
    children take all other places. Parents are drawn in pairs of two different survivors. Only children are mutated,
    and a child that ends up equal to one of its parents keeps that parent's fitness, so that it is not evaluated
    again.

    Muehlenbein and Schlierkamp-Voosen 1993, https://doi.org/10.1162/evco.1993.1.1.25, section 3.

    Args:
        population: At least 3 individuals; changed in place.
        toolbox: A toolbox with the aliases that `eaSimple` needs.
        cxpb: The probability, 0 to 1, that two children are crossed.
        mutpb: The probability, 0 to 1, that a child is passed to `toolbox.mutate`.
        ngen: The number of generations after the first, 0 or more.
        stats: Statistics compiled over each generation for the logbook.
        halloffame: A hall of fame that is updated with each generation.
        verbose: Whether to print the logbook as it grows.
        survivors: The share that is kept, above 0 and below 1.
        target: The loop stops once the best individual's first fitness value is at least as good as this.
        patience: The loop stops at the end of a generation if so many evaluations or more have gained nothing: no new
            best, with several objectives none on the Pareto front. None: never.
        on_generation: Hooks called in order with each `Generation`; one that returns True stops the loop.

    Returns:
        The last population and the logbook.

    Raises:
        InputError: If an argument is out of its range.
    """
    check_loop(cxpb, mutpb, ngen, patience)
    keep = survivor_count(survivors, len(population))
    rows = Rows(stats, halloffame, verbose, on_generation)
    idle, front = 0, Front()
    for number in range(ngen + 1):
        if number:
            elite = toolbox.select(population, keep)
            population[:] = elite + _offspring(elite, toolbox, len(population) - keep, cxpb, mutpb)
        evaluated = _evaluate(population, toolbox)
        for individual in population:
            rows.note(individual, id(individual) in evaluated)
        gains = [front.gains(individual.fitness.wvalues) for individual in population]
        idle = 0 if any(gains) else idle + len(evaluated)
        stop = reached(population, target) or (patience is not None and idle >= patience)
        if rows.end(population) or stop:
            break
    return population, rows.logbook


def survivor_count(survivors: float, size: int) -> int:
    """Return how many of `size` individuals are kept: `max(2, round(survivors * size))`.

    Raises:
        InputError: If the share is not above 0 and below 1, or leaves no place for offspring.
    """
    if not 0 < survivors < 1:
        raise InputError(f"survivors is {survivors!r}, expected a share above 0 and below 1, such as 0.2")
    keep = max(2, round(survivors * size))
    if keep >= size:
        raise InputError(
            f"of a population of {size}, {keep} would survive and leave no place for offspring: "
            "take a larger population (at least 3) or fewer survivors"
        )
    return keep


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


def _offspring(elite: Population, toolbox: base.Toolbox, count: int, cxpb: float, mutpb: float) -> Population:
    children: Population = []
    while len(children) < count:
        parents = random.sample(elite, 2)
        pair = [toolbox.clone(parent) for parent in parents]
        if random.random() < cxpb:
            pair = list(toolbox.mate(*pair))
        children += [_grown_up(child, parents, toolbox, mutpb) for child in pair[: count - len(children)]]
    return children


def _grown_up(child: Any, parents: Population, toolbox: base.Toolbox, mutpb: float) -> Any:
    """Mutate a child; it keeps a fitness only if a parent has exactly the same genome."""
    if random.random() < mutpb:
        (child,) = toolbox.mutate(child)
    twin = next((parent for parent in parents if parent == child), None)
    if twin is not None:
        return toolbox.clone(twin)
    del child.fitness.values
    return child


def _evaluate(population: Population, toolbox: base.Toolbox) -> set[int]:
    """Evaluate those without a fitness and return their identities."""
    invalid = [individual for individual in population if not individual.fitness.valid]
    for individual, values in zip(invalid, toolbox.map(toolbox.evaluate, invalid), strict=True):
        individual.fitness.values = values
    return {id(individual) for individual in invalid}


def reached(population: Population, target: float | None) -> bool:
    """Tell whether the best individual's first fitness value is at least as good as the target; None never is."""
    if target is None:
        return False
    best = max(population, key=attrgetter("fitness")).fitness
    return bool(best.values[0] * best.weights[0] >= target * best.weights[0])
