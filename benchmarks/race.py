"""What a pruner saves and costs: the same searches with and without it, compared epoch by epoch.

Each seed is searched twice, once with every training in full and once with the race, or with halving. Compared are
epochs trained, best validation accuracy and test accuracy of the winner, paired by seed with 95 % intervals, the best
of both at an equal number of epochs, and the epochs after which the best of the full search was reached.
`race_replay.py` shows what other constants of the race's rule would have done to the full searches.

    python benchmarks/race.py --dataset digits --seeds 5 --out race-digits
    python benchmarks/race.py --pruner halving --dataset cifar10 --train-samples 2500 --preset vision --population 10
        --generations 9 --seeds 5 --out halving-cifar10

With halving, an evaluation is a part of a training: the search has as many as take the epochs of the full one.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from deap_nn import PRESETS, Run, evolve, resume
from deap_nn.plots import half_width
from deap_nn.pruning import OF_A_TRAINING, NoPruning, Thresholds
from deap_nn.search import Settings
from deap_nn.status import Status


def main() -> None:
    arguments = parse()
    NoPruning.rule = Thresholds()  # full searches note what the race would have gone by, for `race_replay.py`
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    runs = {seed: [search(arguments, seed, pruner) for pruner in ("none", arguments.pruner)] for seed in seeds}
    print_live(runs)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--train-samples", type=int, default=10_000)
    parser.add_argument("--preset", default="full", choices=list(PRESETS))
    parser.add_argument("--algorithm", default=Settings.algorithm, choices=("truncation", "steady-state"))
    parser.add_argument("--pruner", default="race", choices=("race", "halving"))
    parser.add_argument("--population", type=int, help="by itself, what a search has by itself")
    parser.add_argument("--generations", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--workers-per-gpu", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("race"))
    return parser.parse_args()


def search(arguments: argparse.Namespace, seed: int, pruner: str) -> Run:
    """Run a search, or continue it where an earlier call of this script left off."""
    path = arguments.out / f"{'full' if pruner == 'none' else pruner}-{seed}"
    if (path / "run.json").exists():
        run = Run(path)
        return run if run.status == "finished" else resume(path)
    return evolve(
        PRESETS[arguments.preset],
        arguments.dataset,
        run_dir=path,
        seed=seed,
        pruner=pruner,
        algorithm=arguments.algorithm,
        train_samples=arguments.train_samples,
        population=arguments.population,
        generations=generations(arguments, pruner),
        workers=arguments.workers,
        workers_per_gpu=arguments.workers_per_gpu,
    )


def generations(arguments: argparse.Namespace, pruner: str) -> int:
    """Return the generations after the first in which a search has the epochs of the full one, if nothing is pruned."""
    parts = OF_A_TRAINING if pruner == "halving" else 1
    return round((arguments.generations + 1) / parts) - 1


def curve(run: Run) -> Iterator[tuple[int, float]]:
    """Yield the epochs trained and the best validation accuracy so far, after each evaluation."""
    epochs, best = 0, 0.0
    before: dict[str, int] = {}  # of a training in parts: each has the history of those before it
    for individual, values in run.evaluations():
        genome, done = individual.canonical(), len(values.record.curve("loss"))
        epochs += done - before.pop(genome, 0)
        if values.status is Status.PAUSED:
            before[genome] = done
        best = max(best, values[0])
        yield epochs, best


def epochs_to(goal: float, points: list[tuple[int, float]]) -> float:
    """Return the epochs after which the best validation accuracy so far is as good as a goal; infinite if never."""
    return next((epochs for epochs, best in points if best >= goal), math.inf)


def print_live(runs: dict[int, list[Run]]) -> None:
    """Print epochs, best accuracy and final test accuracy of both kinds of search, paired by seed."""
    ratios, differences, equal, tests, sooner = [], [], [], [], []
    print(f"{'seed':>4} {'epochs':>7} {'pruned':>7} {'best':>7} {'pruned':>7} {'equal epochs':>13} {'pruned':>7}")
    for seed, (full, pruned) in runs.items():
        full_curve, pruned_curve = list(curve(full)), list(curve(pruned))
        budget = min(full_curve[-1][0], pruned_curve[-1][0])
        at_budget = [
            max((best for epochs, best in points if epochs <= budget), default=0.0)
            for points in (full_curve, pruned_curve)
        ]
        ratios.append(full_curve[-1][0] / pruned_curve[-1][0])
        differences.append(pruned_curve[-1][1] - full_curve[-1][1])
        equal.append(at_budget[1] - at_budget[0])
        goal = full_curve[-1][1]
        sooner.append(epochs_to(goal, full_curve) / epochs_to(goal, pruned_curve))
        tests.append((pruned.best or {})["test_accuracy"] - (full.best or {})["test_accuracy"])
        print(
            f"{seed:>4} {full_curve[-1][0]:>7} {pruned_curve[-1][0]:>7} {full_curve[-1][1]:>7.4f} "
            f"{pruned_curve[-1][1]:>7.4f} {at_budget[0]:>13.4f} {at_budget[1]:>7.4f}"
        )
    print(f"epochs saved: {np.mean(ratios):.2f} times fewer (sd {np.std(ratios, ddof=1):.2f})")
    sooner.sort()
    print(
        "as good as the full search's best after so many times fewer epochs (0: never): "
        + ", ".join(f"{times:.2f}" for times in sooner)
    )
    for name, values in (("best", differences), ("best at equal epochs", equal), ("test accuracy", tests)):
        print(f"{name}, pruned minus full, in points: {interval(np.array(values) * 100)}")


def interval(differences: np.ndarray) -> str:
    """Return the mean and the 95 % interval of paired differences, as text."""
    half = half_width(differences.std(ddof=1), np.array(len(differences)))
    return f"{differences.mean():+.2f} [{differences.mean() - half:+.2f}, {differences.mean() + half:+.2f}]"


if __name__ == "__main__":
    main()
