"""Anything becomes plain data that JSON holds."""

import json
import math
from enum import Enum

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deap_nn.evolution import FitnessValues, Record, storable
from deap_nn.status import Status


class Colour(str, Enum):
    RED = "red"


class Tensor:
    def numpy(self):
        return np.array([1.5, math.nan])


class Odd:
    def __repr__(self):
        return "odd"


ITSELF = []
ITSELF.append(ITSELF)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (math.nan, None), (math.inf, None), (-math.inf, None), (1.5, 1.5), (True, True), (None, None), ("a", "a"),
        (np.float32(0.5), 0.5), (np.float64("nan"), None), (np.int64(3), 3), (np.bool_(True), True),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]), (np.array(math.inf), None), (Tensor(), [1.5, None]),
        ((1, (2, math.nan)), [1, [2, None]]), ({3, 1, 2}, [1, 2, 3]), ({1: {"a": math.inf}}, {"1": {"a": None}}),
        (Colour.RED, "red"), (Status.LOST, "lost"), (Odd(), "odd"), (b"bytes", "b'bytes'"), (1 + 2j, "(1+2j)"),
    ],
)  # fmt: skip
def test_what_becomes_of_values(value, plain):
    made = storable(value)
    assert made == plain and type(made) is type(plain)
    assert json.loads(json.dumps(made, allow_nan=False)) == plain


def test_what_holds_itself_comes_to_an_end():
    json.dumps(storable(ITSELF), allow_nan=False)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.integers() | st.text(), inner) | st.tuples(inner),
    max_leaves=10,
)


@settings(max_examples=100, deadline=None, database=None)
@given(anything)
def test_anything_can_be_stored_and_stays_as_it_is_from_then_on(value):
    once = storable(value)
    assert json.loads(json.dumps(once, allow_nan=False)) == once == storable(once)


def test_a_record_can_always_be_stored():
    history = {"loss": [1.0, math.nan], "val_accuracy": [np.float32(0.5), math.inf]}
    record = Record(Status.FAILED, history=history, extra={"mine": np.arange(2)})
    expected = {"loss": [1.0, None], "val_accuracy": [0.5, None]}
    assert json.loads(json.dumps(record.to_json(), allow_nan=False))["history"] == expected
    assert FitnessValues((0.5,), {"mine": {math.nan}}).record.to_json()["mine"] == [None]
