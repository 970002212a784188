"""One attempt in the process that runs it: unpack, call, pack the result. Any exception becomes a report."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from typing import Any

from deap_nn.engines.crowding import Crowded, attempt
from deap_nn.engines.outcome import Kind, Report, one_line
from deap_nn.engines.parcel import pack_value, unpack


def perform(
    payload: bytes,
    prepare: Callable[[], None] | None = None,
    let_through: tuple[type[BaseException], ...] = (),
) -> Report:
    """Run a packed call in this process.

    Args:
        payload: The packed call.
        prepare: Called first (in a child, it loads the user's script).
        let_through: Exceptions to raise because they are not the evaluation's, such as Ctrl-C in this process.

    Returns:
        A report of kind `ok`, `crowded` or `error`. Nothing else is raised, not even SystemExit.
    """
    start = time.monotonic()
    try:
        if prepare is not None:
            prepare()
        fn, args = unpack(payload)
        kind, value = _call(fn, args)
        packed = pack_value(value)
    except let_through:
        raise
    except BaseException as error:  # also SystemExit and MemoryError: they end an evaluation, not a worker
        seconds = time.monotonic() - start
        return Report("error", reason=reason_of(error), traceback=_traceback_of(error), seconds=seconds)
    return Report(kind, packed, seconds=time.monotonic() - start)


def _call(fn: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Kind, Any]:
    try:
        with attempt():
            return "ok", fn(*args)
    except Crowded as crowded:
        return "crowded", crowded.otherwise


def reason_of(error: BaseException) -> str:
    """Return the type and message of an exception on one line."""
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
