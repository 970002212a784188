"""The command line that the experiment scripts share: options, exit codes, the closing report.

Exit codes: 0 the search ended as it was asked to, 1 it failed, 2 the command line or the data was wrong, 130 it was
interrupted. Modules that take long to import are imported once the options are known to be right.
"""

from __future__ import annotations

import argparse
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from deap_nn.settings import Settings, meanings
from deap_nn.space import SearchSpace

if TYPE_CHECKING:
    from deap_nn.run import Run


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
    for name, meaning in meanings().items():
        if name in without:
            continue
        parser.add_argument(
            option(name),
            type=_typed(meaning.type, meaning.expected),
            choices=meaning.choices,
            metavar="|".join(meaning.choices) if meaning.choices else meaning.metavar,
            help=f"{meaning.help} (default: {_default(name)})",
        )
    parser.add_argument(
        "--run-dir",
        metavar="DIR",
        help="where the run is written; must not hold one (default: a new one in runs/)",
    )
    parser.add_argument(
        "--resume",
        metavar="RUN",
        help="go on with the run in this directory; its settings stay, but for "
        + ", ".join(option(name) for name, meaning in meanings().items() if meaning.resumable),
    )
    parser.add_argument("--quiet", action="store_true", help="show the closing report only")
    return parser


def option(name: str) -> str:
    """Return the option of a setting."""
    return "--" + name.replace("_", "-")


def run_experiment(space: SearchSpace, description: str | None, argv: Sequence[str] | None = None) -> None:
    """Run an experiment script: read the options, evolve, report. Ends the process unless all went well."""
    finish(lambda: _experiment(space, description, argv))


def finish(main: Callable[[], object]) -> None:
    """Call `main` and turn what it raises into a message and an exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    code = _exit_code(main)
    if code:
        sys.exit(code)


def _exit_code(main: Callable[[], object]) -> int:
    try:
        main()
    except KeyboardInterrupt as interrupt:
        return int(interrupt.args[0]) if interrupt.args else 130
    except ValueError as error:
        print(f"{Path(sys.argv[0]).name}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except Exception as error:
        _report_failure(error)
        return 1
    return 0


def _terminate(number: int, frame: object) -> NoReturn:
    """Treat SIGTERM like Ctrl-C: stop cleanly, with the exit code that shells expect."""
    raise KeyboardInterrupt(128 + number)


def _report_failure(error: Exception) -> None:
    from deap_nn.dispatch import BrokenProgram

    if isinstance(error, BrokenProgram):
        print(f"the run failed: {error}", file=sys.stderr)
    else:
        traceback.print_exception(error)


def _experiment(space: SearchSpace, description: str | None, argv: Sequence[str] | None) -> None:
    options = vars(make_parser(description).parse_args(argv))
    quiet = options.pop("quiet", False)
    print_report(search(space, options, quiet=quiet))


def search(space: SearchSpace, options: dict[str, Any], *, quiet: bool = False) -> Run:
    """Evolve or resume with the options of a command line, showing the progress.

    Args:
        space: the search space of a new run.
        options: as parsed, less those of the script's own.
        quiet: show nothing.
    """
    settings = {name: value for name, value in options.items() if name in meanings()}
    Settings(**settings)  # wrong ones are told before anything heavy is imported
    from deap_nn.evolution import Hooks, default_run_dir, evolve, resume
    from deap_nn.progress import Progress

    progress = Progress()
    hooks = Hooks() if quiet else progress.hooks
    path = Path(options.get("resume") or options.get("run_dir") or default_run_dir(space.name))
    try:
        if "resume" in options:
            return resume(path, hooks=hooks, **settings)
        return evolve(space, options.get("dataset", "cifar10"), run_dir=path, hooks=hooks, **settings)
    except KeyboardInterrupt:
        progress.close()
        _tell_how_to_go_on(path)
        raise
    finally:
        progress.close()


def print_report(run: Run) -> None:
    """Print the best network layer by layer, what it reaches and where it is."""
    best = run.best or {}
    layers = "\n  ".join(best["layers"])
    print(f"the best network:\n  {layers}")
    training = best["genome"][-1]["genes"]
    print("trained with " + ", ".join(f"{name} {value}" for name, value in training.items()))
    print(f"found in the search (validation accuracy): {best['search_validation_accuracy']:.4f}")
    print(f"final (test accuracy, trained on {best['trained_on']}): {best['test_accuracy']:.4f}")
    if run.status == "stopped":
        print(f"stopped early ({run.info['reason']}); go on with --resume {run.path}")
    print(f"run directory: {run.path} (best.keras, best.json, plots/fitness.png)")


def _tell_how_to_go_on(path: Path) -> None:
    if not (path / "run.json").exists():
        print("stopped before the first evaluation", file=sys.stderr)
        return
    script = Path(sys.argv[0])
    print(f"stopped; what was found is in {path}; go on with: python {script} --resume {path}", file=sys.stderr)


def _typed(convert: Callable[[str], Any], expected: str) -> Callable[[str], Any]:
    def typed(text: str) -> Any:
        try:
            return convert(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"received {text!r}, expected {expected}") from error

    return typed


def _default(name: str) -> str:
    value = getattr(Settings, name)
    return "none" if value is None else str(value)
