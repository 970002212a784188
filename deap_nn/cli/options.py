"""The options that the experiment scripts share; most are made from the settings' own descriptions."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from deap_nn.search import Setting, all_settings


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong, without the wall of usage."""
        raise ValueError(f"{message} (--help explains the options)")


def make_bare_parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser without options that complains in one line; what was not given is missing from its namespace."""
    return _Parser(description=description, argument_default=argparse.SUPPRESS, allow_abbrev=False)


def make_parser(description: str | None, *, without: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return a parser of the common options; what was not given is missing from its namespace.

    Args:
        description: what the script does.
        without: settings that the script decides itself.
    """
    parser = make_bare_parser(description)
    parser.add_argument(
        "--dataset",
        metavar="NAME|FILE.npz",
        help="digits, mnist, fashion_mnist, cifar10, cifar100, or a file with x_train, y_train (and x_test, y_test) "
        "(default: cifar10)",
    )
    for name, setting in all_settings().items():
        if name in without:
            continue
        if setting.type is bool:
            flag = argparse.BooleanOptionalAction
            parser.add_argument(option(name), action=flag, help=f"{setting.help} (default: {setting.default})")
            continue
        parser.add_argument(
            option(name),
            type=_typed(setting),
            metavar="|".join(setting.choices) if setting.choices else setting.metavar,
            help=f"{setting.help} (default: {setting.default})",
        )
    _add_run_options(parser)
    return parser


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    resumable = ", ".join(option(name) for name, setting in all_settings().items() if setting.resumable)
    options = {
        "--run-dir": ("DIR", "where the run is written; must not hold one", "a new one in runs/"),
        "--resume": ("RUN", f"go on with this run; its settings stay, but for {resumable}", "a new run"),
        "--start-with": (
            "FILE.json",
            "genomes for the first generation: a best.json, a checkpoint.json (its hall of fame), or written by hand",
            "all are drawn",
        ),
        "--cache": ("FILE", "results shared with other runs, an SQLite file", "not shared"),
    }
    for name, (metavar, help, default) in options.items():
        parser.add_argument(name, metavar=metavar, help=f"{help} (default: {default})")
    flags = {
        "--retry-failed": ("with --resume: train again what a limit or a death ended", "its result stays"),
        "--tensorboard": ("write for TensorBoard, into the run's tensorboard/; needs tensorboardX", "not written"),
        "--quiet": ("show the closing report only", "show the progress too"),
    }
    for name, (help, default) in flags.items():
        parser.add_argument(name, action="store_true", help=f"{help} (default: {default})")


def option(name: str) -> str:
    """Return the option of a setting."""
    return "--" + name.replace("_", "-")


def check_resume(options: dict[str, Any]) -> None:
    """Refuse options that contradict each other, with a ValueError."""
    if "resume" not in options and "retry_failed" in options:
        raise ValueError("--retry-failed goes with --resume RUN: name the run whose failures are tried again")
    for name in ("run_dir", "start_with"):
        if "resume" in options and name in options:
            raise ValueError(f"{option(name)} is for a new run, --resume for one that exists: give one of them")


def _typed(setting: Setting) -> Callable[[str], Any]:
    def typed(text: str) -> Any:
        with suppress(ValueError):
            value = setting.type(text)
            if setting.check(value):
                return value
        raise argparse.ArgumentTypeError(f"received {text!r}, expected {setting.expected}")

    return typed
