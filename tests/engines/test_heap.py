"""The heap of a child: what is freed stays at hand during an evaluation and not after it."""

import ctypes

import engine_stubs as stubs
import pytest

from deap_nn.engines import make_engine
from deap_nn.engines.child import procfs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library is not glibc"),
]
SIZE = 200_000_000


@pytest.mark.parametrize("in_thread", [False, True])
def test_blocks_that_were_freed_are_used_again(in_thread, nothing_left):
    with make_engine("processes", workers=1) as engine:
        (outcome,) = engine.map(stubs.pages_of_a_second_block, [SIZE], [in_thread])
    assert outcome.value < 100


def test_a_child_hands_back_what_is_free_when_an_evaluation_ends(nothing_left):
    with make_engine("processes", workers=1) as engine:
        (before,) = engine.map(stubs.process, [0])
        at_rest = procfs.resident(before.value)
        (outcome,) = engine.map(stubs.pages_of_a_second_block, [SIZE], [False])
        assert outcome.worker == before.worker
        assert procfs.resident(before.value) - at_rest < SIZE / 10
