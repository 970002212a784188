"""Evolve networks of the space `dense`: three dense layers, softmax."""

from deap_nn.cli import run_experiment
from deap_nn.presets import DENSE

if __name__ == "__main__":
    run_experiment(DENSE, __doc__)
