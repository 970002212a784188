"""The command `deap-nn`, which does what the experiment scripts do, without a script."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from deap_nn.cli.ending import COMMAND, finish
from deap_nn.cli.options import add_data, add_new_run, add_resume, add_settings, add_shown, make_bare_parser
from deap_nn.cli.searching import search_and_report
from deap_nn.errors import InputError
from deap_nn.space import PRESETS

AGAIN = f"{COMMAND} resume"
DESCRIPTION = "Evolve Keras networks: breed them with DEAP, train every candidate, keep the best."


class Command(NamedTuple):
    """A subcommand of `deap-nn`.

    Attributes:
        help: What it does.
        add_options: Adds its options to a parser.
        run: Runs it, with the options by name.
    """

    help: str
    add_options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[dict[str, Any]], None]


def main(argv: Sequence[str] | None = None) -> None:
    """Run `deap-nn`; end the process with an exit code unless it succeeds.

    Args:
        argv: The arguments; None: those of the process.
    """
    finish(lambda: _main(argv))


def run_command(name: str, description: str | None, argv: Sequence[str] | None = None) -> None:
    """Run one of the commands as a separate script; end the process with an exit code unless it succeeds.

    Args:
        name: The name of the command.
        description: What the script does, for `--help`.
        argv: The arguments; None: those of the process.
    """
    parser = make_bare_parser(description)
    COMMANDS[name].add_options(parser)
    finish(lambda: COMMANDS[name].run(vars(parser.parse_args(argv))))


def _main(argv: Sequence[str] | None) -> None:
    parser = make_bare_parser(DESCRIPTION, COMMAND)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        options = make_bare_parser(f"{command.help[0].upper()}{command.help[1:]}.", f"{COMMAND} {name}")
        command.add_options(options)
        commands.add_parser(name, help=command.help, parents=[options], add_help=False, description=options.description)
    chosen = vars(parser.parse_args(argv))
    COMMANDS[chosen.pop("command")].run(chosen)


def _evolve_options(parser: argparse.ArgumentParser) -> None:
    text = f"search space: {', '.join(PRESETS)} (default: vision for images, tabular for features)"
    parser.add_argument("space", metavar="SPACE", nargs="?", help=text)
    add_data(parser)
    add_settings(parser)
    add_new_run(parser)
    add_shown(parser)


def _evolve(options: dict[str, Any]) -> None:
    name = options.pop("space", None)
    if name is not None and name not in PRESETS:
        raise InputError(
            f"SPACE: received {name!r}, expected one of {', '.join(PRESETS)} (`{COMMAND} presets` shows them)"
        )
    search_and_report(None if name is None else PRESETS[name], options, again=AGAIN)


def _resume_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("resume", metavar="RUN", help="directory of the run")
    add_data(parser, "the data set of the run")
    add_settings(parser, only_resumable=True)
    add_resume(parser)
    add_shown(parser)


def _resume(options: dict[str, Any]) -> None:
    search_and_report(None, options, again=AGAIN)


def _run_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="directory of the run")


def _plot(options: dict[str, Any]) -> None:
    from deap_nn.reports import draw_run
    from deap_nn.runs import Run

    print(draw_run(Run(options["run"])))


def _predict_options(parser: argparse.ArgumentParser) -> None:
    _run_option(parser)
    parser.add_argument("images", metavar="FILE.npz", help="raw inputs: the array x, else x_test, else the only array")
    parser.add_argument("--output", metavar="FILE.csv", help="file for the predictions (default: print them)")


def _predict(options: dict[str, Any]) -> None:
    from deap_nn.reports import predict, read_images

    table = predict(Path(options["run"]), read_images(Path(options["images"])))
    if "output" in options:
        Path(options["output"]).write_text(table)
    else:
        print(table, end="")


def _presets(options: dict[str, Any]) -> None:
    print("\n\n".join(space.describe() for space in PRESETS.values()))


COMMANDS = {
    "evolve": Command("search a space for the best network and train it", _evolve_options, _evolve),
    "resume": Command("continue a run that ended early, or add generations", _resume_options, _resume),
    "plot": Command("redraw the picture of a run", _run_option, _plot),
    "predict": Command("classify images with the best network of a run", _predict_options, _predict),
    "presets": Command("describe the predefined search spaces", lambda parser: None, _presets),
}
