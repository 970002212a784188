"""What the race's rule would have saved and lost in searches that trained everything in full.

The rule is replayed on the recorded learning curves, generation by generation, with several choices of its two
constants: the share of a run's trainings that counts as the better ones (`BETTER`), and the share of those that gain no
more than is granted (`USUAL`). The newcomers remain those of the full search, so this shows what the rule does to a
generation, not where the search would have gone.

    python benchmarks/race_replay.py race-digits/full-*
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deap_nn import Run
from deap_nn.data import load
from deap_nn.evolution import survivor_count
from deap_nn.pruning import PACEMAKERS
from deap_nn.pruning.rule import BETTER, USUAL, Gains, first_thresholds, furthest
from deap_nn.search import Settings
from deap_nn.search.objective import Objective, data_spec, keras_objective
from deap_nn.space import SearchSpace

BETTERS = (1 / 3, 1 / 2, 1.0)
USUALS = (0.8, 0.9, 1.0)


class Search(NamedTuple):
    """A search in which every network was trained in full."""

    curves: dict[str, Sequence[float]]
    generations: list[list[str]]
    survivors: int
    chance: float


class Replay(NamedTuple):
    """The effect of the rule on a search."""

    saved: float
    """How many times fewer epochs."""
    survivors: int
    """The number of networks that survived at least one generation of the full search."""
    lost: int
    """The number of these that would have been pruned."""
    best: float
    """The best final accuracy of those not pruned, minus that of all."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+", help="run directories of searches with --pruner none")
    parser.add_argument("--dataset", help="where the data lies now (default: where it lay)")
    arguments = parser.parse_args()
    searches = [full_search(Run(path), arguments.dataset) for path in arguments.runs]
    for better, usual in itertools.product(BETTERS, USUALS):
        replays = [replay(search, better, usual) for search in searches]
        saved = [one.saved for one in replays]
        print(
            f"{usual:.0%} of the better {better:.0%}: "
            f"{np.mean(saved):.2f} times fewer epochs (sd {np.std(saved):.2f}), "
            f"{sum(one.lost for one in replays)} of {sum(one.survivors for one in replays)} survivors lost, "
            f"best {100 * np.mean([one.best for one in replays]):+.2f} points"
            f"{'   <- the rule' if (better, usual) == (BETTER, USUAL) else ''}"
        )


def full_search(run: Run, dataset: str | None = None) -> Search:
    """Read the search that a run recorded."""
    settings = run.info["settings"]
    chance = naive_score(run, dataset or run.info["data"]["source"])
    curves = {one.canonical(): values.record.curve("val_accuracy") for one, values in run.evaluations()}
    return Search(curves, split(run), survivor_count(settings["survivors"], settings["population"]), chance)


def replay(search: Search, better: float = BETTER, usual: float = USUAL) -> Replay:
    """Apply the rule to each generation, on the basis of the generations before it."""
    curves, pacemakers = search.curves, max(PACEMAKERS, search.survivors)
    best_of = partial(sorted, key=lambda key: curves[key][-1], reverse=True)
    limits = first_thresholds(search.chance)
    trained: list[str] = []
    survivors: set[str] = set()
    spent = 0
    for number, newcomers in enumerate(search.generations):
        stopped = {key: limits.pruned_after(curves[key]) for key in newcomers}
        spent += sum(last or len(curves[key]) for key, last in stopped.items())
        again: list[str] = []
        if number == 0:
            pruned = {key: curves[key][:last] for key, last in stopped.items() if last}
            again = furthest(pruned, pacemakers - len(stopped) + len(pruned))
        spent += sum(len(curves[key]) for key in again)
        trained += [key for key in newcomers if stopped[key] is None or key in again]
        goal = curves[best_of(trained)[:pacemakers][-1]][-1]
        gains = Gains()
        for key in trained:
            gains.note(key, curves[key], curves[key][-1])
        limits = gains.thresholds(goal, better, usual)
        survivors |= set(best_of(itertools.chain(*search.generations[: number + 1]))[: search.survivors])
    everyone = list(itertools.chain(*search.generations))  # without a generation that the search did not finish
    best = max(curves[key][-1] for key in trained) - max(curves[key][-1] for key in everyone)
    everything = sum(len(curves[key]) for key in everyone)
    return Replay(everything / spent, len(survivors), len(survivors - set(trained)), best)


def naive_score(run: Run, dataset: str) -> float:
    """Return the score that takes no learning on a run's validation split."""
    settings = Settings(**run.info["settings"])
    splits = load(data_spec(dataset, run.path, settings))
    return splits.task.naive_score(splits.y_validation)


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
