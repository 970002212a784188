"""The options of the command and of the scripts; most are built from the descriptions of the settings."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from deap_nn.errors import InputError
from deap_nn.search import Setting, all_settings


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise an InputError that says in one line what is wrong, without the usage text."""
        raise InputError(f"{message} (--help explains the options)")


def make_bare_parser(description: str | None, prog: str | None = None) -> argparse.ArgumentParser:
    """Return a parser without options, with one-line errors; options not given are absent from its namespace."""
    return _Parser(prog, description=description, argument_default=argparse.SUPPRESS, allow_abbrev=False)


def make_parser(
    description: str | None, *, without: Sequence[str] = (), defaults: Mapping[str, Any] | None = None
) -> argparse.ArgumentParser:
    """Return a parser of the options that experiment scripts share.

    Args:
        description: What the script does.
        without: The settings that the script chooses itself.
        defaults: The settings for which it has defaults of its own, which `--help` names.
    """
    parser = make_bare_parser(description)
    resumable = ", ".join(option(name) for name, setting in all_settings().items() if setting.resumable)
    add_data(parser)
    add_settings(parser, without=without, defaults=defaults)
    add_new_run(parser)
    _add(parser, "--resume", "RUN", f"continue this run; only these may change: {resumable}", "start a new run")
    add_resume(parser)
    add_shown(parser)
    return parser


def add_data(parser: argparse.ArgumentParser, default: str = "cifar10") -> None:
    """Add the option for the data set."""
    text = "digits, mnist, fashion_mnist, cifar10, cifar100, or a file with x_train, y_train (and x_test, y_test)"
    _add(parser, "--dataset", "NAME|FILE.npz", text, default)


def add_settings(
    parser: argparse.ArgumentParser,
    *,
    without: Sequence[str] = (),
    defaults: Mapping[str, Any] | None = None,
    only_resumable: bool = False,
) -> None:
    """Add an option for each setting."""
    for name, setting in all_settings().items():
        if name in without or setting.python_only or (only_resumable and not setting.resumable):
            continue
        default = "as before" if only_resumable else (defaults or {}).get(name, setting.default)
        if setting.type is bool:
            parser.add_argument(
                option(name), action=argparse.BooleanOptionalAction, help=f"{setting.help} (default: {default})"
            )
            continue
        parser.add_argument(
            option(name),
            type=_typed(setting),
            metavar="|".join(setting.choices) if setting.choices else setting.metavar,
            help=f"{setting.help} (default: {default})",
        )


def add_new_run(parser: argparse.ArgumentParser) -> None:
    """Add the options for new runs only."""
    _flag(parser, "--dry-run", "only say what the search would be: its networks, their cost, the time", "search")
    _add(parser, "--run-dir", "DIR", "directory of the run; must not hold one yet", "a new one in runs/")
    text = "genomes for the first generation: a best.json, a checkpoint.json (its hall of fame) or a file of your own"
    _add(parser, "--start-with", "FILE.json", text, "what the space knows; the rest is drawn")


def add_resume(parser: argparse.ArgumentParser) -> None:
    """Add the option for resumed runs only."""
    text = "in a resumed run: repeat evaluations that a limit or the death of their process ended"
    _flag(parser, "--retry-failed", text, "keep their results")


def add_shown(parser: argparse.ArgumentParser) -> None:
    """Add the options for all runs that are not settings."""
    _add(parser, "--cache", "FILE", "SQLite file of results to share with other runs", "share none")
    text = "write TensorBoard files to the run's tensorboard/; needs tensorboardX"
    _flag(parser, "--tensorboard", text, "write none")
    _flag(parser, "--quiet", "show only the final report", "show progress too")


def _add(parser: argparse.ArgumentParser, name: str, metavar: str, help: str, default: str) -> None:
    parser.add_argument(name, metavar=metavar, help=f"{help} (default: {default})")


def _flag(parser: argparse.ArgumentParser, name: str, help: str, default: str) -> None:
    parser.add_argument(name, action="store_true", help=f"{help} (default: {default})")


def option(name: str) -> str:
    """Return the command-line option of a setting."""
    return "--" + name.replace("_", "-")


def check_resume(options: dict[str, Any]) -> None:
    """Raise an InputError if options contradict each other."""
    if "resume" not in options and "retry_failed" in options:
        raise InputError("--retry-failed goes with --resume RUN: name the run whose failures are tried again")
    for name in ("run_dir", "start_with", "dry_run"):
        if "resume" in options and name in options:
            raise InputError(f"{option(name)} is for a new run, --resume for one that exists: give one of them")


def _typed(setting: Setting) -> Callable[[str], Any]:
    def typed(text: str) -> Any:
        with suppress(ValueError):
            value = setting.type(text)
            if setting.check(value):
                return value
        raise argparse.ArgumentTypeError(f"received {text!r}, expected {setting.expected}")

    return typed
