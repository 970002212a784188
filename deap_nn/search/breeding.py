"""What a search breeds with: a toolbox whose slots lead to the rest of the search, and the loop that uses it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import NamedTuple

from deap import base

from deap_nn.evolution import Individual, Limit, eaSteadyState, eaTruncation, limit_cost, make_steady, make_toolbox
from deap_nn.pruning import Pruner
from deap_nn.random_stream import branch
from deap_nn.runs import Children
from deap_nn.screening import Screen
from deap_nn.search.evaluations import Evaluations
from deap_nn.search.in_order import InOrder
from deap_nn.search.judging import Judging
from deap_nn.search.limits import size_limit
from deap_nn.search.search import Search
from deap_nn.search.starters import given, starters
from deap_nn.search.telemetry import Telemetry, TelemetryInOrder


class Breeding(NamedTuple):
    """What a search breeds with.

    Attributes:
        toolbox: The toolbox.
        telemetry: Takes notes of what it breeds.
        loop: The loop, with its own options.
        first: The individuals that come before those that are drawn.
    """

    toolbox: base.Toolbox
    telemetry: Telemetry | TelemetryInOrder
    loop: Callable[..., object]
    first: list[Individual]


def make_breeding(
    search: Search,
    evaluations: Evaluations | InOrder,
    pruner: Pruner,
    most_work: float | None,
    children: Children | None,
) -> Breeding:
    """Return what a search breeds with.

    Args:
        search: The search.
        evaluations: Evaluates the individuals.
        pruner: The pruner.
        most_work: The cost above which an individual is bred again; None: any.
        children: Of a steady state, the file of the chosen genomes.
    """
    toolbox = _toolbox(search)
    telemetry, loop = _loop(search, toolbox, evaluations, pruner, children)
    limits = _limit(toolbox, search, most_work, telemetry)
    return Breeding(toolbox, telemetry, loop, starters(search, toolbox, limits))


def _toolbox(search: Search) -> base.Toolbox:
    settings = search.settings
    return make_toolbox(
        search.space,
        evaluate=search.objective.evaluate,
        crossover=settings.crossover,
        mutation_probability=settings.mutation_probability,
        weights=settings.weights,
    )


def _loop(
    search: Search,
    toolbox: base.Toolbox,
    evaluations: Evaluations | InOrder,
    pruner: Pruner,
    children: Children | None,
) -> tuple[Telemetry | TelemetryInOrder, Callable[..., object]]:
    """Let the toolbox evaluate; return what takes notes of it, and the loop with its own options."""
    if isinstance(evaluations, InOrder):
        return _steady_state(search, toolbox, evaluations, pruner, children)
    telemetry = Telemetry(evaluations, search.settings.weights)
    toolbox.register("map", telemetry.map)
    return telemetry, partial(eaTruncation, survivors=search.settings.survivors)


def _steady_state(
    search: Search, toolbox: base.Toolbox, evaluations: InOrder, pruner: Pruner, children: Children | None
) -> tuple[TelemetryInOrder, Callable[..., object]]:
    settings = search.settings
    make_steady(toolbox, search.space, settings.crossover, settings.mutation_probability, settings.weights)
    toolbox.screen = Screen(search.space, settings.seed, candidates=settings.screen) if settings.screen else None
    telemetry = TelemetryInOrder(evaluations, settings.weights, children, toolbox.screen)
    judging = Judging(pruner, evaluations, settings.population, settings.criteria)
    toolbox.register("submit", telemetry.submit)
    toolbox.register("next", telemetry.next)
    toolbox.register("stream", branch, settings.seed)
    toolbox.register("chosen", telemetry.chosen)
    toolbox.register("avoided", telemetry.refuse, "avoided")
    toolbox.register("told", judging.told)
    toolbox.register("score", attrgetter("estimate"))
    toolbox.register("again", judging.again)
    if not settings.criteria:  # what is pruned or has paused counts by what it would have come to
        toolbox.register("select", toolbox.select, fit_attr="estimate")
        toolbox.register("survive", judging.survive)
    return telemetry, partial(eaSteadyState, lag=settings.lag, evaluations=settings.evaluations)


def _limit(
    toolbox: base.Toolbox,
    search: Search,
    most_work: float | None,
    telemetry: Telemetry | TelemetryInOrder,
) -> list[Limit]:
    """Let the toolbox breed again, and count, what is too large or too much work; return what allows the others."""
    cost, size = search.objective.cost, size_limit(search.settings, search.space, search.objective, given(search))
    limits = [] if size is None else [size.limit]
    if most_work is not None and cost is not None:
        limits.append(Limit(cost, most_work))
    if limits:
        smallest = None if size is None else size.smallest
        limit_cost(toolbox, *limits, smallest=smallest, refused=partial(telemetry.refuse, "too_large"))
    return limits
