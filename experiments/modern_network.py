"""Evolve networks of the space `modern`: learning rate, normalisation, shortcuts, pooling and depth evolve too."""

from deap_nn import PRESETS
from deap_nn.cli import run_experiment

if __name__ == "__main__":
    run_experiment(PRESETS["modern"], __doc__)
