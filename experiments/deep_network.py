"""Evolve networks of the space `deep`: one to seven convolutional and one to seven dense layers."""

from deap_nn import PRESETS
from deap_nn.cli import run_experiment

if __name__ == "__main__":
    run_experiment(PRESETS["deep"], __doc__, algorithm="truncation")
