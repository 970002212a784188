"""A script without `if __name__ == "__main__"`, as people write them; `sys.argv[1]` is where the run goes."""

import sys

from deap_nn import PRESETS, evolve


def few_units(individual):
    return (1000.0 - sum(layer.genes.get("units", 0) for layer in individual),)


place = sys.argv[1] if len(sys.argv) > 1 else None  # a worker has no arguments
run = evolve(PRESETS["dense"], evaluate=few_units, population=4, generations=1, seed=1, workers=1, run_dir=place)
print("best", run.best["fitness"])
