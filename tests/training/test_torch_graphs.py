"""What is captured as a graph: that capturing leaves no trace, and that calls reach the graph; with a stub for CUDA."""

import gc
import weakref
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch", reason="PyTorch, whose back end is tested, is not installed")

from deap_nn.training.compiled_torch import graphs
from deap_nn.training.compiled_torch.graphs import Captured, Room, repeatable

pytestmark = pytest.mark.slow  # the package imports Keras


@pytest.fixture
def cuda(monkeypatch):
    """A stub of `torch.cuda` that notes what is done, in `did`."""
    did = []

    @contextmanager
    def stream_of(stream):
        did.append(f"on {stream.name}")
        yield
        did.append(f"off {stream.name}")

    @contextmanager
    def capture(graph, pool, stream):
        did.append(f"capture in {pool} on {stream.name}")
        yield
        did.append("captured")

    def stream(name):
        return SimpleNamespace(name=name, wait_stream=lambda other: did.append(f"{name} waits for {other.name}"))

    stub = SimpleNamespace(
        did=did,
        room=Room("pool", stream("side")),
        stream=stream_of,
        graph=capture,
        current_stream=lambda: stream("main"),
        CUDAGraph=lambda: SimpleNamespace(replay=lambda: did.append("replay")),
        get_rng_state=lambda: "state",
        set_rng_state=lambda state: did.append(f"random {state}"),
    )
    monkeypatch.setattr(graphs.torch, "cuda", stub)
    return stub


def test_capturing_leaves_everything_as_it_was(cuda):
    total, count = torch.ones(3), torch.tensor(5)

    def function(x):
        cuda.did.append("call")
        total.add_(x)
        count.add_(1)

    Captured(function, [torch.full((3,), 2.0)], [total, count], cuda.room)
    assert total.tolist() == [1, 1, 1]
    assert count.item() == 5
    assert cuda.did == [
        "side waits for main",
        "on side",
        "call",  # for the libraries
        "off side",
        "main waits for side",
        "capture in pool on side",
        "call",
        "captured",
        "random state",
    ]


def test_a_call_hands_its_values_to_the_graph(cuda):
    seen = []
    first, second = torch.zeros(2), torch.zeros(1)
    captured = Captured(lambda *inputs: seen.append(inputs), [first, second], [], cuda.room)
    assert all(own is not given for own, given in zip(seen[0], (first, second), strict=True))
    assert all(one is other for one, other in zip(*seen, strict=True))  # at one place in memory
    cuda.did.clear()
    captured(torch.tensor([3.0, 4.0]), torch.tensor([5.0]))
    assert [own.tolist() for own in seen[0]] == [[3, 4], [5]]
    assert cuda.did == ["replay"]
    assert first.tolist() == [0, 0]


def test_what_the_function_reads_lives_as_long_as_the_graph(cuda):
    rates = torch.ones(4)
    reference = weakref.ref(rates)
    captured = Captured(lambda x, rates=rates: x.mul_(rates), [torch.ones(4)], [], cuda.room)
    del rates
    gc.collect()
    assert reference() is not None
    del captured
    gc.collect()
    assert reference() is None


def test_without_a_gpu_the_function_stays_itself():
    assert graphs.room(torch.device("cpu")) is None
    assert repeatable(print, [torch.ones(1)], [], None) is print
