"""What the race saves and costs: the same searches with and without it, epoch by epoch.

For each seed two searches, one with every training in full and one with the race; then

- the rule replayed on the curves of the full search (which networks it would have given up, and when),
- the live comparison: epochs trained, best validation accuracy, paired by seed with a 95 % interval,
- the best of both at an equal number of epochs.

    python benchmarks/race.py --dataset digits --seeds 5 --out race-digits
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from deap_nn import PRESETS, Run, evolve, resume
from deap_nn.algorithms import survivor_count
from deap_nn.objective import Objective, data_spec, keras_objective
from deap_nn.race import PACEMAKERS, chance_thresholds, given_up, thresholds
from deap_nn.settings import Settings
from deap_nn.space import SearchSpace
from deap_nn.statistics import half_width


def main() -> None:
    arguments = parse()
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    runs = {seed: [search(arguments, seed, race) for race in (False, True)] for seed in seeds}
    print_replay([full for full, _ in runs.values()])
    print_live(runs)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--train-samples", type=int, default=10_000)
    parser.add_argument("--preset", default="full", choices=list(PRESETS))
    parser.add_argument("--population", type=int, default=20)
    parser.add_argument("--generations", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--workers-per-gpu", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("race"))
    return parser.parse_args()


def search(arguments: argparse.Namespace, seed: int, race: bool) -> Run:
    """Run a search, or take it up where an earlier call of this script left it."""
    path = arguments.out / f"{'race' if race else 'full'}-{seed}"
    if (path / "run.json").exists():
        run = Run(path)
        return run if run.status == "finished" else resume(path)
    return evolve(
        PRESETS[arguments.preset],
        arguments.dataset,
        run_dir=path,
        seed=seed,
        race=race,
        train_samples=arguments.train_samples,
        population=arguments.population,
        generations=arguments.generations,
        workers=arguments.workers,
        workers_per_gpu=arguments.workers_per_gpu,
    )


def curve(run: Run) -> Iterator[tuple[int, float]]:
    """Yield epochs trained so far and best validation accuracy so far, after each evaluation."""
    epochs, best = 0, 0.0
    for _, values in run.evaluations():
        epochs += len((values.record or {}).get("history", {}).get("loss", []))
        best = max(best, values[0])
        yield epochs, best


def print_replay(runs: list[Run]) -> None:
    """Tell what the rule would have saved on curves that were recorded in full, and whom it would have lost."""
    saved, lost = [], []
    for run in runs:
        full, pruned, survivors = replay(run)
        saved.append(full / pruned)
        lost.append(survivors)
    print(f"replayed on {len(runs)} full searches: {np.mean(saved):.2f} times fewer epochs (sd {np.std(saved):.2f}),")
    print(f"survivors that it would have given up, per search: {lost}")


def replay(run: Run) -> tuple[int, int, int]:
    """Return the epochs of a full search, those under the rule, and how many who survived would have been given up."""
    settings = run.info["settings"]
    keep = survivor_count(settings["survivors"], settings["population"])
    pacemakers = max(PACEMAKERS, keep)
    curves = {one.canonical(): values.record["history"]["val_accuracy"] for one, values in run.evaluations()}
    limits = chance_thresholds(chance(run))
    population: list[str] = []
    known: list[str] = []
    full = raced = lost = 0
    for newcomers in split(run):
        stopped = {key: given_up(curves[key], limits) for key in newcomers}
        if not known:
            again = trained_again(stopped, curves, pacemakers)
            raced += sum(stopped[key] or 0 for key in again)
            stopped |= dict.fromkeys(again)
        full += sum(len(curves[key]) for key in newcomers)
        raced += sum(stopped[key] or len(curves[key]) for key in newcomers)
        ranked = sorted([*population, *newcomers], key=lambda key: curves[key][-1], reverse=True)
        population = ranked[:keep]
        lost += sum(stopped.get(key) is not None for key in population)
        known += [key for key in newcomers if stopped[key] is None]
        limits = thresholds([curves[key] for key in known], curves[ranked[:pacemakers][-1]][-1])
    return full, raced, lost


def trained_again(stopped: dict[str, int | None], curves: dict[str, list[float]], pacemakers: int) -> list[str]:
    """Return those given up in the first generation that are trained in full after all: too few others were left."""
    given = sorted(
        (key for key, last in stopped.items() if last), key=lambda key: max(curves[key][: stopped[key]]), reverse=True
    )
    return given[: max(0, pacemakers - len(stopped) + len(given))]


def chance(run: Run) -> float:
    """Return the accuracy that takes no learning on a run's validation split."""
    objective = objective_of(run, run.info["data"]["source"])
    assert objective.chance is not None
    return objective.chance


def objective_of(run: Run, dataset: str) -> Objective:
    """Return what a run maximises, on its data, wherever that lies now."""
    settings = Settings(**run.info["settings"])
    return keras_objective(SearchSpace.from_json(run.info["space"]), data_spec(dataset, run.path, settings), settings)


def split(run: Run) -> list[list[str]]:
    """Return the genomes that were new in each generation; one that was trained twice belongs to the first time."""
    keys = list(dict.fromkeys(individual.canonical() for individual, _ in run.evaluations()))
    counts = [row["nevals"] - row["cached"] for row in run.logbook]
    ends = np.cumsum(counts)
    return [keys[end - count : end] for count, end in zip(counts, ends, strict=True)]


def print_live(runs: dict[int, list[Run]]) -> None:
    """Tell epochs, best and final test accuracy of both kinds of search, paired by seed."""
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
    """Return mean and 95 % interval of paired differences."""
    half = half_width(differences.std(ddof=1), np.array(len(differences)))
    return f"{differences.mean():+.2f} [{differences.mean() - half:+.2f}, {differences.mean() + half:+.2f}]"


if __name__ == "__main__":
    main()
