"""Evolve networks of the space `conv2d`: two convolutional layers, max pooling, softmax."""

from deap_nn.cli import run_experiment
from deap_nn.presets import CONV2D

if __name__ == "__main__":
    run_experiment(CONV2D, __doc__)
