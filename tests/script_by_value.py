"""A function and a layer kind, to be run in every way that there is: by its text, too, as a notebook does."""

import sys

from deap_nn import PRESETS, Block, Integer, LayerKind, SearchSpace, evolve

THOUSANDS = 3


def few_units(individual):
    return (THOUSANDS * 1000.0 - sum(layer.genes.get("units", 0) for layer in individual),)


def dense(genes, shape):
    import keras

    return keras.layers.Dense(genes["units"], activation="relu")


KIND = LayerKind("own", {"units": Integer(8, 32)}, takes="flat", build=dense)
SPACE = SearchSpace("own", (Block(KIND, 1, 1),), PRESETS["dense"].training)

if __name__ == "__main__":
    *_, engine, folder = sys.argv
    small = {"generations": 0, "workers": 1, "engine": engine}
    run = evolve("dense", evaluate=few_units, population=4, run_dir=f"{folder}/function", **small)
    print("function", 2000 < run.best["fitness"] < 3000)
    run = evolve(SPACE, "digits", population=3, train_samples=100, run_dir=f"{folder}/kind", **small)
    print("kind", run.status)
