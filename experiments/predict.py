"""Classify images with the best network of a run."""

from deap_nn.cli import run_command

if __name__ == "__main__":
    run_command("predict", __doc__)
