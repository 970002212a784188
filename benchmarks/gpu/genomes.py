"""The genomes that are trained, and the data that they are trained on."""

from __future__ import annotations

import argparse
import random

from deap_nn.data import DataSpec
from deap_nn.evaluation import Problem, planned_work
from deap_nn.evolution import Individual
from deap_nn.space import PRESETS


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that `problem` and `typical` read."""
    parser.add_argument("--preset", default="modern", choices=PRESETS, help="search space (default: modern)")
    parser.add_argument("--dataset", default="cifar10", metavar="NAME|FILE.npz", help="data set (default: cifar10)")
    parser.add_argument("--samples", type=int, default=10_000, help="of its training split (default: 10000)")
    parser.add_argument("--seed", type=int, default=0, help="of genomes and trainings (default: 0)")
    parser.add_argument("--smoke", action="store_true", help="toy size, on digits, to be tried out without a GPU")


def problem(options: argparse.Namespace) -> Problem:
    """Return the problem that the options describe."""
    source, samples = ("digits", 200) if options.smoke else (options.dataset, options.samples)
    return Problem(PRESETS[options.preset], DataSpec(source, samples, options.seed), options.seed)


def typical(of: Problem, count: int, seed: int) -> list[Individual]:
    """Draw genomes and return those nearest the middle in planned work, the nearest first.

    Of a few networks drawn at random one may cost as much as all the others, and then is all that is measured.
    """
    random.seed(seed)
    drawn = [Individual(of.space.sample()) for _ in range(max(15, 2 * count))]
    drawn.sort(key=lambda one: planned_work(one, of))
    middle = len(drawn) // 2
    return [drawn[i] for i in sorted(range(len(drawn)), key=lambda i: abs(i - middle))][:count]
