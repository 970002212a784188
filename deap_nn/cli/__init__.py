"""The command line: options, exit codes, and the commands and scripts that use them."""

from deap_nn.cli.commands import main, run_command
from deap_nn.cli.ending import finish
from deap_nn.cli.options import make_parser
from deap_nn.cli.searching import run_experiment, search

__all__ = [
    "finish",
    "main",
    "make_parser",
    "run_command",
    "run_experiment",
    "search",
]
