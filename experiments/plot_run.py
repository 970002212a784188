"""Draw the pictures of a run anew, from its directory alone."""

from deap_nn.cli import run_command

if __name__ == "__main__":
    run_command("plot", __doc__)
