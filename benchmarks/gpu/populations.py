"""Whether networks of equal shape should be trained together: three ways for a small convolutional network.

K networks, each with its own weights and its own batch: one after the other, together in convolutions of K groups, and
together through `torch.func.vmap` over stacked weights. Each way is one captured CUDA graph with forward pass, backward
pass and a step with momentum (one graph per network where they go one after the other). The figures are milliseconds
per step and network. Batch normalisation keeps no averages here.
"""

from __future__ import annotations

import argparse
import itertools
import time
import traceback
from collections.abc import Callable
from typing import Any

import output
import torch
from torch import Tensor
from torch.func import grad_and_value, vmap
from torch.nn import functional

CHANNELS = (3, 32, 64, 128)
CLASSES = 10
RATE, MOMENTUM = 0.01, 0.9
GPU = torch.cuda.is_available()
DEVICE = "cuda" if GPU else "cpu"
Step = Callable[[], Tensor]
"""Takes one step and returns the losses of its networks."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this part."""
    parser.add_argument("--sizes", type=int, nargs="*", default=[1, 4, 8], metavar="K", help="(default: 1 4 8)")
    parser.add_argument("--smoke", action="store_true", help="toy size, to be tried out without a GPU")


def main(options: argparse.Namespace) -> None:
    """Measure each way at each size."""
    torch.backends.cudnn.benchmark = True
    batch, steps = (8, 2) if options.smoke else (128, 100)
    rows = []
    for count in options.sizes:
        row: dict[str, Any] = {"networks": count}
        losses = {}
        for name, make in WAYS.items():
            try:
                losses[name], row[name] = _measured(make(count, batch), steps, count)
            except Exception:  # one way that fails leaves the others their time
                traceback.print_exc()
                row[name] = "failed"
        first = next(iter(losses.values()), torch.zeros(()))
        row["losses differ by"] = max((float((one - first).abs().max()) for one in losses.values()), default=0.0)
        output.keep(options, {"part": "populations", "batch": batch, **row})
        output.table([row])
        rows.append(row)
    print("milliseconds per step and network:")
    output.table(rows)


# --- the network ---


def _weights(count: int) -> list[Tensor]:
    """Return stacked weights, networks first: kernels, scales and shifts of each block, then the last layer's."""
    generator = torch.Generator().manual_seed(0)
    weights = []
    for channels, filters in itertools.pairwise(CHANNELS):
        kernel = torch.randn(count, filters, channels, 3, 3, generator=generator) / (9 * channels) ** 0.5
        weights += [kernel, torch.ones(count, filters), torch.zeros(count, filters)]
    weights.append(torch.randn(count, CHANNELS[-1], CLASSES, generator=generator) / CHANNELS[-1] ** 0.5)
    return [one.to(DEVICE) for one in weights]


def _batch(count: int, size: int) -> tuple[Tensor, Tensor]:
    """Return images and classes, networks first."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(count, size, CHANNELS[0], 32, 32, generator=generator)
    return x.to(DEVICE), torch.randint(CLASSES, (count, size), generator=generator).to(DEVICE)


def _losses(weights: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
    """Return the loss of each network, for images whose channels lie side by side, (samples, networks * channels)."""
    count = len(weights[0])
    for kernel, scale, shift in zip(weights[:-1:3], weights[1:-1:3], weights[2:-1:3], strict=True):
        x = functional.conv2d(x, kernel.flatten(0, 1), padding=1, groups=count)
        x = functional.batch_norm(x, None, None, scale.flatten(), shift.flatten(), training=True)
        x = functional.max_pool2d(functional.relu(x), 2)
    features = x.mean((2, 3)).unflatten(1, (count, -1)).transpose(0, 1)
    scores = torch.bmm(features, weights[-1])
    return functional.cross_entropy(scores.flatten(0, 1), y.flatten(), reduction="none").unflatten(0, y.shape).mean(1)


def _update(weights: list[Tensor], moments: list[Tensor], gradients: list[Tensor]) -> None:
    torch._foreach_mul_(moments, MOMENTUM)
    torch._foreach_add_(moments, gradients)
    torch._foreach_add_(weights, moments, alpha=-RATE)


# --- the ways ---


def _grouped(count: int, size: int, layout: torch.memory_format, which: slice = slice(None)) -> Step:
    """Return the step of a population in grouped convolutions; with one network, that of an ordinary training."""
    weights = [one[which].clone() for one in _weights(count)]
    x, y = (one[which] for one in _batch(count, size))
    x = x.transpose(0, 1).flatten(1, 2).contiguous(memory_format=layout)
    moments = [torch.zeros_like(one) for one in weights]
    for one in weights:
        one.requires_grad_()

    def step() -> Tensor:
        losses = _losses(weights, x, y)
        gradients = torch.autograd.grad(losses.sum(), weights)
        with torch.no_grad():
            _update(weights, moments, list(gradients))
        return losses.detach()

    return _captured(step)


def _one_by_one(count: int, size: int) -> Step:
    steps = [_grouped(count, size, torch.channels_last, slice(i, i + 1)) for i in range(count)]
    return lambda: torch.cat([step() for step in steps])


def _stacked(count: int, size: int) -> Step:
    """Return the step of a population through `vmap`."""
    weights, (x, y) = _weights(count), _batch(count, size)
    moments = [torch.zeros_like(one) for one in weights]

    def loss(weights: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
        return _losses([one[None] for one in weights], x, y[None])[0]

    both = vmap(grad_and_value(loss))

    def step() -> Tensor:
        gradients, losses = both(weights, x, y)
        _update(weights, moments, list(gradients))
        return losses

    return _captured(step)


WAYS: dict[str, Callable[[int, int], Step]] = {
    "one by one": _one_by_one,
    "grouped, channels last": lambda count, size: _grouped(count, size, torch.channels_last),
    "grouped, channels first": lambda count, size: _grouped(count, size, torch.contiguous_format),
    "vmap": _stacked,
}


def _captured(step: Step) -> Step:
    """Return the step as a CUDA graph, or as it is where there is no GPU; three steps have been taken."""
    if not GPU:
        for _ in range(3):
            step()
        return step
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        losses = step()

    def replay() -> Tensor:
        graph.replay()
        return losses

    return replay


def _measured(step: Step, steps: int, count: int) -> tuple[Tensor, float]:
    """Return the losses of the first step, and the milliseconds per step and network."""
    losses = step().clone()
    _wait()
    began = time.perf_counter()
    for _ in range(steps):
        step()
    _wait()
    return losses.cpu(), 1000 * (time.perf_counter() - began) / steps / count


def _wait() -> None:
    if GPU:
        torch.cuda.synchronize()
