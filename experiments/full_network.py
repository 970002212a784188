"""Evolve networks of the space `full`: two convolutional and two dense layers."""

from deap_nn.cli import run_experiment
from deap_nn.presets import FULL

if __name__ == "__main__":
    run_experiment(FULL, __doc__)
