"""Genes over listed values: what they refuse, draw, step to and write down. The fuzzed contracts are in test_space."""

import json
import math
import pickle
import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from space_strategies import FUZZ, listed

from deap_nn import InputError
from deap_nn.evolution import Individual
from deap_nn.space import TRAINING, Block, Choice, Chromosome, Float, Integer, LayerKind, SearchSpace

BATCHES = Integer(values=(16, 32, 64, 128, 512))
RATES = Float(values=(5e-4, 1e-3, 5e-3))
GENES = listed(Float, st.floats(-1e3, 1e3, allow_nan=False)) | listed(Integer, st.integers(-50, 999))


def through_json(kind):
    """Write and read again, as a file would."""
    return LayerKind.from_json(json.loads(json.dumps(kind.to_json(), allow_nan=False)))


# --- the unit scale: places, not values ---


def test_places_lie_evenly_on_the_unit_scale():
    assert [BATCHES.to_unit(value) for value in BATCHES.values] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert [BATCHES.from_unit(place) for place in (0.0, 0.12, 0.13, 0.5, 0.87, 0.88, 1.0)] == [
        16,
        16,
        32,
        64,
        128,
        512,
        512,
    ]
    assert [RATES.to_unit(value) for value in RATES.values] == [0.0, 0.5, 1.0]
    assert [RATES.from_unit(place) for place in (0.24, 0.26, 0.74, 0.76)] == [5e-4, 1e-3, 1e-3, 5e-3]


@FUZZ
@given(GENES)
def test_every_listed_value_returns_exactly(gene):
    places = [gene.to_unit(value) for value in gene.values]
    assert [gene.from_unit(place) for place in places] == list(gene.values)
    assert places == pytest.approx([place / (len(places) - 1) for place in range(len(places))])
    assert (gene.low, gene.high) == (gene.values[0], gene.values[-1]) and not gene.is_constant


def test_what_is_not_listed_lies_between_its_neighbours():
    assert BATCHES.to_unit(24) == 0.125 and BATCHES.to_unit(8) == 0.0 and BATCHES.to_unit(1000) == 1.0
    assert BATCHES.from_unit(-0.5) == 16 and BATCHES.from_unit(1.5) == 512
    assert BATCHES.neighbours(24) == [16, 32]


def test_neighbours_are_one_place_away():
    assert [BATCHES.neighbours(value) for value in (16, 32, 128, 512)] == [[32], [16, 64], [64, 512], [128]]
    assert [RATES.neighbours(value) for value in RATES.values] == [[1e-3], [5e-4, 5e-3], [1e-3]]
    assert Float(0.0, 1.0).neighbours(0.5) == []


# --- drawing and checking ---


@pytest.mark.parametrize("gene", [BATCHES, RATES])
def test_all_values_are_drawn_equally_often_or_those_of_start(gene):
    random.seed(1)
    counts = Counter(gene.sample() for _ in range(500))
    assert set(counts) == set(gene.values) and min(counts.values()) > 400 / len(gene.values)
    first, last = gene.values[0], gene.values[-1]
    weighted = Counter(replace(gene, start=(last, first, first)).sample() for _ in range(300))
    assert set(weighted) == {first, last} and weighted[first] == pytest.approx(200, abs=30)


@pytest.mark.parametrize(
    ("gene", "value"),
    [
        (BATCHES, 48),
        (BATCHES, 64.0),
        (BATCHES, "64"),
        (Integer(values=(1, 2)), True),
        (RATES, 2e-3),
        (Float(values=(1, 2)), 1),
        (RATES, math.nan),
    ],
)
def test_what_is_not_listed_is_refused(gene, value):
    with pytest.raises(
        InputError, match=rf"received {value!r}, expected {gene}; convert with (int|float)\(\) or choose"
    ):
        gene.check(value)


def test_start_does_not_bind_check():
    replace(BATCHES, start=(16,)).check(512)


