"""Stub objectives for searches: no Keras, microseconds; each evaluation leaves a line in a file that is named in
the environment, so that tests can count."""

import hashlib
import json
import math
import os
import sys
import time
from pathlib import Path

import numpy as np

from deap_nn.evolution import FitnessValues, Individual
from deap_nn.space import Block, Choice, Float, Integer, LayerKind, SearchSpace

COUNT_FILE = "STUB_COUNT_FILE"
LATE_SECONDS = "STUB_LATE_SECONDS"

SPACE = SearchSpace(
    "stub",
    (Block(LayerKind("dense", {"units": Integer(16, 256, step=16), "dropout": Float(0.0, 0.6)}, takes="flat"), 1, 4),),
    LayerKind("training", {"epochs": Integer(1, 20), "optimizer": Choice(("adam", "sgd"))}),
)

SMALL = {"population": 8, "generations": 4, "engine": "serial", "algorithm": "truncation"}


def trained(took=70.0, epochs=None, units=64):
    """An individual of seven epochs whose training took so many seconds; None if nothing is known of it."""
    individual = Individual(SPACE.sample()[-2:])
    individual[-1].genes["epochs"], individual[0].genes["units"] = 7, units
    record = ({"seconds": {"train": took}} if took else {}) | ({"epochs": epochs} if epochs else {})
    individual.fitness.values = FitnessValues((0.5,), record)
    return individual


def fitness(individual):
    """A value from 0 to 1 that looks random and depends on the genome alone."""
    note(individual)
    value = fitness_of(individual)
    return FitnessValues((value,), {"status": "ok", "reason": "", "history": {"val_accuracy": [value]}})


def fitness_of(individual):
    digest = hashlib.blake2b(individual.canonical().encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32


def raced(individual, rule=None):
    """As `fitness`, with a curve of four epochs; pruned where the rule says so."""
    final = fitness(individual)[0]
    curve = [final / 4, final / 3, final / 2, final]
    if rule is not None and (last := rule.pruned_after(curve)):
        return FitnessValues((0.0,), {"status": "pruned", "reason": "", "history": {"val_accuracy": curve[:last]}})
    return FitnessValues((final,), {"status": "ok", "reason": "", "history": {"val_accuracy": curve}})


def halved(individual, rule=None, repetition=0, budget=1.0, paused=None):
    """As `fitness`, in parts of nine epochs; the state is the number of those that are done, each leaves a line."""
    value, epochs = fitness_of(individual), math.ceil(9 * budget)
    begun = int(paused) if paused and int(paused) <= epochs else 0
    for epoch in range(begun, epochs):
        note(individual, f" {epoch}")
    curve = [value * (1 + epoch) / 9 for epoch in range(epochs)]
    status = "ok" if budget == 1 else "paused"
    history = {"val_accuracy": curve, "running_val_accuracy": curve}
    result = FitnessValues((value if budget == 1 else 0.0,), {"status": status, "history": history, "epochs": epochs})
    result.paused = b"%d" % epochs if budget < 1 else b""
    return result


def slow_fitness(individual):
    time.sleep(0.04)
    return fitness(individual)


def uneven_fitness(individual):
    """As `fitness`, some sooner than others: nobody ends in the order of the beginnings."""
    value = fitness(individual)
    time.sleep(0.1 * value[0])
    return value


def uphill(individual):
    """A smooth function of the genes, with a best far from where most networks are."""
    units = [layer.genes["units"] / 256 for layer in individual[:-1]]
    return (
        sum(units) - abs(individual[-1].genes["epochs"] - 15) / 10 - sum(c.genes["dropout"] for c in individual[:-1]),
    )


def late_fitness(individual):
    """As `fitness`; a third of the individuals take as many seconds as are named in the environment."""
    if individual[0].genes["units"] > 160:
        time.sleep(float(os.environ[LATE_SECONDS]))
    return fitness(individual)


def bare(individual):
    return (len(individual) / 10,)


def broken(individual):
    raise RuntimeError("this program is broken")


def sometimes_broken(individual):
    if individual[0].genes["units"] > 100:
        raise RuntimeError("this program is broken")
    return fitness(individual)


def not_finite(individual):
    note(individual)
    return (float("nan"),) if individual[0].genes["units"] > 128 else fitness(individual)


def unstorable(individual):
    """As `fitness`, with a record full of what JSON does not hold."""
    odd = {"loss": float("nan"), "curve": np.array([1.0, np.inf]), "where": Path("here"), 7: {1, 2}, "self": []}
    odd["self"].append(odd["self"])
    return FitnessValues((np.float32(fitness(individual)[0]),), {"status": "ok", "history": {"x": [np.nan]}} | odd)


def penalised(individual):
    """As `fitness`; half of the individuals get the lowest number there is."""
    return (-sys.float_info.max,) if individual[0].genes["units"] > 128 else fitness(individual)


def never_finite(individual):
    return (float("nan"),)


def loss(individual):
    """What `fitness` leaves to be desired, to be minimised; some networks diverge."""
    return (float("nan"),) if individual[0].genes["units"] > 200 else (1.0 - fitness(individual)[0],)


def negated_loss(individual):
    """The same, to be maximised."""
    return (-loss(individual)[0],)


def deadly(individual):
    os._exit(7)


def note(individual, what=""):
    if COUNT_FILE in os.environ:
        with Path(os.environ[COUNT_FILE]).open("a") as file:
            file.write(individual.canonical() + what + "\n")


def search(path, evaluate=fitness, **options):
    """A small search in this process, in milliseconds."""
    from deap_nn.search import evolve  # here: the children import this module too, and have no use for it

    return evolve(SPACE, evaluate=evaluate, run_dir=path, **{**SMALL, "progress": False, **options})


def outcome(run):
    """Everything that two equal runs share; times are no part of it."""
    checkpoint = run.checkpoint
    rows = [{name: value for name, value in row.items() if name != "seconds"} for row in run.logbook]
    keys = ("generation", "population", "halloffame", "random_state")
    return rows, {key: checkpoint[key] for key in keys}, run.best, run.status


def edited(run, place, fitness, **recorded):
    """Change the fitness, and what the record says, in a line of a run's journal; return the genome of that line."""
    path = run.path / "evaluations.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[place]["fitness"] = fitness
    lines[place]["record"] |= recorded
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return Individual.from_json(lines[place]["genome"]).canonical()


def evolve_on(space, path, evaluate=fitness, **options):
    """A search of another space."""
    from deap_nn.search import evolve

    return evolve(space, evaluate=evaluate, run_dir=path, **{**SMALL, "progress": False, **options})
