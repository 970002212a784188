"""Pruning: trainings that will not survive are ended early.

`pruner` says what a pruner is; the race is the one there is.
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
