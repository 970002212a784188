"""What is captured as a graph, when, and that calls reach it; with a stub for CUDA."""

import gc
import weakref
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch", reason="PyTorch, whose back end is tested, is not installed")

from deap_nn.training.compiled_torch import graphs
from deap_nn.training.compiled_torch.graphs import Repeated, Room, repeated

pytestmark = pytest.mark.slow  # the package imports Keras


@pytest.fixture
def cuda(monkeypatch):
    """A stub of `torch.cuda` that notes what is done, in `did`."""
    did = []

    @contextmanager
    def on(stream):
        did.append(f"on {stream.name}")
        yield
        did.append(f"off {stream.name}")

    class Graph:
        def capture_begin(self, pool):
            did.append(f"begin in {pool}")

        def capture_end(self):
            did.append("end")

        def replay(self):
            did.append("replay")

    def stream(name):
        return SimpleNamespace(name=name, wait_stream=lambda other: did.append(f"{name} waits for {other.name}"))

    stub = SimpleNamespace(
        did=did,
        room=Room("pool", stream("side")),
        stream=on,
        current_stream=lambda: stream("main"),
        CUDAGraph=Graph,
    )
    monkeypatch.setattr(graphs.torch, "cuda", stub)
    return stub


def test_the_first_call_is_made_as_it_is_and_the_second_captured(cuda):
    function = Repeated(lambda x: cuda.did.append("call"), cuda.room)
    one = torch.zeros(3)
    function(one)
    assert cuda.did == ["call"]
    function(one)
    captured = ["side waits for main", "on side", "begin in pool", "call", "end", "off side", "main waits for side"]
    assert cuda.did == ["call", *captured, "replay"]
    function(one)
    assert cuda.did == ["call", *captured, "replay", "replay"]


def test_what_fails_while_it_is_captured_ends_the_capture(cuda):
    def function(x):
        if "begin in pool" in cuda.did:
            raise MemoryError

    failing = Repeated(function, cuda.room)
    failing(torch.zeros(1))
    with pytest.raises(MemoryError):
        failing(torch.zeros(1))
    assert "end" in cuda.did


def test_a_call_hands_its_values_to_the_graph(cuda):
    seen = []
    first, second = torch.zeros(2), torch.zeros(1)
    function = Repeated(lambda *inputs: seen.append(inputs), cuda.room)
    function(first, second)
    function(first, second)
    own = seen[1]
    assert all(one is not given for one, given in zip(own, (first, second), strict=True))
    function(torch.tensor([3.0, 4.0]), torch.tensor([5.0]))
    assert [one.tolist() for one in own] == [[3, 4], [5]]
    assert len(seen) == 2
    assert first.tolist() == [0, 0]


def test_what_the_function_reads_lives_as_long_as_the_graph(cuda):
    rates = torch.ones(4)
    reference = weakref.ref(rates)
    captured = Repeated(lambda x, rates=rates: x.mul_(rates), cuda.room)
    del rates
    gc.collect()
    assert reference() is not None
    del captured
    gc.collect()
    assert reference() is None


def test_without_a_gpu_the_function_stays_itself():
    assert graphs.room(torch.device("cpu")) is None
    assert repeated(print, None) is print
