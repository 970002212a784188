"""A search configured by command-line options, from the progress bar to the final report.

Modules that take long to import are imported only after the options have been checked.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deap_nn.cli.ending import finish
from deap_nn.cli.options import check_resume, make_parser
from deap_nn.search import Hooks, Settings, all_settings
from deap_nn.space import SearchSpace

if TYPE_CHECKING:
    from deap_nn.runs import Run


def run_experiment(
    space: SearchSpace, description: str | None, argv: Sequence[str] | None = None, **defaults: Any
) -> None:
    """Run an experiment script: read the options, evolve, report; end the process unless it succeeds.

    Args:
        space: The search space.
        description: What the script does, for `--help`.
        argv: The arguments; None: those of the process.
        **defaults: Settings for which the script has defaults of its own.
    """

    def run() -> None:
        given = vars(make_parser(description, defaults=defaults).parse_args(argv))
        search_and_report(space, given if "resume" in given else defaults | given)

    finish(run)


def search_and_report(space: SearchSpace | None, options: dict[str, Any], *, again: str | None = None) -> None:
    """Search and print the final report; the arguments are those of `search`."""
    quiet = options.pop("quiet", False)
    if options.get("dry_run"):
        print(_dry_run(space, options))
        return
    run = search(space, options, quiet=quiet, again=again)
    from deap_nn.reports import print_report

    print_report(run, again or _again())


def search(
    space: SearchSpace | None,
    options: dict[str, Any],
    *,
    quiet: bool = False,
    resume_with: Path | None = None,
    again: str | None = None,
) -> Run:
    """Evolve or resume with command-line options, showing the progress.

    Args:
        space: The search space; None: that of the resumed run, or what suits the data.
        options: The parsed options, without the script's own; a new run's directory is added to them.
        quiet: Whether to show nothing.
        resume_with: The directory to resume with after an interruption, if it is not the run directory.
        again: The command that resumes a run, without the directory; None: this script with `--resume`.
    """
    Settings(**{name: value for name, value in options.items() if name in all_settings()})
    check_resume(options)
    try:
        return _search(space, options, quiet)
    except KeyboardInterrupt:
        place = options.get("resume") or options.get("run_dir")
        _tell_how_to_go_on(Path(place) if place else None, f"{again or _again()} {resume_with or place}")
        raise


def _dry_run(space: SearchSpace | None, options: dict[str, Any]) -> str:
    check_resume(options)
    from deap_nn.search import dry_run

    settings = {name: value for name, value in options.items() if name in all_settings()}
    return dry_run(space, options.get("dataset", "cifar10"), **settings)


def _search(space: SearchSpace | None, options: dict[str, Any], quiet: bool) -> Run:
    from deap_nn.reports import TensorBoard
    from deap_nn.search import evolve, resume

    hooks = Hooks(on_start=(lambda run, _: options.setdefault("run_dir", str(run.path)),))
    if options.get("tensorboard"):
        hooks += TensorBoard().hooks
    settings = {name: value for name, value in options.items() if name in all_settings()}
    common = {"cache": options.get("cache"), "hooks": hooks, "progress": not quiet, **settings}
    if "resume" in options:
        retry = options.get("retry_failed", False)
        return resume(options["resume"], space=space, data=options.get("dataset"), retry_failed=retry, **common)
    return evolve(
        space,
        options.get("dataset", "cifar10"),
        run_dir=options.get("run_dir"),
        start_with=options.get("start_with", ()),
        **common,
    )


def _again() -> str:
    return f"python {sys.argv[0]} --resume"


def _tell_how_to_go_on(path: Path | None, command: str) -> None:
    if path is None or not (path / "run.json").exists():
        print("stopped before the first evaluation", file=sys.stderr)
        return
    print(f"stopped; what was found is in {path}; go on with: {command}", file=sys.stderr)
