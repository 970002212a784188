"""The end of a program: exceptions become messages and exit codes.

0: it ended as requested; 1: it failed; 2: the command line or the data was invalid; 130: it was interrupted (143: by
SIGTERM); 141: nobody reads its output any more.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from deap_nn.engines import EngineLost, exit_code_counts
from deap_nn.errors import InputError
from deap_nn.search import RunFailed

COMMAND = "deap-nn"


def program() -> str:
    """Return the name of the program that the user called."""
    name = Path(sys.argv[0]).name
    return COMMAND if name == "__main__.py" else name


def finish(main: Callable[[], object]) -> None:
    """Call `main` and turn an exception into a message and an exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    code = _exit_code(main)
    if code and exit_code_counts():
        sys.exit(code)


def _exit_code(main: Callable[[], object]) -> int:
    try:
        main()
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python complains when it flushes at its end
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt as interrupt:
        return int(interrupt.args[0]) if interrupt.args else 130
    except InputError as error:
        print(f"{program()}: error: {' '.join(str(error).split())}", file=sys.stderr)
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
    if isinstance(error, RunFailed | EngineLost):
        print(f"the run failed: {error}", file=sys.stderr)
    else:
        traceback.print_exception(error)
