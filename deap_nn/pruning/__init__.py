"""Pruning: trainings that are unlikely to survive are ended early.

`pruner` defines the interface. The race is by generation or in order of number; `front_race` has its form for several
objectives. `halving` has trainings pause, and lets the best go on.
"""

from deap_nn.pruning.front_race import FrontRace
from deap_nn.pruning.halving import OF_A_TRAINING, Halving
from deap_nn.pruning.pruner import Decision, NoPruning, Pruner, Rule
from deap_nn.pruning.race import PACEMAKERS, Race, RaceInOrder
from deap_nn.pruning.rule import Thresholds

__all__ = [
    "OF_A_TRAINING",
    "PACEMAKERS",
    "Decision",
    "FrontRace",
    "Halving",
    "NoPruning",
    "Pruner",
    "Race",
    "RaceInOrder",
    "Rule",
    "Thresholds",
]
