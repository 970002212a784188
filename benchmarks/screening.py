"""What a screened child costs: milliseconds of CPU for a choice among 30 candidates and for telling its result.

A search tells a result and makes a choice for each evaluation; now and then a choice fits the hyperparameters anew, and
its cost is spread over the evaluations up to the next fit. Fitness is a number of layers plus noise.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/screening.py --presets modern vision
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable

from deap_nn import PRESETS, Individual
from deap_nn.screening import Screen
from deap_nn.screening.screen import GROWTH

CANDIDATES = 30
UNDER_WAY = 3
REPEATS = 5


def milliseconds(work: Callable[[], object], repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - start) * 1000 / repeats


def per_evaluation(preset: str, results: int) -> tuple[float, float, float]:
    """Return what telling and choosing cost on average, what they cost without a fit, and what a fit adds."""
    space = PRESETS[preset]
    random.seed(results)

    def drawn() -> Individual:
        return Individual(space.sample())

    screen = Screen(space, seed=1)
    for _ in range(results):
        individual = drawn()
        screen.tell(individual, (len(individual) + random.random(),))
    candidates, under_way = [drawn() for _ in range(CANDIDATES)], [drawn() for _ in range(UNDER_WAY)]
    first = milliseconds(lambda: screen.choose(candidates, under_way, 0), 1)
    usual = milliseconds(lambda: screen.choose(candidates, under_way, 1), REPEATS)
    telling = milliseconds(lambda: screen.tell(candidates[0], (0.5,)), 1)
    fit = first - usual
    return usual + telling + fit / max(1.0, (GROWTH - 1.0) * results), usual + telling, fit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", nargs="+", default=["modern", "vision"], choices=sorted(PRESETS))
    parser.add_argument("--results", nargs="+", type=int, default=[50, 100, 200, 500, 1000, 5000])
    options = parser.parse_args()
    per_evaluation("dense", 10)  # imports
    for preset in options.presets:
        for results in options.results:
            mean, usual, fit = per_evaluation(preset, results)
            print(f"{preset:8} {results:5} results: {mean:6.1f} ms per evaluation ({usual:.1f}; a fit {fit:.0f})")


if __name__ == "__main__":
    main()
