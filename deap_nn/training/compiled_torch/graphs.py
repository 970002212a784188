"""Functions that are run many times over on tensors of one shape: on a GPU, captured once and replayed.

A step of a small network is some hundred kernels of a few microseconds each. Launched one by one from Python they take
ten times as long as they run; a captured CUDA graph launches them all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

Function = Callable[..., None]
"""Takes tensors of fixed shapes and changes others in place."""


class Captured:
    """A function as a CUDA graph.

    Args:
        function: The function; it must not wait for the GPU.
        inputs: Tensors of the shapes that it will be called with.
        changed: All tensors that it changes; they are as before when it has been captured.
        pool: The memory that graphs which are not replayed at the same time share.
    """

    def __init__(
        self, function: Function, inputs: Sequence[torch.Tensor], changed: Sequence[torch.Tensor], pool: object
    ) -> None:
        self._function = function  # The graph goes on reading the tensors that it holds
        self._inputs = [one.clone() for one in inputs]
        before, random_state = [one.clone() for one in changed], torch.cuda.get_rng_state()
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):  # libraries choose their algorithms and take their memory, outside the graph
            function(*self._inputs)
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, pool=pool):
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
    function: Function, inputs: Sequence[torch.Tensor], changed: Sequence[torch.Tensor], pool: object
) -> Function:
    """Return a function that does the same, as a graph where there is a GPU; see `Captured`."""
    return Captured(function, inputs, changed, pool) if inputs[0].is_cuda else function
