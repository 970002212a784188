"""Evolve networks of the space `deep`: one to seven convolutional and one to seven dense layers."""

from deap_nn.cli import run_experiment
from deap_nn.presets import DEEP

if __name__ == "__main__":
    run_experiment(DEEP, __doc__)
