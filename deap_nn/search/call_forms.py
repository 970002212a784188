"""What people pass to `evolve`, in the forms that other tools have taught them, as the one form that we use.

Where a form could mean two things, or something that does not exist here, a sentence says what to pass.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from deap_nn.data import DataSpec, load
from deap_nn.errors import InputError
from deap_nn.search.settings import Settings, all_settings
from deap_nn.space import PRESETS, SearchSpace

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
FORMS = (
    "a data set's name, an .npz file, (x_train, y_train), (x_train, y_train, x_test, y_test), "
    "((x_train, y_train), (x_test, y_test)) or a dict with these names"
)
ELSEWHERE = {
    "epochs": "epochs are a gene: set them in the space's training kind, such as Integer(5, 25)",
    "batch_size": "the batch size is a gene of the space's training kind",
    "learning_rate": "the learning rate is a gene of the space's training kind",
    "optimizer": "the optimizer is a gene of the space's training kind",
    "target": "it is called stop_at",
}


def space_of(space: SearchSpace | str | None) -> SearchSpace:
    """Return a search space, also by the name of a preset."""
    if isinstance(space, SearchSpace):
        return space
    if not isinstance(space, str) or space not in PRESETS:
        raise InputError(f"space is {space!r}, expected a SearchSpace or the name of a preset: {', '.join(PRESETS)}")
    return PRESETS[space]


def space_for(data: str | os.PathLike[str] | tuple[Any, ...]) -> SearchSpace:
    """Return the space that suits data when none is named: `vision` for images, `tabular` for features.

    Args:
        data: Data in the form that `data_of` returns.
    """
    axes = np.ndim(data[0]) - 1 if isinstance(data, tuple) else len(load(DataSpec(os.fspath(data))).input_shape)
    return PRESETS["tabular" if axes == 1 else "vision"]


def settings_of(given: Mapping[str, Any]) -> Settings:
    """Return the settings given by name, with an InputError that helps where there is no such setting."""
    known = all_settings()
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = ELSEWHERE.get(name) or (f"did you mean {near[0]}?" if near else f"settings are {', '.join(known)}")
            raise InputError(f"received {name}={given[name]!r}, which is no setting: {hint}")
    return Settings(**given)


def data_of(data: Any) -> str | os.PathLike[str] | tuple[Any, ...]:
    """Return data as a name, a file, or a tuple of two or four arrays in the order of `ARRAYS`."""
    if isinstance(data, str | os.PathLike):
        return data
    if isinstance(data, Mapping):
        return _by_name(data)
    if isinstance(data, tuple | list) and len(data) == 2 and all(_is_pair(part) for part in data):
        return (*data[0], *data[1])
    if isinstance(data, tuple | list) and len(data) == 2:
        return tuple(data)
    if isinstance(data, tuple | list) and len(data) == 4:
        return _in_our_order(data)
    what = f"{len(data)} items" if isinstance(data, tuple | list) else f"a {type(data).__name__}"
    raise InputError(f"data: received {what}, expected {FORMS}; of a generator or a tf.data pipeline, collect arrays")


def _is_pair(part: Any) -> bool:
    """Tell whether something is a pair `(x, y)`, and not an array or a list of two samples."""
    return isinstance(part, tuple) and len(part) == 2


def _by_name(data: Mapping[str, Any]) -> tuple[Any, ...]:
    unknown = [str(name) for name in data if name not in ARRAYS]
    missing = [name for name in ARRAYS[:2] if name not in data]
    if unknown or missing or ("x_test" in data) != ("y_test" in data):
        raise InputError(f"data: received a dict with {', '.join(map(str, data))}, expected {', '.join(ARRAYS)}")
    return tuple(data[name] for name in ARRAYS if name in data)


def _in_our_order(data: Any) -> tuple[Any, ...]:
    """Tell by their shapes whether four arrays come in our order or in that of scikit-learn's `train_test_split`."""
    a, b, c, d = data
    ours, scikit_learns = _fit(a, b, c, d), _fit(a, c, b, d)
    if ours and scikit_learns:
        raise InputError(
            "data: received four arrays that fit as (x_train, y_train, x_test, y_test) and, in scikit-learn's order, "
            "as (x_train, x_test, y_train, y_test): pass a dict with these names"
        )
    return (a, c, b, d) if scikit_learns else (a, b, c, d)


def _fit(x_train: Any, y_train: Any, x_test: Any, y_test: Any) -> bool:
    """Tell whether four arrays can be samples and labels of two splits."""
    try:
        shapes = [np.shape(array) for array in (x_train, y_train, x_test, y_test)]
    except ValueError as error:  # lists of lists of different lengths
        raise InputError("data: received rows that differ in length, expected arrays of numbers") from error
    if any(len(shape) == 0 for shape in shapes):
        return False
    lengths, samples = [shape[0] for shape in shapes], [shape[1:] for shape in shapes]
    are_labels = len(shapes[1]) <= 2 and len(shapes[3]) <= 2
    return lengths[0] == lengths[1] and lengths[2] == lengths[3] and samples[0] == samples[2] and are_labels
