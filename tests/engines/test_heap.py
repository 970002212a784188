"""The heap of a child: what is freed stays at hand during an evaluation and not after it."""

import ctypes
import os
from pathlib import Path

import engine_stubs as stubs
import pytest

from deap_nn.engines import make_engine
from deap_nn.engines.child import procfs
from deap_nn.engines.devices import child_environment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library is not glibc"),
]
SIZE = 200_000_000
HUGE_PAGES = "/sys/kernel/mm/transparent_hugepage/enabled"


def glibc():
    """The version of the C library, such as (2, 36)."""
    return tuple(map(int, os.confstr("CS_GNU_LIBC_VERSION").split()[1].split(".")))


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


@pytest.mark.skipif(
    not Path(HUGE_PAGES).exists() or "[never]" in Path(HUGE_PAGES).read_text() or glibc() < (2, 35),
    reason="the kernel or the C library has no large pages to give",
)
def test_large_blocks_lie_on_large_pages(nothing_left):
    with make_engine("processes", workers=1) as engine:
        (outcome,) = engine.map(stubs.huge_pages, [SIZE])
    assert outcome.value > SIZE / 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, "glibc.malloc.hugetlb=1"),
        ({"GLIBC_TUNABLES": "glibc.malloc.check=3"}, "glibc.malloc.check=3:glibc.malloc.hugetlb=1"),
        ({"GLIBC_TUNABLES": "glibc.malloc.hugetlb=0"}, "glibc.malloc.hugetlb=0"),
    ],
)
def test_what_the_environment_says_of_the_heap_stays(before, after):
    assert child_environment(0, (), 1, 1, before)["GLIBC_TUNABLES"] == after
