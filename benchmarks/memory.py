"""The memory of a child over many consecutive trainings: its size, when it is replaced, pages made by the kernel.

python benchmarks/memory.py --trainings 200 --preset full --dataset digits
"""

from __future__ import annotations

import argparse
import random
import resource
from functools import partial

from deap_nn import PRESETS, Individual
from deap_nn.data import DataSpec
from deap_nn.engines import make_engine
from deap_nn.evaluation import Problem, evaluate


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--trainings", type=int, default=200)
    parser.add_argument("--preset", default="full", choices=list(PRESETS))
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--train-samples", type=int, default=10_000)
    arguments = parser.parse_args()
    random.seed(0)
    space = PRESETS[arguments.preset]
    problem = Problem(space, DataSpec(arguments.dataset, arguments.train_samples))
    children: list[str] = []
    seconds, pages = 0.0, 0
    with make_engine("processes", workers=1) as engine:
        for _ in range(arguments.trainings):
            engine.submit(partial(measured, problem=problem), Individual(space.sample()))
        for number, (_, outcome) in enumerate(engine.as_completed(), start=1):
            if outcome.worker not in children:
                children.append(outcome.worker)
            size, made = outcome.value
            seconds, pages = seconds + outcome.seconds, pages + made
            if number % 20 == 0 or number == 1:
                print(f"training {number:>4}: child {len(children)}, highest resident size {size:.0f} MB")
    print(
        f"{arguments.trainings} trainings, {len(children)} children, {seconds:.1f} s, {pages / 1e6:.2f} million pages"
    )


def measured(individual: Individual, problem: Problem) -> tuple[float, int]:
    """Train; return the child's highest resident size so far in MB, and the pages that the kernel made meanwhile."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    evaluate(individual, problem)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_maxrss / 1024, after.ru_minflt - before


if __name__ == "__main__":
    main()