def test_floats_are_floats_whatever_was_listed():
    gene = Float(values=[-0.0, 1], start=[1])
    assert repr(gene.values) == "(0.0, 1.0)" and repr(gene.start) == "(1.0,)" and type(gene.low) is float
    assert Integer(values=range(2, 9, 3)).values == (2, 5, 8)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Integer(values=()), r"values is \(\); expected at least two: give a constant as both low and high"),
        (lambda: Float(values=(0.5,)), r"values is \(0.5,\); expected at least two"),
        (lambda: Integer(values=(32, 16)), r"values is \(32, 16\), with 16 after 32; expected ascending: sort them"),
        (lambda: Float(values=(0.1, 0.3, 0.2)), "with 0.2 after 0.3; expected ascending"),
        (lambda: Integer(values=(16, 16, 32)), r"values is \(16, 16, 32\), with 16 twice; .*leave one out"),
        (lambda: Float(values=(0, -0.0)), "with 0.0 twice; expected all different"),
        (lambda: Integer(values=(16, 32.0)), r"values\[1\] is 32.0; expected an int"),
        (lambda: Integer(values=(False, True)), r"values\[0\] is False; expected an int"),
        (lambda: Float(values=(0.5, True)), r"values\[1\] is True; expected a number"),
        (lambda: Float(values=(0.5, "1")), r"values\[1\] is '1'; expected a number"),
        (lambda: Float(values=(0.5, math.nan)), r"values\[1\] is nan; expected a number"),
        (lambda: Float(values=(0.5, math.inf)), r"values\[1\] is inf; expected a number"),
        (lambda: Float(values=(0.5, None)), r"values\[1\] is None; expected a number"),
        (lambda: Integer(values=64), r"values is 64; expected a tuple of numbers, such as \(16, 32, 64\)"),
        (lambda: Integer(values="12"), "values is '12'; expected a tuple of numbers"),
        (lambda: Integer(values=b"12"), "values is b'12'; expected a tuple of numbers"),
        (lambda: Integer(values={16, 32}), "values is {.*}; expected a tuple of numbers"),
        (lambda: Integer(values=(1, 3), start=()), "start is empty; give at least one value, or None for all"),
        (lambda: Integer(values=(1, 3), start=(3, 2)), r"start holds 2, expected some of values \(1, 3\): list it or"),
        (lambda: Integer(values=(1, 3), start=(True,)), r"start\[0\] is True; expected an int"),
        (lambda: Integer(values=(1, 3), start=1), "start is 1; expected a tuple of numbers"),
        (lambda: Float(values=(0.1, 0.2), start=(0.1, 0.15)), "start holds 0.15, expected some of values"),
        (
            lambda: Integer(1, 9, values=(2, 4)),
            "received low=1, high=9 beside values; expected values alone: leave out low, high",
        ),
        (lambda: Integer(step=2, values=(2, 4)), "received step=2 beside values; .*leave out step"),
        (lambda: Float(log=True, values=(0.1, 0.2)), "received log=True beside values; .*leave out log"),
        (lambda: Float(high=1.0, values=(0.1, 0.2)), "received high=1.0 beside values"),
        (lambda: Integer(), r"low is None and high is None; expected both limits, or a list by its name: values=\("),
        (lambda: Float(0.5), "low is 0.5 and high is None; expected both limits"),
        (lambda: Integer((16, 32, 64)), r"low is \(16, 32, 64\) and high is None; .*a list by its name: values="),
    ],
)
def test_a_list_refuses_nonsense_at_construction(make, match):
    with pytest.raises(InputError, match=match):
        make()


# --- in words and on disk ---


def test_genes_and_spaces_show_the_values():
    assert str(BATCHES) == "one of the ints 16, 32, 64, 128, 512"
    assert str(replace(RATES, start=(1e-3, 5e-3))) == "one of the floats 0.0005, 0.001, 0.005, starts from 0.001, 0.005"
    space = SearchSpace("s", (), LayerKind(TRAINING, {"batch_size": BATCHES}))
    assert space.describe().splitlines()[-1] == "    batch_size  one of the ints 16, 32, 64, 128, 512"


def test_a_list_is_written_without_limits_and_limits_without_a_list():
    """So that spaces in old runs and caches stay what they were."""
    assert BATCHES.to_json() == {"type": "integer", "values": [16, 32, 64, 128, 512], "start": None}
    assert replace(RATES, start=(1e-3,)).to_json() == {"type": "float", "values": [5e-4, 1e-3, 5e-3], "start": [1e-3]}
    assert Float(0.0, 1.0).to_json() == {"type": "float", "low": 0.0, "high": 1.0, "log": False, "start": None}
    assert list(Integer(1, 9, 2, start=(3,)).to_json().items()) == [
        *(("type", "integer"), ("low", 1), ("high", 9), ("step", 2), ("log", False), ("start", [3])),
    ]


@FUZZ
@given(GENES)
def test_a_list_survives_json_pickle_replace_and_repr(gene):
    kind = LayerKind("kind", {"gene": gene})
    assert through_json(kind) == kind
    assert pickle.loads(pickle.dumps(gene)) == replace(gene) == eval(repr(gene)) == gene
    assert hash(replace(gene)) == hash(gene)


def test_descriptions_are_checked_as_constructors_are():
    described = {"name": "k", "takes": "any", "build": None}
    with pytest.raises(InputError, match="expected ascending"):
        LayerKind.from_json({**described, "genes": {"g": {"type": "integer", "values": [2, 1]}}})
    whole = LayerKind.from_json({**described, "genes": {"g": {"type": "float", "values": [1, 2]}}})
    assert whole.genes["g"] == Float(values=(1.0, 2.0))


def test_a_list_is_no_range_and_no_choice():
    assert Integer(values=(1, 2, 3)) != Integer(1, 3) and Float(values=(1, 2)) != Float(1, 2)
    assert Integer(values=(1, 2)) != Float(values=(1, 2)) and Integer(values=(1, 2)) != Choice((1, 2))


def test_equal_values_have_one_canonical_form_and_others_are_refused():
    kind = LayerKind("layer", {"filters": Integer(values=(8, 64)), "rate": Float(values=(0, 1))})
    space = SearchSpace("s", (Block(kind, 1, 1),), LayerKind(TRAINING, {}))
    random.seed(1)
    forms = {Individual(space.sample()).canonical() for _ in range(100)}
    assert len(forms) == 4
    with pytest.raises(InputError, match=r"gene 'filters': received 16, expected one of the ints 8, 64"):
        space.validate([Chromosome("layer", {"filters": 16, "rate": 0.0}), Chromosome(TRAINING, {})])
