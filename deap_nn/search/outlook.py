"""What a search would be, before it is begun: its networks, what they cost here, how long it would take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deap_nn.data import DataSpec, load
from deap_nn.engines import Engine
from deap_nn.errors import InputError
from deap_nn.evaluation import Pace
from deap_nn.evolution import Individual
from deap_nn.networks import LayerSpec, blueprint, multiply_adds, parameters
from deap_nn.search.call_forms import data_of, settings_of, space_for, space_of
from deap_nn.search.engine import engine_of
from deap_nn.search.limits import size_limit
from deap_nn.search.objective import data_spec, keras_objective
from deap_nn.search.settings import HALVING, RACE, Settings
from deap_nn.search.sizing import (
    SEARCH_SHARE,
    at_once,
    drawn,
    most_evaluations,
    population_for,
    seconds_of_evaluation,
    timed,
)
from deap_nn.space import SearchSpace

DRAWN = 100
"""The number of networks that are looked at."""

FRAMEWORK = 0.5
"""The gibibytes that a child takes before it trains anything."""


def dry_run(space: SearchSpace | str | None, data: Any, **settings: Any) -> str:
    """Return, in a few lines, what `evolve` would do with these arguments; one network is timed, nothing is written.

    Args:
        space: As for `evolve`.
        data: As for `evolve`.
        **settings: See `deap_nn.search.settings.Settings`.

    Raises:
        InputError: If `evolve` would refuse them, or the space has layers of a user's own, whose cost is unknown.
    """
    data, chosen = data_of(data), settings_of(settings)
    space = space_for(data) if space is None else space_of(space)
    with TemporaryDirectory() as folder:
        spec = data_spec(data, Path(folder), chosen)
        objective = keras_objective(space, spec, chosen)
        if (limit := size_limit(chosen, space, objective)) is not None:
            limit.check()
        if objective.cost is None or objective.calibrate is None:
            raise InputError(f"{space.name!r} has layers of your own, whose cost nobody can work out: just begin")
        too_large: list[str] = []
        sample = drawn(space, objective.cost, DRAWN, limit, lambda: too_large.append("drawn again"))
        with engine_of(chosen, None) as engine:
            pace = timed(sample[DRAWN // 2][1], objective.calibrate, engine)
            return "\n".join(
                [
                    space.describe(),
                    "",
                    *_networks(space, spec, sample, pace),
                    *([] if limit is None else [f"  {len(too_large)} larger ones were drawn again: {limit}"]),
                    *_time(chosen, sample, pace, engine),
                ]
            )


def _networks(space: SearchSpace, spec: DataSpec, sample: Sequence[tuple[float, Individual]], pace: Pace) -> list[str]:
    splits = load(spec)
    networks = [blueprint(space, one, splits.input_shape, splits.task) for _, one in sample]
    batches = [one[-1].genes.get("batch_size", 300) for _, one in sample]
    memory = [_gibibytes(network, batch) for network, batch in zip(networks, batches, strict=True)]
    rows = {
        "multiply-adds a sample": _spread([multiply_adds(one) for one in networks], ",.0f"),
        "weights": _spread([parameters(one) or 0 for one in networks], ",.0f"),
        "seconds to train here": _spread([pace.seconds(work) for work, _ in sample], ".1f"),
        "GiB of memory": _spread(memory, ".1f"),
    }
    heading = f"first networks, the middle of {DRAWN} and the smallest and largest:"
    return [heading, *(f"  {name:24}{spread}" for name, spread in rows.items())]


def _time(settings: Settings, sample: Sequence[tuple[float, Individual]], pace: Pace, engine: Engine) -> list[str]:
    typical = seconds_of_evaluation(settings, pace, (work for work, _ in sample))
    what = "parts of trainings" if settings.pruner == HALVING else "trainings"
    workers = at_once(settings, engine.capacity)
    if settings.budget is not None:
        population = population_for(settings, SEARCH_SHARE * settings.budget, typical, engine.capacity)
        trainings = SEARCH_SHARE * settings.budget * workers / typical
        return [
            f"in {_duration(settings.budget)}: about {trainings:.0f} {what} in generations of {population} on "
            f"{workers} workers, then finalists and the final training"
        ]
    most = most_evaluations(settings)
    saved = "less what the race saves; " if settings.pruner == RACE else ""
    return [
        f"at most {most} {what} on {workers} workers: about {_duration(most * typical / workers)}, "
        f"{saved}networks may grow on the way; then the final training"
    ]


def _gibibytes(network: Sequence[LayerSpec], batch: int) -> float:
    """Return about what a training takes: maps for the way back with their gradients, weights with an optimizer's."""
    maps = sum(math.prod(spec.output_shape) for spec in network)
    return FRAMEWORK + 4 * (2 * batch * maps + 5 * (parameters(network) or 0)) / 2**30


def _spread(values: Sequence[float], form: str) -> str:
    ordered = sorted(values)
    return f"{ordered[len(ordered) // 2]:{form}} ({ordered[0]:{form}} to {ordered[-1]:{form}})"


def _duration(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} seconds"
