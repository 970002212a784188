"""The back ends that a test may run on: all that are installed."""

from importlib import import_module
from importlib.util import find_spec

import pytest

NAMES = ["compiled_tf", "portable", *(["compiled_torch"] if find_spec("torch") else [])]
WAYS = pytest.mark.parametrize(
    "way", [import_module(f"deap_nn.training.{name}.trainer").start for name in NAMES], ids=NAMES
)
