"""Evolve networks of the space `modern`: learning rate, normalisation, shortcuts, pooling and depth evolve too."""

from deap_nn.cli import run_experiment
from deap_nn.presets import MODERN

if __name__ == "__main__":
    run_experiment(MODERN, __doc__)
