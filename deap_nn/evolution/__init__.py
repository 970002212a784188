"""Evolution with DEAP's conventions: individuals, operators, the toolbox and the loops.

Input: a search space and a function that evaluates. Output: populations. Nothing here knows what a network is.
"""

from deap_nn.evolution.affordable import Limit, limit_cost
from deap_nn.evolution.breeder import Screen
from deap_nn.evolution.criterion import (
    CRITERIA,
    FIRST,
    IN_WORDS,
    Criterion,
    criteria_of,
    objective_from_json,
    weights_of,
)
from deap_nn.evolution.descent import smallest
from deap_nn.evolution.front import Front, hypervolume
from deap_nn.evolution.individual import MAXIMIZE, MINIMIZE, Fitness, FitnessValues, Individual
from deap_nn.evolution.key import Key
from deap_nn.evolution.loop import Generation, NoMoreResults, OnGeneration
from deap_nn.evolution.operators import selCrowdedTournament, selNSGA2, selTruncation
from deap_nn.evolution.origin import Origin
from deap_nn.evolution.plain_data import storable
from deap_nn.evolution.record import Record
from deap_nn.evolution.steady_state import eaSteadyState
from deap_nn.evolution.toolbox import CROSSOVERS, OPERATORS, make_steady, make_toolbox
from deap_nn.evolution.truncation import eaTruncation, survivor_count

__all__ = [
    "CRITERIA",
    "CROSSOVERS",
    "FIRST",
    "IN_WORDS",
    "MAXIMIZE",
    "MINIMIZE",
    "OPERATORS",
    "Criterion",
    "Fitness",
    "FitnessValues",
    "Front",
    "Generation",
    "Individual",
    "Key",
    "Limit",
    "NoMoreResults",
    "OnGeneration",
    "Origin",
    "Record",
    "Screen",
    "criteria_of",
    "eaSteadyState",
    "eaTruncation",
    "hypervolume",
    "limit_cost",
    "make_steady",
    "make_toolbox",
    "objective_from_json",
    "selCrowdedTournament",
    "selNSGA2",
    "selTruncation",
    "smallest",
    "storable",
    "survivor_count",
    "weights_of",
]
