"""Functions that are run many times over on tensors of one shape: on a GPU, captured once and replayed.

A step of a small network is some hundred kernels of a few microseconds each. Launched one by one from Python they take
ten times as long as they run; a captured CUDA graph launches them all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch

Function = Callable[..., None]
"""Takes tensors of fixed shapes and changes others in place."""


class Room(NamedTuple):
    """What graphs that live and die together share.

    A pool whose last graph has gone cannot be used again, and PyTorch may give back the memory that cuBLAS has for a
    stream when any graph goes that was captured on it (https://github.com/pytorch/pytorch/issues/193402).

    Attributes:
        pool: Their memory: they are not replayed at the same time.
        stream: What they are captured on.
    """

    pool: object
    stream: torch.cuda.Stream


def room(device: torch.device) -> Room | None:
    """Return a new room, where there is a GPU."""
    return Room(torch.cuda.graph_pool_handle(), torch.cuda.Stream()) if device.type == "cuda" else None


class Captured:
    """A function as a CUDA graph.

    Args:
        function: The function; it must not wait for the GPU.
        inputs: Tensors of the shapes that it will be called with.
        changed: All tensors that it changes; they are as before when it has been captured.
        room: Where the graph is.
    """

    def __init__(
        self, function: Function, inputs: Sequence[torch.Tensor], changed: Sequence[torch.Tensor], room: Room
    ) -> None:
        self._function = function  # the graph reads tensors of its own, such as learning rates, where they lie
        self._inputs = [one.clone() for one in inputs]
        before, random_state = [one.clone() for one in changed], torch.cuda.get_rng_state()
        room.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(room.stream):  # libraries choose algorithms and take memory, outside the graph
            function(*self._inputs)
        torch.cuda.current_stream().wait_stream(room.stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, pool=room.pool, stream=room.stream):
            function(*self._inputs)
        for one, value in zip(changed, before, strict=True):
            one.copy_(value)
        torch.cuda.set_rng_state(random_state)

    def __call__(self, *values: torch.Tensor) -> None:
        """Do what the function does."""
        for own, value in zip(self._inputs, values, strict=True):
            own.copy_(value)
        self._graph.replay()


def repeatable(
    function: Function, inputs: Sequence[torch.Tensor], changed: Sequence[torch.Tensor], room: Room | None
) -> Function:
    """Return a function that does the same, as a graph where there is a GPU; see `Captured`."""
    return function if room is None else Captured(function, inputs, changed, room)
