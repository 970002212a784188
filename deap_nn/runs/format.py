"""What the files of a run are called and which fields they have: the one place that knows.

`docs/run_directory.md` tells people the same. Whoever changes a field here gives `FORMAT` a new number and `translated`
the way from the old one.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from deap_nn.evolution import FitnessValues, Generation, Individual

FORMAT = 2
"""Of run directories. 2: the setting `stop_at`, which was `target`; `task` in the description of the data."""

RUN = "run.json"
JOURNAL = "evaluations.jsonl"
LOGBOOK = "logbook.csv"
CHECKPOINT = "checkpoint.json"
MODEL = "best.keras"
BEST = "best.json"
LOGS = "logs"
PICTURE = "plots/fitness.png"
DATA = "data.npz"
TENSORBOARD = "tensorboard"


def translated(info: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a `run.json` in today's format.

    Raises:
        ValueError: If there is no way from its format to this one.
    """
    if info.get("format") not in (1, FORMAT):
        raise ValueError(
            f"has the format {info.get('format')!r}, this version reads 1 to {FORMAT}: use the version of deap_nn that "
            "wrote it (run.json names it)"
        )
    info = dict(info)
    if info["format"] == 1:
        settings = {"stop_at" if name == "target" else name: value for name, value in info.get("settings", {}).items()}
        info |= {"format": FORMAT, "settings": settings}
        if "data" in info:
            info["data"] = info["data"] | {"task": "classification"}
    return info


def run_info(
    settings: Mapping[str, Any],
    space: Mapping[str, Any],
    objective: Mapping[str, Any],
    start_with: Iterable[Individual],
    versions: Mapping[str, str],
    started: str,
) -> dict[str, Any]:
    """Return what `run.json` says of a run that begins.

    Args:
        settings: By name.
        space: As `SearchSpace.to_json` gives it.
        objective: `data` or `evaluate`: what it maximises.
        start_with: The genomes that the first generation is given.
        versions: Of what results depend on.
        started: When, in UTC.
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


def from_journal(line: Mapping[str, Any]) -> tuple[Individual, FitnessValues]:
    """Return the evaluation of a line of the journal."""
    return Individual.from_json(line["genome"]), FitnessValues(line["fitness"], line["record"])


def checkpoint(generation: Generation, pruner: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state after a generation, with that of the pruner."""

    def plain(individuals: Iterable[Individual]) -> list[dict[str, Any]]:
        return [{"genome": ind.to_json(), "fitness": list(ind.fitness.values)} for ind in individuals]

    return {
        "generation": generation.number,
        "population": plain(generation.population),
        "halloffame": plain(generation.halloffame or ()),
        "logbook": list(generation.logbook),
        "random_state": random.getstate(),
        **pruner,
    }


def best_untrained(best: Individual) -> dict[str, Any]:
    """Return the report on the best individual of a search whose function trains nothing."""
    return {"genome": best.to_json(), "fitness": best.fitness.values[0]}


def best_trained(
    best: Individual,
    measure: str,
    trained_on: str,
    test_evaluations: int,
    report: Mapping[str, Any],
    layers: Sequence[str],
) -> dict[str, Any]:
    """Return the report on a trained winner.

    Args:
        best: With its fitness from the search.
        measure: What it is a figure of.
        trained_on: Which splits.
        test_evaluations: How often the test split has been opened.
        report: As `Task.report` gives it.
        layers: One line per layer.
    """
    figures = dict(report)
    return {
        "genome": best.to_json(),
        f"search_validation_{measure}": best.fitness.values[0],
        f"test_{measure}": figures.pop(f"test_{measure}"),
        "trained_on": trained_on,
        "test_evaluations": test_evaluations,
        **figures,
        "layers": list(layers),
    }
