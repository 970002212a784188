"""Evolve networks of the space `full`: two convolutional and two dense layers."""

from deap_nn import PRESETS
from deap_nn.cli import run_experiment

if __name__ == "__main__":
    run_experiment(PRESETS["full"], __doc__, algorithm="truncation")
