"""The functions that engines run: the training of one individual, and the final training of the best."""

from deap_nn.evaluation.calibration import Pace, calibrate
from deap_nn.evaluation.ensemble import Ensemble, join_winners
from deap_nn.evaluation.evaluating import MEASURED, evaluate
from deap_nn.evaluation.problem import MIN_STEPS, TRAINERS, Problem, genome_seed
from deap_nn.evaluation.winner import FinalPlan, Winner, train_winner
from deap_nn.evaluation.work import Size, planned_work, size_of

__all__ = [
    "MEASURED",
    "MIN_STEPS",
    "TRAINERS",
    "Ensemble",
    "FinalPlan",
    "Pace",
    "Problem",
    "Size",
    "Winner",
    "calibrate",
    "evaluate",
    "genome_seed",
    "join_winners",
    "planned_work",
    "size_of",
    "train_winner",
]
