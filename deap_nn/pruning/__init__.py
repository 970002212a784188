"""Pruning: trainings that are unlikely to survive are ended early.

`pruner` defines the interface; the race is the only implementation, by generation or in order of number; `front_race`
has its form for several objectives.
"""

from deap_nn.pruning.front_race import FrontRace
from deap_nn.pruning.pruner import NoPruning, Pruner, Rule
from deap_nn.pruning.race import PACEMAKERS, Race, RaceInOrder
from deap_nn.pruning.rule import Thresholds

__all__ = [
    "PACEMAKERS",
    "FrontRace",
    "NoPruning",
    "Pruner",
    "Race",
    "RaceInOrder",
    "Rule",
    "Thresholds",
]
