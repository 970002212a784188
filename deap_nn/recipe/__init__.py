"""The recipe: how a network is trained, as the genes of its `training` chromosome describe it."""

from deap_nn.recipe.genes import TRAINING_GENES, check_training_gene
from deap_nn.recipe.schedule import BATCH_SIZE, MIN_BATCH, Schedule
from deap_nn.recipe.views import FEWER, VIEWS, reflected, views_known

__all__ = [
    "BATCH_SIZE",
    "FEWER",
    "MIN_BATCH",
    "TRAINING_GENES",
    "VIEWS",
    "Schedule",
    "check_training_gene",
    "reflected",
    "views_known",
]
