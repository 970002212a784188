"""A script that sets what its function uses where no worker comes: below the guard, and in functions called there.

`python script_late_globals.py ENGINE RUN [lock]`; a lock cannot be sent. Prints the best fitness, whose digits say
which globals were seen as they are when the search begins.
"""

import sys
import threading

from deap_nn import Block, Choice, Integer, LayerKind, SearchSpace, evolve

ONES, SETTINGS, OPTIONS, CACHE, LOCK = 0, {"hundreds": 0}, None, {}, None
LOADED = []


class Options:
    def thousands(self):
        return THOUSANDS


def fitness(individual):
    if not CACHE:  # filled once in each worker
        CACHE["filled"] = True
        LOADED.append(1)
    if LOCK is not None and len(LOADED) > 3:
        return (0.0,)
    assert isinstance(OPTIONS, Options)
    return (ONES + tens(1) + SETTINGS["hundreds"] + OPTIONS.thousands() + 10_000 * len(LOADED) + hundred_thousands(),)


def hundred_thousands():
    return 0  # until it is defined again


def configure():
    global THOUSANDS
    THOUSANDS = 4000
    SETTINGS["hundreds"] = 300


def forbid():
    global LOCK
    LOCK = threading.Lock()


def dense(genes, shape):
    import keras

    return keras.layers.Dense(UNITS)


UNITS = 1
SPACE = SearchSpace(
    "own",
    (Block(LayerKind("own", {"x": Choice((1, 2, 3, 4))}, takes="flat", build=dense), 1, 1),),
    LayerKind("training", {"epochs": Integer(1, 1)}),
)

if __name__ == "__main__":
    engine, path, *rest = sys.argv[1:]
    ONES, UNITS = 1, 7
    OPTIONS = Options()
    configure()

    def tens(number):
        return 20 * number

    def hundred_thousands():
        return 500_000

    def defined_late(individual):
        return fitness(individual)

    if rest:
        forbid()
    small = {"population": 4, "generations": 1, "engine": engine, "workers": None if engine == "scoop" else 1}
    run = evolve(SPACE, evaluate=fitness, run_dir=path, **small)
    print("best", run.best["fitness"])
    run = evolve(SPACE, evaluate=defined_late, run_dir=path + "-late", **small)
    print("late", run.best["fitness"])
    if engine == "processes":
        run = evolve(SPACE, "digits", train_samples=100, run_dir=path + "-networks", **small)
        print("network", next(run.evaluations())[1].record.network)
