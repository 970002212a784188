"""Evolve networks of the space `conv2d`: two convolutional layers, max pooling, softmax."""

from deap_nn import PRESETS
from deap_nn.cli import run_experiment

if __name__ == "__main__":
    run_experiment(PRESETS["conv2d"], __doc__, algorithm="truncation")
