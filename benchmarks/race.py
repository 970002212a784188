"""What the race saves and costs: the same searches with and without it, compared epoch by epoch.

Each seed is searched twice, once with every training in full and once with the race. Compared are epochs trained, best
validation accuracy and test accuracy of the winner, paired by seed with 95 % intervals, and the best of both at an
equal number of epochs. `race_replay.py` shows what other constants of the rule would have done to the full searches.

    python benchmarks/race.py --dataset digits --seeds 5 --out race-digits
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from deap_nn import PRESETS, Run, evolve, resume
from deap_nn.plots import half_width
from deap_nn.search import Settings


def main() -> None:
    arguments = parse()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    runs = {seed: [search(arguments, seed, race) for race in (False, True)] for seed in seeds}
    print_live(runs)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--train-samples", type=int, default=10_000)
    parser.add_argument("--preset", default="full", choices=list(PRESETS))
    parser.add_argument("--algorithm", default=Settings.algorithm, choices=("truncation", "steady-state"))
    parser.add_argument("--population", type=int, default=20)
    parser.add_argument("--generations", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--workers-per-gpu", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("race"))
    return parser.parse_args()


def search(arguments: argparse.Namespace, seed: int, race: bool) -> Run:
    """Run a search, or continue it where an earlier call of this script left off."""
    path = arguments.out / f"{'race' if race else 'full'}-{seed}"
    if (path / "run.json").exists():
        run = Run(path)
        return run if run.status == "finished" else resume(path)
    return evolve(
        PRESETS[arguments.preset],
        arguments.dataset,
        run_dir=path,
        seed=seed,
        pruner="race" if race else "none",
        algorithm=arguments.algorithm,
        train_samples=arguments.train_samples,
        population=arguments.population,
        generations=arguments.generations,
        workers=arguments.workers,
        workers_per_gpu=arguments.workers_per_gpu,
    )


def curve(run: Run) -> Iterator[tuple[int, float]]:
    """Yield the epochs trained and the best validation accuracy so far, after each evaluation."""
    epochs, best = 0, 0.0
    for _, values in run.evaluations():
        epochs += len(values.record.curve("loss"))
        best = max(best, values[0])
        yield epochs, best


def print_live(runs: dict[int, list[Run]]) -> None:
    """Print epochs, best accuracy and final test accuracy of both kinds of search, paired by seed."""
    ratios, differences, equal, tests = [], [], [], []
    print(f"{'seed':>4} {'epochs':>7} {'raced':>7} {'best':>7} {'raced':>7} {'equal epochs':>13} {'raced':>7}")
    for seed, (full, race) in runs.items():
        full_curve, race_curve = list(curve(full)), list(curve(race))
        budget = min(full_curve[-1][0], race_curve[-1][0])
        at_budget = [
            max((best for epochs, best in points if epochs <= budget), default=0.0)
            for points in (full_curve, race_curve)
        ]
        ratios.append(full_curve[-1][0] / race_curve[-1][0])
        differences.append(race_curve[-1][1] - full_curve[-1][1])
        equal.append(at_budget[1] - at_budget[0])
        tests.append((race.best or {})["test_accuracy"] - (full.best or {})["test_accuracy"])
        print(
            f"{seed:>4} {full_curve[-1][0]:>7} {race_curve[-1][0]:>7} {full_curve[-1][1]:>7.4f} "
            f"{race_curve[-1][1]:>7.4f} {at_budget[0]:>13.4f} {at_budget[1]:>7.4f}"
        )
    print(f"epochs saved: {np.mean(ratios):.2f} times fewer (sd {np.std(ratios, ddof=1):.2f})")
    for name, values in (("best", differences), ("best at equal epochs", equal), ("test accuracy", tests)):
        print(f"{name}, race minus full, in points: {interval(np.array(values) * 100)}")


def interval(differences: np.ndarray) -> str:
    """Return the mean and the 95 % interval of paired differences, as text."""
    half = half_width(differences.std(ddof=1), np.array(len(differences)))
    return f"{differences.mean():+.2f} [{differences.mean() - half:+.2f}, {differences.mean() + half:+.2f}]"


if __name__ == "__main__":
    main()
