"""The command line: options, exit codes, and the scripts and commands that share them."""

from deap_nn.cli.main import finish, run_experiment, search
from deap_nn.cli.options import make_bare_parser, make_parser

__all__ = [
    "finish",
    "make_bare_parser",
    "make_parser",
    "run_experiment",
    "search",
]
