"""Pruning: trainings that are unlikely to survive are ended early.

`pruner` defines the interface; the race is the only implementation.
"""

from deap_nn.pruning.pruner import NoPruning, Pruner, Rule
from deap_nn.pruning.race import PACEMAKERS, Race
from deap_nn.pruning.rule import Thresholds

__all__ = [
    "PACEMAKERS",
    "NoPruning",
    "Pruner",
    "Race",
    "Rule",
    "Thresholds",
]
