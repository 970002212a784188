"""How early one can tell a good training: by its weights, and by their running mean.

Networks drawn from a space are trained in full. After a share of their epochs, the best validation measure so far is
compared with the final one: rank correlation over all networks and over their better half, and the gain from there to
the end that nine in ten of the better half do not exceed. Then the race goes through the recorded curves, many times in
random order: how many times fewer epochs, and what the best network is worth less.

    python benchmarks/unfinished.py --preset modern --dataset cifar10-10k.npz --train-samples 2500 --out modern.jsonl
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from race_replay import FullSearch, OtherRace, replayed
from scipy.stats import spearmanr

from deap_nn import PRESETS, Individual
from deap_nn.engines import make_engine
from deap_nn.evolution import FitnessValues, Record
from deap_nn.pruning import Thresholds
from deap_nn.search import Settings, fitness_of
from deap_nn.search.objective import data_spec, keras_objective
from deap_nn.tasks import Classification, Task

SHARES = (0.2, 1 / 3, 0.5, 2 / 3, 0.8)
ORDERS = 30
FIRST = 10
"""The population: so many are judged by chance level."""
CHANCE = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--preset", default="vision", choices=list(PRESETS))
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--train-samples", type=int, default=10_000)
    parser.add_argument("--networks", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="the trainings, which are not repeated")
    options = parser.parse_args()
    if not options.out.exists():
        train(options)
    records = [Record.from_json(json.loads(line)) for line in options.out.read_text().splitlines()]
    trained = [one for one in records if one.status == "ok"]
    task = Classification(10)
    print(
        f"{len(trained)} of {len(records)} networks, {statistics.mean(one.epochs or 0 for one in trained):.1f} epochs"
    )
    for measure in (task.validation_measure, task.running_measure):
        show(
            measure,
            [one.curve(measure) for one in trained],
            [one.curve(task.validation_measure)[-1] for one in trained],
        )
        saved, lost = zip(*(raced(task, trained, measure, order) for order in range(ORDERS)), strict=True)
        print(f"  the race: {np.mean(saved):.2f} times fewer epochs, best {100 * np.mean(lost):+.2f} points")


def train(options: argparse.Namespace) -> None:
    """Train networks in full, with the running mean, and write their records down."""
    settings = Settings(train_samples=options.train_samples, seed=options.seed)
    space = PRESETS[options.preset]
    with tempfile.TemporaryDirectory() as folder:
        objective = keras_objective(space, data_spec(options.dataset, Path(folder), settings), settings)
    random.seed(options.seed)
    individuals = [Individual(space.sample()) for _ in range(options.networks)]
    with make_engine("processes", workers=2, time_limit=1800) as engine:
        outcomes = engine.map(partial(objective.evaluate, rule=Thresholds()), individuals)
    records = [fitness_of(outcome).record.to_json() for outcome in outcomes]
    options.out.write_text("".join(json.dumps(record) + "\n" for record in records))


def show(measure: str, curves: Sequence[Sequence[float]], ends: Sequence[float]) -> None:
    """Print what curves say about the ends."""
    print(measure)
    final = np.array(ends)
    better = final >= np.median(final)
    for share in SHARES:
        known = np.array([max(curve[: max(1, int(share * len(curve)))]) for curve in curves])
        correlations = [spearmanr(known[some], final[some]).statistic for some in (final > -1, better)]
        gain = np.quantile((final - known)[better], 0.9)
        print(f"  after {share:.0%}: {correlations[0]:.2f}, better half {correlations[1]:.2f}, usual gain {gain:.3f}")


def raced(task: Task, records: Sequence[Record], measure: str, order: int) -> tuple[float, float]:
    """Return how many times fewer epochs a race needs, and the best that it keeps less the best of all."""
    everyone = [_judged_by(task, record, measure) for record in records]
    random.Random(order).shuffle(everyone)
    search = FullSearch(everyone, Settings(population=FIRST, lag=1), task, CHANCE)
    replay = replayed(search, OtherRace(search))
    return replay.saved, replay.best


def _judged_by(task: Task, record: Record, measure: str) -> Individual:
    individual = Individual()
    history = {
        task.validation_measure: record.curve(task.validation_measure),
        task.running_measure: record.curve(measure),
    }
    individual.fitness.values = FitnessValues((record.curve(task.validation_measure)[-1],), Record(history=history))
    return individual


if __name__ == "__main__":
    main()
