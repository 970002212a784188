"""Redraw the plots of a run from its directory alone."""

from deap_nn.cli import run_command

if __name__ == "__main__":
    run_command("plot", __doc__)
