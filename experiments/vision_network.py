"""Evolve networks of the space `vision`: convolutional stages up to ResNet-18, and the recipe of their training."""

from deap_nn import PRESETS
from deap_nn.cli import run_experiment

if __name__ == "__main__":
    run_experiment(PRESETS["vision"], __doc__)
