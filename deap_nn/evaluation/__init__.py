"""The functions that engines run: the training of one individual, and the final training of the best."""

from deap_nn.evaluation.evaluating import evaluate
from deap_nn.evaluation.problem import MIN_STEPS, Problem, genome_seed
from deap_nn.evaluation.winner import Winner, train_winner

__all__ = [
    "MIN_STEPS",
    "Problem",
    "Winner",
    "evaluate",
    "genome_seed",
    "train_winner",
]
