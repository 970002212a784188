"""Networks per minute: this package's training on two workers against plain `model.fit`, one after the other.

The same seeded genomes are trained both ways, in alternating turns of a few networks so that other load on the machine
affects both: by `model.fit` in one fresh process with TensorFlow's default threads, and by `evaluate` on the local
engine. Starting the processes is counted separately. The last line is the ratio.

    python benchmarks/training_speed.py --dataset cifar10 --train-samples 10000 --networks 20
"""

from __future__ import annotations

import argparse
import math
import os
import random
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import stats
from sequential import one_after_the_other

from deap_nn.data import DataSpec, load
from deap_nn.engines import Engine, Outcome, make_engine
from deap_nn.evaluation import Problem, evaluate, genome_seed
from deap_nn.evaluation.problem import samples_of
from deap_nn.evolution import Individual
from deap_nn.networks import blueprint, multiply_adds
from deap_nn.plots import half_width
from deap_nn.space import PRESETS

WORKERS = 2
TURN = 10
"""The number of networks that one way trains before it is the other's turn."""


class Way(NamedTuple):
    """One way of training: its name, `individuals -> validation accuracies`, and seconds of start-up."""

    name: str
    train: Callable[[Sequence[Individual]], list[float]]
    start_up: float


def main() -> None:
    options = _options()
    random.seed(options.seed)
    space = PRESETS[options.preset]
    genomes = [Individual(space.sample()) for _ in range(options.networks)]
    data = DataSpec(options.dataset, options.train_samples, options.seed)
    problem = Problem(space, data, options.seed, options.precision)
    work = [_operations(genome, problem) for genome in genomes]
    with make_engine("processes", workers=WORKERS) as engine:
        rates = _start(engine, problem)
        ours = Way(f"deap_nn, {WORKERS} workers", lambda some: _on_engine(engine, some, problem), rates.pop())
        began = time.monotonic()
        plain = Way("model.fit, sequential", one_after_the_other(problem), time.monotonic() - began)
        ways = [plain, ours]
        seconds, accuracies = _race(ways, genomes)
    for way in ways:
        _report(way, seconds[way.name], accuracies[way.name], sum(work), sum(rates))
    _compare(accuracies[ours.name], accuracies[plain.name])
    for backend in options.backend_check:
        _check_backend(backend, genomes, problem, accuracies[ours.name])
    print(f"ratio {seconds[plain.name] / seconds[ours.name]:.2f}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="digits", metavar="NAME|FILE.npz", help="data set (default: digits)")
    parser.add_argument("--train-samples", type=int, help="how many of its training samples (default: all)")
    parser.add_argument("--networks", type=int, default=20, help="how many networks (default: 20)")
    parser.add_argument("--preset", default="full", choices=PRESETS, help="search space (default: full)")
    parser.add_argument("--seed", type=int, default=0, help="seed of genomes and trainings (default: 0)")
    parser.add_argument("--precision", default="float32", choices=["float32", "bfloat16"], help="of deap_nn's way")
    parser.add_argument(
        "--backend-check",
        nargs="*",
        default=[],
        metavar="BACKEND",
        help="train with plain Keras on these Keras backends too, and compare the accuracies",
    )
    return parser.parse_args()


def _operations(individual: Individual, problem: Problem) -> float:
    """Return the floating-point operations of a training: two per multiply-add, backward twice the forward pass."""
    splits = load(problem.data)
    specs = blueprint(problem.space, individual, splits.input_shape, splits.task)
    samples = individual[-1].genes["epochs"] * (3 * len(splits.y_train) + len(splits.y_validation))
    return 2.0 * multiply_adds(specs) * samples


def _race(ways: list[Way], genomes: list[Individual]) -> tuple[dict[str, float], dict[str, list[float]]]:
    seconds = dict.fromkeys((way.name for way in ways), 0.0)
    accuracies: dict[str, list[float]] = {way.name: [] for way in ways}
    for start in range(0, len(genomes), TURN):
        some = genomes[start : start + TURN]
        for way in ways:
            began = time.monotonic()
            accuracies[way.name] += way.train(some)
            seconds[way.name] += time.monotonic() - began
            print(f"  {way.name}: networks {start + 1}-{start + len(some)}: {time.monotonic() - began:.1f} s")
        ways = ways[::-1]
    return seconds, accuracies


# --- our way ---


def _start(engine: Engine, problem: Problem) -> list[float]:
    """Start the workers; return the matrix-product rate of each, then the seconds that starting took."""
    began = time.monotonic()
    tickets = [engine.submit(_ready, problem) for _ in range(WORKERS)]
    outcomes = dict(engine.as_completed())
    rates = [outcomes[ticket].value for ticket in tickets]
    return [*rates, time.monotonic() - began]


def _ready(problem: Problem) -> float:
    """Import what a training needs, load the data, and return the measured floating-point operations per second."""
    import tensorflow as tf

    import deap_nn.training.compiled_tf.trainer  # noqa: F401

    load(problem.data)
    matrix = tf.random.stateless_normal([1024, 1024], [0, 0])
    best = math.inf
    for _ in range(40):
        began = time.perf_counter()
        tf.linalg.matmul(matrix, matrix).numpy()
        best = min(best, time.perf_counter() - began)
    return 2 * 1024**3 / best


def _on_engine(engine: Engine, individuals: Sequence[Individual], problem: Problem) -> list[float]:
    # longest first, so that no worker is left alone with the longest one at the end
    order = sorted(range(len(individuals)), key=lambda i: -_operations(individuals[i], problem))
    tickets = {engine.submit(evaluate, individuals[i], problem): i for i in order}
    accuracies = [math.nan] * len(individuals)
    for ticket, outcome in engine.as_completed():
        accuracies[tickets[ticket]] = _value(outcome)[0]
    return accuracies


def _value(outcome: Outcome) -> Any:
    if outcome.status != "ok":
        raise RuntimeError(f"{outcome.status}: {outcome.reason}\n{outcome.traceback}")
    return outcome.value


# --- results ---


def _report(way: Way, seconds: float, accuracies: Sequence[float], work: float, rate: float) -> None:
    print(
        f"{way.name}: {60 * len(accuracies) / seconds:.1f} networks per minute ({seconds:.1f} s, and "
        f"{way.start_up:.1f} s of start-up), {100 * work / rate / seconds:.0f} % of the arithmetic limit of "
        f"{rate / 1e9:.0f} GFLOP/s; {_spread(accuracies)}"
    )


def _spread(accuracies: Sequence[float]) -> str:
    quartiles = " ".join(f"{q:.3f}" for q in np.quantile(accuracies, [0, 0.25, 0.5, 0.75, 1]))
    deviation = np.std(accuracies, ddof=1)
    return f"validation accuracy {np.mean(accuracies):.4f}, sd {deviation:.4f}, quartiles {quartiles}"


def _compare(one: Sequence[float], other: Sequence[float]) -> None:
    """Print the mean difference with its 95 % interval and two paired tests."""
    difference = np.subtract(one, other)
    half = half_width(difference.std(ddof=1), np.array(len(difference)))
    print(
        f"accuracy, pair by pair: difference {difference.mean():+.4f} +- {half:.4f} (95 %), "
        f"paired t-test p = {stats.ttest_rel(one, other).pvalue:.2f}, "
        f"Wilcoxon p = {stats.wilcoxon(one, other, zero_method='zsplit').pvalue:.2f}"
    )


def _check_backend(backend: str, genomes: list[Individual], problem: Problem, expected: Sequence[float]) -> None:
    os.environ["KERAS_BACKEND"] = backend
    with make_engine("processes", workers=WORKERS) as engine:
        began = time.monotonic()
        outcomes = engine.map(_evaluate_portable, genomes, [problem] * len(genomes))
        seconds = time.monotonic() - began
    accuracies = [_value(outcome) for outcome in outcomes]
    print(f"portable on {backend}: {60 * len(genomes) / seconds:.1f} networks per minute; {_spread(accuracies)}")
    _compare(accuracies, expected)


def _evaluate_portable(individual: Individual, problem: Problem) -> float:
    from deap_nn.training import Schedule
    from deap_nn.training.portable import trainer
    from deap_nn.training.trainer import run

    splits = load(problem.data)
    specs = blueprint(problem.space, individual, splits.input_shape, splits.task)
    schedule = Schedule.from_genes(individual[-1].genes, problem.precision)
    seed = genome_seed(problem.training_seed, individual)
    started = trainer.start(specs, splits.task, schedule, *samples_of(problem.data), seed)
    return run(started, splits.task, schedule.epochs).history["val_accuracy"][-1]


if __name__ == "__main__":
    main()
