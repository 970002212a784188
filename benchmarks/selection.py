"""What is gained when copies do not survive: searches on a surrogate of real trainings.

A Gaussian process is fitted to the accuracies in the journals of finished runs. Searches then use its prediction in
place of a training, plus the noise of an accuracy measured on a validation split, drawn once per genome. Each seed is
searched twice: with `selTruncation`, which keeps one of several copies, and with DEAP's `selBest`, which keeps all.
What counts is the noise-free accuracy of the network that looked best.

    python benchmarks/selection.py --runs benchmarks/results/selection --preset conv2d --seeds 100
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from deap import tools
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.model_selection import cross_val_predict

from deap_nn import PRESETS, Individual, make_toolbox
from deap_nn.evolution import eaTruncation
from deap_nn.evolution.operators import selTruncation
from deap_nn.plots import half_width
from deap_nn.runs.json_lines import read_lines
from deap_nn.space import Choice, SearchSpace

WAYS: dict[str, Callable[..., Any]] = {"selBest": tools.selBest, "selTruncation": selTruncation}
GENERATIONS = (5, 10, 20, 30)
EVALUATIONS = (60, 120, 180, 240)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=Path, required=True, help="folder whose journals, at any depth, are learnt from")
    parser.add_argument("--preset", default="full", choices=list(PRESETS), help="of fixed depth, the runs' own")
    parser.add_argument("--noise", type=float, default=0.011, help="standard deviation; 0.011 is 0.5 on 2,000 samples")
    parser.add_argument("--population", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=100)
    arguments = parser.parse_args()
    space = PRESETS[arguments.preset]
    surrogate = Surrogate(space, arguments.runs)
    searches = {
        way: [search(space, surrogate, way, arguments, seed) for seed in range(arguments.seeds)] for way in WAYS
    }
    for generation in GENERATIONS:
        compare(
            f"generation {generation}", [[found[ends[generation] - 1] for found, ends in searches[w]] for w in WAYS]
        )
    for count in EVALUATIONS:
        compare(f"{count} networks", [[found[count - 1] for found, _ in searches[way]] for way in WAYS])


class Surrogate:
    """The accuracy as a function of the genome, learnt from journals."""

    def __init__(self, space: SearchSpace, runs: Path) -> None:
        self._space, self._known = space, dict[str, float]()
        pairs = [(self._features(genome), accuracy) for genome, accuracy in journals(runs)]
        x, y = (np.array(part) for part in zip(*pairs, strict=True))
        kernel = ConstantKernel() * RBF(np.ones(x.shape[1]), (0.1, 100)) + WhiteKernel(0.1)
        self._process = GaussianProcessRegressor(kernel, normalize_y=True, random_state=0).fit(x, y)
        again = GaussianProcessRegressor(self._process.kernel_, optimizer=None, normalize_y=True)
        left = np.var(y - cross_val_predict(again, x, y, cv=5)) / np.var(y)
        print(f"learnt from {len(y)} trainings; explains {1 - left:.2f} of the variance of those left out")

    def accuracy(self, individual: Individual) -> float:
        """Return the accuracy that an individual's network is predicted to reach."""
        key = individual.canonical()
        if key not in self._known:
            self._known[key] = float(self._process.predict(np.array([self._features(individual)]))[0])
        return self._known[key]

    def _features(self, individual: Individual) -> list[float]:
        features: list[float] = []
        for chromosome in individual:
            for name, gene in self._space.kind(chromosome.kind).genes.items():
                value = chromosome.genes[name]
                if isinstance(gene, Choice):
                    features += [float(value == option) for option in gene.options]
                else:
                    features.append(gene.to_unit(value))
        return features


def journals(runs: Path) -> Iterator[tuple[Individual, float]]:
    """Yield the genome and the best validation accuracy of each recorded training."""
    for path in sorted(runs.rglob("evaluations.jsonl")):
        for _, _, entry in read_lines(path):
            if curve := entry["record"].get("history", {}).get("val_accuracy"):
                yield Individual.from_json(entry["genome"]), max(curve)


def search(
    space: SearchSpace, surrogate: Surrogate, way: str, arguments: argparse.Namespace, seed: int
) -> tuple[list[float], list[int]]:
    """Return the best network's noise-free accuracy after each new one, and the network count after each generation."""
    random.seed(seed)
    noise = np.random.default_rng(seed)
    measured: dict[str, float] = {}
    best, found, ends = (-1.0, 0.0), list[float](), list[int]()

    def evaluate(individual: Individual) -> tuple[float]:
        nonlocal best
        key = individual.canonical()
        if key not in measured:
            accuracy = surrogate.accuracy(individual)
            measured[key] = accuracy + noise.normal(0, arguments.noise)
            best = max(best, (measured[key], accuracy))
            found.append(best[1])
        return (measured[key],)

    toolbox = make_toolbox(space, evaluate=evaluate)
    toolbox.register("select", WAYS[way])
    population = toolbox.population(n=arguments.population)
    eaTruncation(population, toolbox, 1.0, 1.0, max(GENERATIONS), on_generation=[lambda _: ends.append(len(found))])
    return found, ends


def compare(when: str, accuracies: list[list[float]]) -> None:
    """Print the means of both ways and the paired difference with its 95 % interval, in points."""
    before, after = (100 * np.array(values) for values in accuracies)
    difference = after - before
    half = half_width(difference.std(ddof=1), np.array(len(difference)))
    print(
        f"{when:>13}: {before.mean():.2f} with copies, {after.mean():.2f} without; "
        f"difference {difference.mean():+.2f} ± {half:.2f}"
    )


if __name__ == "__main__":
    main()
