"""Truncation selection, a loop with DEAP's conventions: it uses the aliases of a toolbox and knows nothing of networks.

Input: a population, and a toolbox with `select`, `mate`, `mutate`, `evaluate`, `map` and `clone`. Output: the
population and the logbook, as from `deap.algorithms.eaSimple`, which it can replace.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from deap import base, tools

from deap_nn.errors import InputError
from deap_nn.evolution.front import Front
from deap_nn.evolution.loop import OnGeneration, Population, Rows, check_loop, reached


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
