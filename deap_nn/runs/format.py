"""The names and fields of a run's files, defined only here.

`docs/run_directory.md` documents them for users. A change to a field requires a new number in `FORMAT` and a conversion
from the old format in `translated`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from deap_nn.errors import InputError
from deap_nn.evolution import (
    FIRST,
    MAXIMIZE,
    Criterion,
    FitnessValues,
    Generation,
    Individual,
    criteria_of,
    objective_from_json,
    weights_of,
)

FORMAT = 2
"""The format of run directories. Format 2 renamed the setting `target` to `stop_at`, made `pruner` of `race`, and added
`data.task` and the setting `min_steps`."""

RUN = "run.json"
JOURNAL = "evaluations.jsonl"
CHILDREN = "children.jsonl"
AHEAD = "ahead.jsonl"
PAUSED = "paused"
LOGBOOK = "logbook.csv"
CHECKPOINT = "checkpoint.json"
MODEL = "best.keras"
ENSEMBLE = "ensemble.keras"
BEST = "best.json"
FRONT = "front.json"
MEMBER = "front/{}.keras"
LOGS = "logs"
PICTURE = "plots/fitness.png"
FRONT_PICTURE = "plots/front.png"
DATA = "data.npz"
FINAL = "final-{}.npz"
TENSORBOARD = "tensorboard"


def translated(info: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a `run.json`, converted to the current format.

    Raises:
        InputError: If its format cannot be converted.
    """
    if info.get("format") not in (1, FORMAT):
        raise InputError(
            f"has the format {info.get('format')!r}, this version reads 1 to {FORMAT}: use the version of deap_nn that "
            "wrote it (run.json names it)"
        )
    info = dict(info)
    if info["format"] == 1:
        settings = {"stop_at" if name == "target" else name: value for name, value in info.get("settings", {}).items()}
        info |= {"format": FORMAT, "settings": settings | {"min_steps": 0}}
        if "data" in info:
            info["data"] = info["data"] | {"task": "classification"}
    asked = info.get("settings")
    if isinstance(asked, Mapping) and "race" in asked:  # while version 0.2 was made, format 2 had it, too
        pruner = "race" if asked["race"] else "none"
        info["settings"] = {name: value for name, value in asked.items() if name != "race"} | {"pruner": pruner}
    return info


def run_info(
    settings: Mapping[str, Any],
    space: Mapping[str, Any],
    objective: Mapping[str, Any],
    start_with: Iterable[Individual],
    versions: Mapping[str, str],
    started: str,
) -> dict[str, Any]:
    """Return the content of `run.json` for a new run.

    Args:
        settings: The settings, by name.
        space: The search space, as returned by `SearchSpace.to_json`.
        objective: The entry `data` or `evaluate`, which describes what is maximised.
        start_with: The genomes given to the first generation.
        versions: The versions that results depend on.
        started: The time of the start, in UTC.
    """
    return {
        "settings": dict(settings),
        "space": dict(space),
        **objective,
        "start_with": [individual.to_json() for individual in start_with],
        "versions": dict(versions),
        "started": started,
    }


def journal_line(individual: Individual, values: FitnessValues) -> dict[str, Any]:
    """Return an evaluation as a line of the journal."""
    return {"genome": individual.to_json(), "fitness": list(values), "record": values.record.to_json()}


def from_journal(line: Mapping[str, Any], weights: tuple[float, ...] = MAXIMIZE) -> tuple[Individual, FitnessValues]:
    """Return the evaluation of a line of the journal; the weights are those of a fitness."""
    return Individual.from_json(line["genome"], weights), FitnessValues(line["fitness"], line["record"])


def checkpoint(generation: Generation, pruner: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state after a generation, including the pruner's."""

    def plain(individuals: Iterable[Individual]) -> list[dict[str, Any]]:
        return [{"genome": ind.to_json(), "fitness": list(ind.fitness.values)} for ind in individuals]

    return {
        "generation": generation.number,
        "population": plain(generation.population),
        "halloffame": plain(generation.halloffame or ()),
        "random_state": random.getstate(),
        **({} if generation.complete else {"incomplete": generation.logbook[-1]["nevals"]}),
        **pruner,
    }


def criteria_in(settings: Mapping[str, Any]) -> tuple[Criterion, ...]:
    """Return the objectives besides the first in the `settings` of a `run.json`; their functions are not there."""
    asked = settings.get("objectives", FIRST[:1])
    return criteria_of([objective_from_json(one) for one in asked])


def weights_in(settings: Mapping[str, Any]) -> tuple[float, ...]:
    """Return the weights of a fitness in the `settings` of a `run.json`."""
    return weights_of(criteria_in(settings), settings.get("minimize", False))


def front_report(
    names: Sequence[str], weights: Sequence[float], networks: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the content of `front.json`.

    Args:
        names: The names of the objectives.
        weights: The weight of each: 1.0 where more is better, -1.0 where less is.
        networks: The members, the best by the first objective first: the genome, the value of each objective by name,
            and, of those that were trained, what came of that.
    """
    objectives = [{"name": name, "maximize": weight > 0} for name, weight in zip(names, weights, strict=True)]
    return {"objectives": objectives, "networks": [dict(one) for one in networks]}


def best_untrained(best: Individual) -> dict[str, Any]:
    """Return the report on the best individual of a search whose function trains nothing."""
    return {"genome": best.to_json(), "fitness": best.fitness.values[0]}


def best_trained(
    best: Individual,
    measure: str,
    training: Mapping[str, Any],
    test_evaluations: int,
    report: Mapping[str, Any],
    layers: Sequence[str],
) -> dict[str, Any]:
    """Return the report on a trained winner.

    Args:
        best: The individual, with its fitness from the search.
        measure: The name of the measure, such as "accuracy".
        training: How it was trained: samples, epochs, threads and what was asked for.
        test_evaluations: The number of times that the test split has been used.
        report: The report of `Task.report`.
        layers: One line per layer.
    """
    figures = dict(report)
    return {
        "genome": best.to_json(),
        f"search_validation_{measure}": best.fitness.values[0],
        f"test_{measure}": figures.pop(f"test_{measure}"),
        **training,
        "test_evaluations": test_evaluations,
        **figures,
        "layers": list(layers),
    }
