"""Evolve networks of the space `dense`: three dense layers, softmax."""

from deap_nn import PRESETS
from deap_nn.cli import run_experiment

if __name__ == "__main__":
    run_experiment(PRESETS["dense"], __doc__, algorithm="truncation")
