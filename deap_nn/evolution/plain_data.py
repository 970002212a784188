"""Plain data of anything: the one place where what functions, hooks and frameworks return is made storable."""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import Any

DEEPEST = 20
"""Levels of nesting beyond which a value is described in words; it may hold itself."""

LONGEST = 500
"""Characters of such a description."""


def storable(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON can hold it.

    Numbers that are not finite become None, numbers and arrays of NumPy and other frameworks become Python's, tuples
    and sets become lists, keys become strings; anything else becomes its `repr`.

    Args:
        value: Anything.
        depth: How deep the value lies in another one.
    """
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if depth < DEEPEST:
        if isinstance(value, Mapping):
            return {str(key): storable(one, depth + 1) for key, one in value.items()}
        if isinstance(value, AbstractSet):
            return sorted((storable(one, depth + 1) for one in value), key=repr)
        if isinstance(value, list | tuple):
            return [storable(one, depth + 1) for one in value]
        for method in ("tolist", "numpy"):  # of NumPy and PyTorch; of TensorFlow
            if callable(getattr(value, method, None)):
                return storable(getattr(value, method)(), depth + 1)
    return repr(value)[:LONGEST]
