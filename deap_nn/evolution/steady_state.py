"""A steady state: no generations, no barrier; a child takes the place of the worst as soon as its turn comes.

Input: a population and a toolbox, as for `eaSimple`. Output: the population and the logbook. Children are numbered.
Child k is bred from the results of children 1 to k - lag, in the order of their numbers, whatever the order in which
evaluations end: up to `lag` of them go on at the same time, and as many workers as that, or fewer, give one result.

Whitley and Kauth 1988 (GENITOR): one child at a time, in place of the worst.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from deap import base, tools

from deap_nn.errors import InputError
from deap_nn.evolution.breeder import Breeder
from deap_nn.evolution.front import Front
from deap_nn.evolution.loop import NoMoreResults, OnGeneration, Population, Rows, check_loop, reached


def eaSteadyState(
    population: Population,
    toolbox: base.Toolbox,
    cxpb: float,
    mutpb: float,
    ngen: int,
    stats: tools.Statistics | None = None,
    halloffame: tools.HallOfFame | None = None,
    verbose: bool = False,
    *,
    lag: int = 4,
    target: float | None = None,
    patience: int | None = None,
    evaluations: int | None = None,
    on_generation: Iterable[OnGeneration] = (),
) -> tuple[Population, tools.Logbook]:
    """Breed one child at a time; it takes the place of the worst if it is at least as good.

    The first children are the given population. No genome is evaluated twice. A "generation" is as many evaluations as
    the population holds; the last one may be incomplete. What ends the loop is decided on results in the order of the
    numbers, so that children with higher numbers, evaluated or not, are of no account.

    Args:
        population: At least 2 individuals; changed in place.
        toolbox: With `select` (two parents of the population), `mate`, `mutate`, `clone`, `individual`, `evaluate`, and
            optionally with `submit(function, individual) -> ticket` and `next() -> (ticket, values)` to evaluate
            several at the same time, `survive(individuals, k)` for other survivors than all but the worst (with several
            objectives, say, DEAP's `selNSGA2`), and what `deap_nn.evolution.breeder.Breeder` looks for.
        cxpb: The probability, 0 to 1, that a child has two parents.
        mutpb: The probability, 0 to 1, that a child is passed to `toolbox.mutate`.
        ngen: The number of generations after the first, 0 or more.
        stats: Statistics compiled after each generation for the logbook.
        halloffame: A hall of fame that is updated with each result.
        verbose: Whether to print the logbook as it grows.
        lag: How many children are evaluated at the same time, at most; 1 or more.
        target: The loop stops with the first child whose first fitness value is at least as good as this.
        patience: It stops after so many evaluations in a row that gain nothing: no new best, with several objectives
            none on the Pareto front. None: never.
        evaluations: It stops after so many evaluations, if `ngen` does not stop it before; None: never.
        on_generation: Hooks called in order with each `Generation`; one that returns True stops the loop.

    Returns:
        The last population and the logbook.

    Raises:
        InputError: If an argument is out of its range.
        NoMoreResults: If `toolbox.next` raises it; hooks, hall of fame and logbook have all that came before.
    """
    check_loop(cxpb, mutpb, ngen, patience, evaluations)
    _check(population, lag)
    size = len(population)
    most = size * (ngen + 1) if evaluations is None else min(evaluations, size * (ngen + 1))
    breeder = Breeder(toolbox, cxpb, mutpb, population)
    queue = _Queue(toolbox)
    rows = Rows(stats, halloffame, verbose, on_generation)
    population.clear()  # of those that are evaluated
    number = begun = idle = 0
    stop, front = False, Front()
    while not stop:
        while begun < min(most, number + lag):
            child = breeder.child(begun + 1, population, queue.individuals)
            if child is None:  # there is nothing new
                most = begun
                break
            queue.start(child)
            begun += 1
        if number == most:
            break
        try:
            child, was_evaluated = queue.take()
        except NoMoreResults:
            _end_incomplete(rows, number, size, population)
            raise
        number += 1
        breeder.tell(child)
        _settle(population, child, size, toolbox)
        rows.note(child, was_evaluated)
        idle = 0 if front.gains(child.fitness.wvalues) else idle + 1
        stop = reached([child], target) or idle == patience
        if number % size == 0:
            stop = rows.end(population) or stop
    _end_incomplete(rows, number, size, population)
    return population, rows.logbook


def _end_incomplete(rows: Rows, number: int, size: int, population: Population) -> None:
    """Write the row of a last generation that has not all its evaluations, `number` in all, if there is one."""
    if number % size:
        rows.end(population, complete=False)


def _check(population: Population, lag: int) -> None:
    if len(population) < 2:
        raise InputError(f"received a population of {len(population)}, expected at least 2, the parents of a child")
    if type(lag) is not int or lag < 1:
        raise InputError(f"lag is {lag!r}, expected 1 child or more at the same time")


def _settle(population: Population, child: Any, size: int, toolbox: base.Toolbox) -> None:
    """Give a child a place: one that is free, or that of the worst if it is no better."""
    if hasattr(toolbox, "survive"):
        population[:] = toolbox.survive([*population, child], size)
        return
    if len(population) < size:
        population.append(child)
        return
    values = [one.fitness.wvalues for one in population]
    worst = values.index(min(values))  # fitnesses compare as these do, in a tenth of the time
    if child.fitness >= population[worst].fitness:
        population[worst] = child


class _Queue:
    """The children under way, in the order of their numbers; without `submit`, each is evaluated as it comes.

    Args:
        toolbox: The toolbox of the loop.
    """

    def __init__(self, toolbox: base.Toolbox) -> None:
        self._toolbox = toolbox
        self._children: deque[tuple[Any, Any]] = deque()
        self._values: dict[Any, Any] = {}

    @property
    def individuals(self) -> Population:
        """Those that are under way."""
        return [child for _, child in self._children]

    def start(self, child: Any) -> None:
        """Have a child evaluated, unless it has a fitness."""
        ticket = None
        if not child.fitness.valid:
            ticket = self._submitted(child)
        self._children.append((ticket, child))

    def take(self) -> tuple[Any, bool]:
        """Wait for the child with the lowest number; return it with its fitness, and whether it was evaluated."""
        ticket, child = self._children[0]
        while ticket is not None and ticket not in self._values:
            other, values = self._toolbox.next()
            self._values[other] = values
        self._children.popleft()
        if ticket is not None:
            child.fitness.values = self._values.pop(ticket)
        return child, ticket is not None

    def _submitted(self, child: Any) -> Any:
        if hasattr(self._toolbox, "submit"):
            return self._toolbox.submit(self._toolbox.evaluate, child)
        ticket = object()
        self._values[ticket] = self._toolbox.evaluate(child)
        return ticket
