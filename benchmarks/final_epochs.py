"""What more epochs are worth to the best networks of searches: the default of `--final-epochs`.

The best of each finished run are trained again for several times their epochs, each time with the same new seed and
validation split, by which nothing was chosen. Trainings are kept in `--results` and not repeated.

    python benchmarks/final_epochs.py --runs runs/digits runs/cifar10 --best 3
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import rows
from finalists import TIME_LIMIT, WORKERS, best_of_search
from pruned import objective_of

from deap_nn import Individual, Run
from deap_nn.engines import make_engine
from deap_nn.search import fitness_of

RESULTS = Path(__file__).parent / "results" / "final_epochs.jsonl"
REPETITION = 2
"""The seed and the split are not those of the search (0), nor those of finalists (1)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=Path, nargs="+", required=True, help="directories of finished runs")
    parser.add_argument("--best", type=int, default=3, help="how many networks of each")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 2, 4, 8], help="the multiples of their epochs")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    print(heading(options.times))
    for path in options.runs:
        run = Run(path)
        networks = [individual for individual, _ in best_of_search(run, options.best)]
        found = [measured(run, networks, times, options.results) for times in options.times]
        print(line(path.name, found), flush=True)


def measured(run: Run, networks: Sequence[Individual], times: int, results: Path) -> list[float]:
    """Return the validation accuracies of networks after that many times their epochs."""
    what = {"data": run.info["data"]["fingerprint"], "seed": run.info["settings"]["seed"], "times": times}
    known = {row["genome"]: row["accuracy"] for row in rows.read(results) if what.items() <= row.items()}
    missing = [one for one in networks if one.canonical() not in known]
    if missing:
        evaluate = objective_of(run, run.info["data"]["source"]).evaluate
        with make_engine("processes", workers=WORKERS, time_limit=TIME_LIMIT) as engine:
            outcomes = engine.map(partial(evaluate, repetition=REPETITION, budget=float(times)), missing)
        for one, outcome in zip(missing, outcomes, strict=True):
            row: dict[str, Any] = {"genome": one.canonical(), "accuracy": fitness_of(outcome)[0]}
            rows.append(results, what | row)
            known[one.canonical()] = row["accuracy"]
    return [known[one.canonical()] for one in networks]


def heading(times: Sequence[int]) -> str:
    """Return the first two lines of the table."""
    names = [f"{count} x" for count in times]
    return f"| run | {' | '.join(names)} |\n|---|{'---:|' * len(times)}"


def line(name: str, found: Sequence[Sequence[float]]) -> str:
    """Return a run's line: the mean accuracy for each multiple and, in points, what it is above that for the first."""
    means = [statistics.mean(accuracies) for accuracies in found]
    cells = [f"{mean:.4f} ({100 * (mean - means[0]):+.2f})" for mean in means[1:]]
    return f"| {name} | {' | '.join([f'{means[0]:.4f}', *cells])} |"


if __name__ == "__main__":
    main()
