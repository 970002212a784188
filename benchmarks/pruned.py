"""Train in full what a run's race pruned, and count the networks that would have survived.

The networks are evenly spaced through the run's journal. One would have survived if, trained in full, it is better than
the worst of those that did survive its generation.

    python benchmarks/pruned.py benchmarks/results/race-modern --dataset cifar10-10k.npz --networks 20
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deap_nn.engines import make_engine
from deap_nn.evolution import Individual, survivor_count
from deap_nn.runs import Run
from deap_nn.search import Settings, fitness_of
from deap_nn.search.objective import Objective, data_spec, keras_objective
from deap_nn.space import SearchSpace
from deap_nn.status import Status


class Case(NamedTuple):
    """A pruned network: its generation, the epoch in which it was pruned, and the fitness of the survivors."""

    individual: Individual
    generation: int
    epoch: int
    survivors: list[float]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path, help="run directory")
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--networks", type=int, default=20, help="how many of those pruned (default: 20)")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    run = Run(arguments.run)
    settings = Settings(**run.info["settings"])
    objective = objective_of(run, arguments.dataset)
    everyone = list(cases(run, survivor_count(settings.survivors, settings.population)))
    some = [everyone[i] for i in np.linspace(0, len(everyone) - 1, arguments.networks).astype(int)]
    with make_engine("processes", workers=arguments.workers, time_limit=1800) as engine:
        outcomes = engine.map(objective.evaluate, [case.individual for case in some])
    finals = [fitness_of(outcome)[0] for outcome in outcomes]
    for case, final in zip(some, finals, strict=True):
        print(
            f"generation {case.generation}, pruned in epoch {case.epoch} of "
            f"{case.individual[-1].genes['epochs']}: {final:.4f} in full, survivors {min(case.survivors):.4f} to "
            f"{max(case.survivors):.4f}"
        )
    survive = sum(final > min(case.survivors) for case, final in zip(some, finals, strict=True))
    best = sum(final > max(case.survivors) for case, final in zip(some, finals, strict=True))
    print(f"{len(everyone)} pruned; {survive} of {len(some)} would have survived, {best} as the best so far")


def cases(run: Run, keep: int) -> Iterator[Case]:
    """Yield the pruned networks, generation by generation."""
    # A network of the first generation that was trained in full after all has two results; the second counts.
    latest = {individual.canonical(): (individual, values) for individual, values in run.evaluations()}
    survivors: list[float] = []
    for generation, keys in enumerate(split(run)):
        newcomers = [latest[key] for key in keys]
        survivors = sorted([*survivors, *(values[0] for _, values in newcomers)], reverse=True)[:keep]
        for individual, values in newcomers:
            if values.status is Status.PRUNED:
                yield Case(individual, generation, values.record.epochs or 0, survivors)


def objective_of(run: Run, dataset: str) -> Objective:
    """Return the objective of a run, on its data, wherever that is now."""
    settings = Settings(**run.info["settings"])
    return keras_objective(SearchSpace.from_json(run.info["space"]), data_spec(dataset, run.path, settings), settings)


def split(run: Run) -> list[list[str]]:
    """Return the genomes that were new in each generation; one that was trained twice belongs to the first."""
    keys = list(dict.fromkeys(individual.canonical() for individual, _ in run.evaluations()))
    counts = [row["nevals"] - row["cached"] for row in run.logbook]
    ends = np.cumsum(counts)
    return [keys[end - count : end] for count, end in zip(counts, ends, strict=True)]


if __name__ == "__main__":
    main()
