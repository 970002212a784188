"""Function and arguments, packed for another process; what cannot be sent is refused here, with a clear message."""

from __future__ import annotations

import functools
import io
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

from deap_nn.engines.script_globals import packed_globals
from deap_nn.errors import InputError

# The user's script has a different module name in each role: started, loaded by SCOOP, loaded by a child.
SCRIPT_NAMES = ("__main__", "SCOOP_WORKER", "__mp_main__")

REMEDY = "define it at the top level of a module or of your script, so that a worker can import it by name"


class Parcel(NamedTuple):
    """A packed call.

    Attributes:
        payload: The function and its arguments.
        needs_script: Whether the user's script must be loaded to unpack it.
        script_globals: Globals to be set in the script first, see `deap_nn.engines.script_globals`.
    """

    payload: bytes
    needs_script: bool
    script_globals: bytes = b""


def pack(fn: Callable[..., Any], args: tuple[Any, ...]) -> Parcel:
    """Pack a call.

    What the user's script defines goes by name, and a worker loads the script; globals that it has set since, where no
    worker comes, go along. Where there is no script to load (in a notebook, under `python -c` or a profiler) all of it
    goes by value.

    Raises:
        InputError: If the function or an argument cannot be sent to another process.
    """
    _refuse_local(fn)
    file = io.BytesIO()
    pickler = _ByName(file, protocol=5)
    try:
        pickler.dump((fn, args))
    except pickle.PicklingError:
        return _by_value(fn, args)
    except Exception as error:  # Pickling runs code of the objects: anything may be raised
        raise InputError(f"{name_of(fn)} or its arguments cannot be sent to a worker: {error}; {REMEDY}") from error
    if not pickler.of_script:
        return Parcel(file.getvalue(), False)
    if (script := script_of_main()) is None:
        return _by_value(fn, args)
    return Parcel(file.getvalue(), True, packed_globals(pickler.of_script, script))


class _ByName(pickle.Pickler):
    """A pickler that notes which functions and classes of the user's script it meets."""

    def __init__(self, file: io.BytesIO, protocol: int) -> None:
        super().__init__(file, protocol)
        self.of_script: list[Any] = []

    def persistent_id(self, value: Any) -> None:
        """Leave every object to pickle."""
        if isinstance(value, FunctionType | type) and value.__module__ in SCRIPT_NAMES:
            self.of_script.append(value)


def refuse_unsendable(fn: Callable[..., Any]) -> None:
    """Raise an InputError if a function cannot be sent to another process."""
    pack(fn, ())


def _by_value(fn: Callable[..., Any], args: tuple[Any, ...]) -> Parcel:
    import cloudpickle

    try:
        return Parcel(cloudpickle.dumps((fn, args), protocol=5), False)
    except Exception as error:
        raise InputError(f"{name_of(fn)} or its arguments cannot be sent to a worker: {error}; {REMEDY}") from error


def pack_value(value: Any) -> bytes:
    """Pack a result, whose class may have come by value itself."""
    try:
        return pickle.dumps(value, protocol=5)
    except pickle.PicklingError:
        import cloudpickle

        packed: bytes = cloudpickle.dumps(value, protocol=5)
        return packed


def unpack(payload: bytes) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return the function and its arguments."""
    fn, args = pickle.loads(payload)
    return fn, args


def unpack_value(data: bytes) -> Any:
    """Unpack a function's result in the origin, where the user's script is `__main__`."""
    return _OriginUnpickler(io.BytesIO(data)).load()


class _OriginUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        return super().find_class("__main__" if module in SCRIPT_NAMES else module, name)


def name_of(fn: Callable[..., Any]) -> str:
    """Return a function's name for messages, unwrapping functools.partial."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    return getattr(fn, "__qualname__", None) or type(fn).__name__


def script_of_main() -> Path | None:
    """Return the file of the running script; None in an interactive session."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    path = Path(file).absolute() if file else None
    return path if path is not None and path.is_file() else None


def _refuse_local(fn: Callable[..., Any]) -> None:
    name = name_of(fn)
    if "<lambda>" in name:
        raise InputError(f"a lambda ({name}) cannot be sent to a worker; {REMEDY}")
    if "<locals>" in name:
        raise InputError(f"{name} is defined inside a function and cannot be sent to a worker; {REMEDY}")
