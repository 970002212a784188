"""What finalists are worth: which measure of the best networks of a search tells the best after a long training.

The best of a finished run are trained again: with another seed and validation split, as finalists are, and the same for
three times their epochs; then for as many epochs as the winner's final training had, with a third seed and split, by
which nothing was chosen. Printed is how well each measure ranks the long trainings, and what its choice is worth.
Trainings are kept in `--results` and not repeated.

    python benchmarks/finalists.py --run runs/cifar10 --best 8
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import rows
from pruned import objective_of
from scipy.stats import rankdata, spearmanr

from deap_nn import Individual, Run
from deap_nn.engines import make_engine
from deap_nn.evolution import FitnessValues
from deap_nn.search import fitness_of
from deap_nn.status import Status

RESULTS = Path(__file__).parent / "results" / "finalists.jsonl"
TRUTH = "long"
LONGER = 3.0
"""How many times its epochs a network gets where it is measured after more."""
WORKERS = 2
TIME_LIMIT = 36_000.0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--run", type=Path, required=True, help="the directory of a finished run")
    parser.add_argument("--best", type=int, default=8, help="how many of its networks")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    run = Run(options.run)
    what = {"run": options.run.name, "data": run.info["data"]["fingerprint"], "seed": run.info["settings"]["seed"]}
    known = _by_genome(row for row in rows.read(options.results) if what.items() <= row.items())
    best = best_of_search(run, options.best)
    if missing := [pair for pair in best if pair[0].canonical() not in known]:
        new = trained(run, missing)
        for row in new:
            rows.append(options.results, what | row)
        known |= _by_genome(new)
    print("\n".join(shown([known[individual.canonical()] for individual, _ in best])))


def _by_genome(found: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {Individual.from_json(row["genome"]).canonical(): row for row in found}


def trained(run: Run, networks: Sequence[tuple[Individual, FitnessValues]]) -> list[dict[str, Any]]:
    """Train networks of a run again; return what each measure says of each, in their order."""
    objective = objective_of(run, run.info["data"]["source"])
    long = int(run.best["epochs"])
    with make_engine("processes", workers=WORKERS, time_limit=TIME_LIMIT) as engine:

        def measured(repetition: int, epochs: Callable[[int], int], budget: float = 1.0) -> list[float]:
            individuals = [with_epochs(individual, epochs) for individual, _ in networks]
            outcomes = engine.map(partial(objective.evaluate, repetition=repetition, budget=budget), individuals)
            return [fitness_of(outcome)[0] for outcome in outcomes]

        measures = {
            "again": measured(1, lambda own: own),
            "longer": measured(1, lambda own: own, LONGER),
            TRUTH: measured(2, lambda _: long),
        }
    return [
        {"genome": individual.to_json(), "epochs": long, "search": values[0]}
        | {name: found[place] for name, found in measures.items()}
        for place, (individual, values) in enumerate(networks)
    ]


def best_of_search(run: Run, count: int) -> list[tuple[Individual, FitnessValues]]:
    """Return the best networks of a search, each with what it was worth there, the best first."""
    first: dict[str, tuple[Individual, FitnessValues]] = {}
    for individual, values in run.evaluations():
        if values.status is Status.OK and not values.record.repetition:  # else of a finalist
            first.setdefault(individual.canonical(), (individual, values))
    return sorted(first.values(), key=lambda pair: -pair[1][0])[:count]


def with_epochs(individual: Individual, epochs: Callable[[int], int]) -> Individual:
    """Return an individual for another number of epochs, which its own determines."""
    *layers, training = individual
    genes = training.genes | {"epochs": epochs(training.genes["epochs"])}
    return Individual([*layers, replace(training, genes=genes)])


def shown(found: Sequence[dict[str, Any]]) -> list[str]:
    """Return what each measure says of the long trainings, as lines of a table."""
    truth = np.array([row[TRUTH] for row in found])
    measures = {name: np.array([row[name] for row in found]) for name in ("search", "again", "longer")}
    measures["search + again"] = (measures["search"] + measures["again"]) / 2
    measures["search + longer"] = (rankdata(measures["search"]) + rankdata(measures["longer"])) / 2
    lines = [
        f"the best {len(found)} of a search after {found[0]['epochs']} epochs: best {truth.max():.4f}, mean "
        f"{truth.mean():.4f}",
        "| chosen by | rank correlation | its choice | less than the best |",
        "|---|---:|---:|---:|",
    ]
    for name, values in measures.items():
        choice = truth[values.argmax()]
        correlation = spearmanr(values, truth).statistic
        lines.append(f"| {name} | {correlation:.2f} | {choice:.4f} | {truth.max() - choice:.4f} |")
    return lines


if __name__ == "__main__":
    main()
