"""A user's own DEAP toolbox, individuals, fitness function and search, on an engine.

python script_toolbox.py ENGINE RUN
"""

import random
import sys

from deap import algorithms, base, creator, tools

from deap_nn import PRESETS, evolve, make_toolbox
from deap_nn.engines import default_engine, make_engine
from deap_nn.search import fitness_of

creator.create("FitnessMax", base.Fitness, weights=(1.0,))
creator.create("Bits", list, fitness=creator.FitnessMax)


def ones(bits):
    return (sum(bits) / len(bits),)


def depth(individual):
    return (len(individual) / 20,)


def one_max(map):
    random.seed(1)
    toolbox = base.Toolbox()
    toolbox.register("bit", random.randint, 0, 1)
    toolbox.register("individual", tools.initRepeat, creator.Bits, toolbox.bit, 20)
    toolbox.register("population", tools.initRepeat, list, toolbox.individual)
    toolbox.register("mate", tools.cxTwoPoint)
    toolbox.register("mutate", tools.mutFlipBit, indpb=0.05)
    toolbox.register("select", tools.selTournament, tournsize=3)
    toolbox.register("evaluate", ones)
    toolbox.register("map", map)
    best = tools.HallOfFame(1)
    algorithms.eaSimple(toolbox.population(n=20), toolbox, 0.5, 0.2, 20, halloffame=best, verbose=False)
    print("one max", best[0].fitness.values[0])


def plain(map):
    random.seed(1)
    toolbox = make_toolbox(PRESETS["deep"], evaluate=depth, map=map)
    population, _ = algorithms.eaSimple(toolbox.population(n=6), toolbox, 0.5, 0.5, 2, verbose=False)
    print("depth", max(individual.fitness.values[0] for individual in population))


def main(engine_name, run_dir):
    if engine_name == "futures":
        from scoop import futures

        one_max(futures.map)
        plain(futures.map)
        return
    with make_engine(engine_name if engine_name != "default" else default_engine(), time_limit=60) as engine:
        print(engine.description)
        one_max(lambda function, individuals: [fitness_of(outcome) for outcome in engine.map(function, individuals)])
    engine_setting = {} if engine_name == "default" else {"engine": engine_name}
    run = evolve(PRESETS["deep"], evaluate=depth, run_dir=run_dir, population=6, generations=2, **engine_setting)
    print("depth", run.status, run.best["fitness"])


if __name__ == "__main__":
    main(*sys.argv[1:])
