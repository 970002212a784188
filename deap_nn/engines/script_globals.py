"""Globals that a script sets where its workers do not come: below `if __name__ == "__main__":`, or in its `main`.

A worker loads the script to find its functions, and would see these globals as they were above. Input: the functions
and classes of the script that a call needs. Output: the values that such globals have now, to be sent along.
"""

from __future__ import annotations

import ast
import dis
import functools
import inspect
import pickle
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

from deap_nn.errors import InputError


class Late(NamedTuple):
    """Names of globals of a script.

    Attributes:
        bound: Those that are given another value.
        changed: Those whose object is changed: it gets an attribute or an item, or one of its methods is called.
    """

    bound: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()

    def __or__(self, other: Late) -> Late:
        """Return the names of both."""
        return Late(self.bound | other.bound, self.changed | other.changed)


def packed_globals(needed: Iterable[Any], script: Path) -> bytes:
    """Return what `set_globals` sets in a worker: the current values of globals that it would not see; b"" if none.

    Args:
        needed: Functions and classes of the script.
        script: Its file.

    Raises:
        InputError: If such a value cannot be sent.
    """
    late, by_function = _set_late(script)
    if not any(late) and not by_function:
        return b""
    module = vars(sys.modules["__main__"])
    names, reached = _used(needed, module)
    for function, its_own in by_function.items():
        if function not in reached:  # what the call does itself, it does in the worker
            late |= its_own
    values = {}
    for name in sorted(names & (late.bound | late.changed)):
        try:
            values[name] = _packed(module[name])
        except Exception as error:  # Pickling runs code of the objects: anything may be raised
            if name in late.bound:
                raise InputError(
                    f'the global {name} is set below `if __name__ == "__main__":`, where no worker comes, and cannot '
                    f"be sent to one ({error}): set it above, or in the function that uses it"
                ) from error
    return pickle.dumps(values) if values else b""


def set_globals(packed: bytes, module: ModuleType) -> None:
    """Set globals of the script in a worker that has loaded it."""
    vars(module).update({name: pickle.loads(value) for name, value in pickle.loads(packed).items()})


def _packed(value: Any) -> bytes:
    import cloudpickle

    if not isinstance(value, FunctionType | type | ModuleType):  # of these, pickle sends names that may not be there
        try:
            return pickle.dumps(value, protocol=5)
        except (pickle.PicklingError, AttributeError):
            pass
    packed: bytes = cloudpickle.dumps(value, protocol=5)
    return packed


def _used(needed: Iterable[Any], module: dict[str, Any]) -> tuple[set[str], set[str]]:
    """Return the globals that functions and classes need, their own names included, and the names of functions used."""
    needed = list(needed)
    names = {one.__qualname__.partition(".")[0] for one in needed} & module.keys()
    reached: set[str] = set()
    todo = [code for one in needed for code in _codes(one)]
    while todo:
        code = todo.pop()
        reached.add(code.co_name)
        todo += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
        new = {name for name in _loaded(code) if name in module} - names
        names |= new
        todo += [inner for name in new for inner in _codes(module[name])]
    return names, reached


@functools.cache
def _loaded(code: CodeType) -> frozenset[str]:
    return frozenset(one.argval for one in dis.get_instructions(code) if one.opname in ("LOAD_GLOBAL", "LOAD_NAME"))


def _codes(value: Any) -> Iterator[CodeType]:
    """Yield the code of a function of the script, however it is wrapped, or of the methods of a class or its object."""
    if isinstance(value, MethodType | staticmethod | classmethod):
        yield from _codes(value.__func__)
    elif isinstance(value, functools.partial | functools.cached_property):
        yield from _codes(value.func)
    elif isinstance(value, property):
        for function in (value.fget, value.fset):
            yield from _codes(function)
    elif isinstance(value, type):
        for base in value.__mro__:
            for attribute in vars(base).values() if base.__module__ == "__main__" else ():
                yield from _codes(attribute) if not isinstance(attribute, type) else ()
    elif isinstance(value, FunctionType):
        if value.__module__ == "__main__":
            yield value.__code__
    elif type(value).__module__ == "__main__":
        yield from _codes(type(value))
    if (wrapped := inspect.getattr_static(value, "__wrapped__", None)) is not None:
        yield from _codes(wrapped)


@functools.cache
def _set_late(script: Path) -> tuple[Late, dict[str, Late]]:
    """Return the names that a script sets or changes below its guard, and those that each of its functions does."""
    try:
        tree = ast.parse(script.read_bytes())
    except (OSError, SyntaxError):  # it is not what it was when it was started
        return Late(), {}
    below = Late()
    by_function: dict[str, Late] = {}
    for node in tree.body:
        if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            below |= Late(_bound(node), _changed(node))
            continue
        for function in ast.walk(node):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                declared = {name for one in ast.walk(function) if isinstance(one, ast.Global) for name in one.names}
                arguments = {one.arg for one in ast.walk(function) if isinstance(one, ast.arg)}
                late = Late(frozenset(declared), _changed(function) - _bound(function) - arguments)
                by_function[function.name] = by_function.get(function.name, Late()) | late
    return below, {name: late for name, late in by_function.items() if any(late)}


def _bound(node: ast.AST) -> frozenset[str]:
    """Return the names that are assigned, imported or defined within a node."""
    names: set[str] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and not isinstance(one.ctx, ast.Load):
            names.add(one.id)
        elif isinstance(one, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).split(".")[0] for alias in one.names)
        elif one is not node and isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(one.name)
    return frozenset(names)


def _changed(node: ast.AST) -> frozenset[str]:
    """Return the names of the objects that are changed within a node."""
    names = set()
    for one in ast.walk(node):
        place = one.func if isinstance(one, ast.Call) else one
        if isinstance(one, ast.Call) or isinstance(getattr(one, "ctx", None), ast.Store | ast.Del):
            names.add(_base(place) if isinstance(place, ast.Attribute | ast.Subscript) else None)
    return frozenset(name for name in names if name is not None)


def _base(place: ast.expr) -> str | None:
    """Return the name of the object that an attribute or item belongs to, however deep."""
    while isinstance(place, ast.Attribute | ast.Subscript):
        place = place.value
    return place.id if isinstance(place, ast.Name) else None
