"""One attempt where it happens: unpack, call, pack the result. Whatever is raised becomes a report."""

from __future__ import annotations

import pickle
import time
import traceback
from collections.abc import Callable

from deap_nn.engines.outcome import Report, one_line
from deap_nn.engines.parcel import unpack


def perform(
    payload: bytes,
    prepare: Callable[[], None] | None = None,
    let_through: tuple[type[BaseException], ...] = (),
) -> Report:
    """Run a packed call in this process.

    Args:
        payload: The packed call.
        prepare: Called first (a child loads the user's script there).
        let_through: Exceptions that are not the evaluation's own, such as Ctrl-C in this process.

    Returns:
        A report `ok` or `error`. Nothing else is raised, not even SystemExit.
    """
    start = time.monotonic()
    try:
        if prepare is not None:
            prepare()
        fn, args = unpack(payload)
        value = pickle.dumps(fn(*args), protocol=5)
    except let_through:
        raise
    except BaseException as error:  # also SystemExit and MemoryError: they end an evaluation, not a worker
        seconds = time.monotonic() - start
        return Report("error", reason=reason_of(error), traceback=_traceback_of(error), seconds=seconds)
    return Report("ok", value, seconds=time.monotonic() - start)


def reason_of(error: BaseException) -> str:
    """Type and message of an exception in one line."""
    try:
        message = str(error)
    except Exception:
        message = "(its message cannot be printed)"
    return one_line(f"{type(error).__name__}: {message}" if message else type(error).__name__)


def _traceback_of(error: BaseException) -> str:
    inside = error.__traceback__
    if inside is not None and inside.tb_next is not None:
        inside = inside.tb_next  # without this module's own frame
    return "".join(traceback.format_exception(type(error), error, inside))
