"""Evolve networks of the space `tabular`: dense layers for flat features, and the recipe of their training."""

from deap_nn import PRESETS
from deap_nn.cli import run_experiment

if __name__ == "__main__":
    run_experiment(PRESETS["tabular"], __doc__)
