"""What the experiment scripts share besides their options: exit codes, the search itself, the closing report.

Exit codes: 0 the search ended as it was asked to, 1 it failed, 2 the command line or the data was wrong, 130 it was
interrupted. Modules that take long to import are imported once the options are known to be right.
"""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from deap_nn.cli.options import check_resume, make_parser
from deap_nn.engines import exit_code_counts
from deap_nn.search import Settings, all_settings
from deap_nn.space import SearchSpace

if TYPE_CHECKING:
    from deap_nn.runs import Run


def run_experiment(space: SearchSpace, description: str | None, argv: Sequence[str] | None = None) -> None:
    """Run an experiment script: read the options, evolve, report. Ends the process unless all went well."""
    finish(lambda: _experiment(space, description, argv))


def finish(main: Callable[[], object]) -> None:
    """Call `main` and turn what it raises into a message and an exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    code = _exit_code(main)
    if code and exit_code_counts():
        sys.exit(code)


def _exit_code(main: Callable[[], object]) -> int:
    try:
        main()
    except KeyboardInterrupt as interrupt:
        return int(interrupt.args[0]) if interrupt.args else 130
    except ValueError as error:
        print(f"{Path(sys.argv[0]).name}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except OSError as error:
        print(
            f"the run failed: {error}; mend this, then go on with --resume: every evaluation that had finished is in "
            "the run's journal",
            file=sys.stderr,
        )
        return 1
    except Exception as error:
        _report_failure(error)
        return 1
    return 0


def _terminate(number: int, frame: object) -> NoReturn:
    """Treat SIGTERM like Ctrl-C: stop cleanly, with the exit code that shells expect."""
    raise KeyboardInterrupt(128 + number)


def _report_failure(error: Exception) -> None:
    from deap_nn.engines import EngineLost
    from deap_nn.search import RunFailed

    if isinstance(error, RunFailed | EngineLost):
        print(f"the run failed: {error}", file=sys.stderr)
    else:
        traceback.print_exception(error)


def _experiment(space: SearchSpace, description: str | None, argv: Sequence[str] | None) -> None:
    options = vars(make_parser(description).parse_args(argv))
    quiet = options.pop("quiet", False)
    run = search(space, options, quiet=quiet)
    from deap_nn.reports import print_report

    print_report(run)


def search(space: SearchSpace, options: dict[str, Any], *, quiet: bool = False, resume_with: Path | None = None) -> Run:
    """Evolve or resume with the options of a command line, showing the progress.

    Args:
        space: the search space of a new run.
        options: as parsed, less those of the script's own; the run directory of a new run is noted here.
        quiet: show nothing.
        resume_with: what `--resume` takes after an interruption, where that is not the run directory.
    """
    Settings(**{name: value for name, value in options.items() if name in all_settings()})
    check_resume(options)
    try:
        return _search(space, options, quiet)
    except KeyboardInterrupt:
        place = options.get("resume") or options.get("run_dir")
        _tell_how_to_go_on(Path(place) if place else None, resume_with)
        raise


def _search(space: SearchSpace, options: dict[str, Any], quiet: bool) -> Run:
    from deap_nn.reports import Progress
    from deap_nn.search import Hooks, default_run_dir, evolve, resume

    if "resume" not in options:
        options.setdefault("run_dir", default_run_dir(space.name))
    progress = Progress()
    hooks = Hooks() if quiet else progress.hooks
    if options.get("tensorboard"):
        from deap_nn.reports import TensorBoard

        hooks += TensorBoard().hooks
    settings = {name: value for name, value in options.items() if name in all_settings()}
    common = {"cache": options.get("cache"), "hooks": hooks, **settings}
    with closing(progress):
        if "resume" in options:
            again = options.get("retry_failed", False)
            return resume(options["resume"], space=space, data=options.get("dataset"), retry_failed=again, **common)
        return evolve(
            space,
            options.get("dataset", "cifar10"),
            run_dir=options["run_dir"],
            start_with=options.get("start_with", ()),
            **common,
        )


def _tell_how_to_go_on(path: Path | None, resume_with: Path | None) -> None:
    if path is None or not (path / "run.json").exists():
        print("stopped before the first evaluation", file=sys.stderr)
        return
    again = f"python {sys.argv[0]} --resume {resume_with or path}"
    print(f"stopped; what was found is in {path}; go on with: {again}", file=sys.stderr)
