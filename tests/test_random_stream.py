"""The evolution's stream of random numbers, and what is kept off it."""

import random
import sys
from types import ModuleType

import pytest

from deap_nn.random_stream import branch, keep_off, protected, seeded


@pytest.fixture
def library(monkeypatch):
    """A package that draws from `random` in a module of its own, in both ways of importing it."""
    module = ModuleType("stub_library.waiting")
    exec("import random\nfrom random import randint\nnumber = 1", vars(module))
    monkeypatch.setitem(sys.modules, "stub_library.waiting", module)
    return module


def test_the_stream_goes_on_after_what_is_protected_or_a_branch():
    with seeded(3):
        expected = [random.random() for _ in range(3)]
    with seeded(3):
        drawn = [random.random()]
        with protected():
            random.random()
        drawn.append(random.random())
        with branch(3, 7):
            random.seed(1)
        drawn.append(random.random())
    assert drawn == expected


def test_a_branch_belongs_to_its_number_alone():
    draws = []
    for before, number in ((0, 7), (5, 7), (0, 8)):
        with seeded(3):
            [random.random() for _ in range(before)]
            with branch(3, number):
                draws.append(random.random())
    assert draws[0] == draws[1] != draws[2]


def test_a_library_that_is_kept_off_draws_elsewhere(library):
    keep_off("stub_library")
    state = random.getstate()
    assert 0 <= library.random.uniform(0, 1) <= 1
    assert library.randint(4, 4) == 4
    assert random.getstate() == state
    assert library.number == 1


def test_other_packages_are_left_alone(library):
    keep_off("stub", "library")
    assert library.random is random
    assert library.randint == random.randint
