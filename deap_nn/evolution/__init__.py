"""Evolution in DEAP's dialect: individuals, operators, the toolbox and the loops.

In come a search space and a function that evaluates; out go populations. Nothing here knows what a network is.
"""

from deap_nn.evolution.algorithms import Generation, OnGeneration, eaTruncation, survivor_count
from deap_nn.evolution.individual import WORST_FITNESS, Fitness, FitnessValues, Individual, status_of
from deap_nn.evolution.toolbox import CROSSOVERS, make_toolbox

__all__ = [
    "CROSSOVERS",
    "WORST_FITNESS",
    "Fitness",
    "FitnessValues",
    "Generation",
    "Individual",
    "OnGeneration",
    "eaTruncation",
    "make_toolbox",
    "status_of",
    "survivor_count",
]
