"""Hypothesis strategies for genes, layer kinds and search spaces."""

import math

from hypothesis import settings
from hypothesis import strategies as st

from deap_nn.space import TRAINING, Block, Choice, Float, Integer, LayerKind, SearchSpace

FUZZ = settings(max_examples=30, deadline=None, database=None)
OPTIONS = ("relu", "tanh", None, True, False, 2, 3.5)

# --- random search spaces ---


@st.composite
def listed(draw, gene, numbers):
    values = sorted(draw(st.lists(numbers, min_size=2, max_size=6, unique=True)))
    start = draw(st.none() | st.lists(st.sampled_from(values), min_size=1, max_size=3).map(tuple))
    return gene(values=values, start=start)


@st.composite
def float_ranges(draw):
    log = draw(st.booleans())
    value = st.floats(1e-6 if log else -1e3, 1e3, allow_nan=False)
    # -0.0 before 0.0, which are equal: Hypothesis refuses the range from 0.0 to -0.0
    low, high = sorted(draw(st.tuples(value, value)), key=lambda one: (one, math.copysign(1.0, one)))
    inside = st.floats(low, high)
    start = draw(st.none() | st.tuples(inside, inside).map(sorted).map(tuple))
    return Float(low, high, log, start)


def floats():
    return float_ranges() | listed(Float, st.floats(-1e3, 1e3, allow_nan=False))


@st.composite
def integer_ranges(draw):
    log = draw(st.booleans())
    low, step, steps = draw(st.tuples(st.integers(1 if log else -50, 50), st.integers(1, 8), st.integers(0, 20)))
    values = range(low, low + step * steps + 1, step)
    start = draw(st.none() | st.lists(st.sampled_from(values), min_size=1, max_size=3).map(tuple))
    return Integer(low, values[-1], step, log, start)


def integers():
    return integer_ranges() | listed(Integer, st.integers(-50, 999))


@st.composite
def choices(draw):
    options = tuple(draw(st.lists(st.sampled_from(OPTIONS), min_size=1, unique=True)))
    return Choice(options, draw(st.none() | st.lists(st.sampled_from(options), min_size=1, max_size=2).map(tuple)))


genes = floats() | integers() | choices()


def kinds(name, takes="any"):
    named = st.dictionaries(st.sampled_from("abcd"), genes, max_size=4)
    return named.map(lambda named: LayerKind(name, named, takes))


@st.composite
def blocks(draw, name, takes):
    low, more = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    high = max(low + more, 1)
    start = draw(st.none() | st.tuples(st.integers(low, high), st.integers(low, high)).map(sorted).map(tuple))
    pool_every, pool_last = (0, False) if takes == "flat" else draw(st.tuples(st.integers(0, 3), st.booleans()))
    kind = draw(kinds(draw(st.sampled_from([name, "shared"])), takes))
    return Block(kind, low, high, pool_every, pool_last, start, name)


@st.composite
def search_spaces(draw):
    """Spaces of up to four blocks; depths from nothing, kinds of one name, constant genes and kinds without any."""
    takes = draw(st.sampled_from(["", "m", "a", "f", "mf", "maf", "mm", "ffa", "mmff"]))
    named = {"m": "map", "a": "any", "f": "flat"}
    drawn = [draw(blocks(f"block{index}", named[letter])) for index, letter in enumerate(takes)]
    return SearchSpace("fuzz", tuple(drawn), draw(kinds(TRAINING)))
