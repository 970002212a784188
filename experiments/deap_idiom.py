"""DEAP's own loop and SCOOP's own map, on this package's toolbox: `python -m scoop -n 2 experiments/deap_idiom.py`.

What this lacks compared with `evolve` and its engine (docs/engines.md): a time limit, a run directory to resume from, a
reliable exit code, and a guard against trainings that SCOOP starts twice.
"""

import random
from functools import partial

from deap import algorithms, tools
from scoop import futures

from deap_nn import PRESETS, make_toolbox
from deap_nn.data import DataSpec
from deap_nn.evaluation import Problem, evaluate

SPACE = PRESETS["full"]
PROBLEM = Problem(SPACE, DataSpec("digits"))


def main() -> None:
    random.seed(1)
    toolbox = make_toolbox(SPACE, evaluate=partial(evaluate, problem=PROBLEM), map=futures.map)
    toolbox.register("select", tools.selTournament, tournsize=3)
    best = tools.HallOfFame(1)
    algorithms.eaSimple(toolbox.population(n=6), toolbox, cxpb=0.5, mutpb=0.5, ngen=2, halloffame=best)
    print("best validation accuracy:", best[0].fitness.values[0])
    print(*best[0], sep="\n")


if __name__ == "__main__":
    main()
