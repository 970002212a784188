"""Functions that are run many times over on tensors of one shape: on a GPU, captured once and replayed.

A step of a small network is some hundred kernels of a few microseconds each. Launched one by one from Python they take
ten times as long as they run; a captured CUDA graph launches them all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

import torch

Function = Callable[..., None]
"""Takes tensors of fixed shapes and changes others in place, without waiting for the GPU."""


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


class Repeated:
    """A function that is captured when it is called for the second time.

    The first call runs it as it is: libraries choose their algorithms and take their memory then, which cannot be
    captured; and what is needed only once, such as the last batch of a short training, costs no graph.

    Args:
        function: The function.
        room: Where its graph is to be.
    """

    def __init__(self, function: Function, room: Room) -> None:
        self._function, self._room = function, room  # the graph goes on reading the tensors that the function holds
        self._calls = 0
        self._inputs: list[torch.Tensor] = []
        self._graph = torch.cuda.CUDAGraph()

    def __call__(self, *values: torch.Tensor) -> None:
        """Do what the function does."""
        self._calls += 1
        if self._calls == 1:
            self._function(*values)
            return
        if self._calls == 2:
            self._capture(values)
        for own, value in zip(self._inputs, values, strict=True):
            own.copy_(value)
        self._graph.replay()

    def _capture(self, values: Sequence[torch.Tensor]) -> None:
        """Record what the function does, without doing it.

        Not with `torch.cuda.graph`: that collects garbage and empties PyTorch's caches first, each time.
        """
        self._inputs = [one.clone() for one in values]
        self._room.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._room.stream):
            self._graph.capture_begin(pool=self._room.pool)
            try:
                self._function(*self._inputs)
            except BaseException:
                with suppress(RuntimeError):  # of a capture that came to nothing; what it came to it by is raised
                    self._graph.capture_end()
                raise
            self._graph.capture_end()
        torch.cuda.current_stream().wait_stream(self._room.stream)


def repeated(function: Function, room: Room | None) -> Function:
    """Return a function that does the same, as a graph where there is a GPU; see `Repeated`."""
    return function if room is None else Repeated(function, room)
