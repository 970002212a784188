"""The recipe: how a network is trained, as the genes of its `training` chromosome describe it."""

from deap_nn.recipe.genes import TRAINING_GENES, check_training_gene
from deap_nn.recipe.schedule import BATCH_SIZE, MIN_BATCH, Schedule

__all__ = [
    "BATCH_SIZE",
    "MIN_BATCH",
    "TRAINING_GENES",
    "Schedule",
    "check_training_gene",
]
