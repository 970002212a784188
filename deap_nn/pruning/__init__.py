"""Pruning: trainings that will not survive are ended early."""

from deap_nn.pruning.race import Race, hopeless

__all__ = [
    "Race",
    "hopeless",
]
