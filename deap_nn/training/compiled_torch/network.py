"""The weights of a network as two long vectors (trained weights, moving statistics), and how to cut and join them.

A kernel lies in its vector as PyTorch's convolutions want it, filters first and channels last, so that cutting costs
nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch

from deap_nn.networks import LAYERS, LayerSpec, Shape
from deap_nn.training.compiled_torch.layers import EPSILON
from deap_nn.training.history import Weights

FILTERS_FIRST = {"Conv2D": (3, 0, 1, 2), "DepthwiseConv2D": (2, 0, 1, 3)}
"""The axes of Keras's kernels in the order in which they lie in the vector."""


class Piece(NamedTuple):
    """One trained array in the vector.

    Attributes:
        layer: The index of its layer.
        shape: The shape of Keras's array.
        axes: Keras's axes in the order in which they lie here.
        rounds: Whether a lower precision may be used for it.
    """

    layer: int
    shape: Shape
    axes: tuple[int, ...]
    rounds: bool

    @property
    def size(self) -> int:
        """The number of its values."""
        return math.prod(self.shape)

    @property
    def stored(self) -> Shape:
        """Its shape as it lies here."""
        return tuple(self.shape[axis] for axis in self.axes)

    def of_keras(self, array: np.ndarray) -> np.ndarray:
        """Return Keras's array as a part of the vector."""
        return np.ravel(array.transpose(self.axes))

    def to_keras(self, part: np.ndarray) -> np.ndarray:
        """Return a part of the vector as Keras's array, a copy."""
        array: np.ndarray = part.reshape(self.stored).transpose(np.argsort(self.axes)).copy()
        return array

    def to_torch(self, part: torch.Tensor) -> torch.Tensor:
        """Return a part of the vector as PyTorch's functions take it."""
        tensor = part.view(self.stored)
        return tensor.permute(0, 3, 1, 2) if tensor.ndim == 4 else tensor

    def of_torch(self, tensor: torch.Tensor) -> torch.Tensor:
        """Return the opposite of `to_torch`, of a gradient for instance."""
        return (tensor.permute(0, 2, 3, 1) if tensor.ndim == 4 else tensor).reshape(-1)


class Network:
    """A blueprint with the places of its weights.

    Args:
        specs: The blueprint.
        precision: The type of convolutions, as in `Schedule`.
        device: Where the weights are to be.
    """

    def __init__(self, specs: Sequence[LayerSpec], precision: str, device: torch.device) -> None:
        self.specs, self.device, self._dtype = specs, device, getattr(torch, precision)
        self._pieces = [piece for index, spec in enumerate(specs) for piece in _pieces(index, spec)]
        self._normalizing = [index for index, spec in enumerate(specs) if spec.layer == "BatchNormalization"]
        channels = [specs[index].output_shape[-1] for index in self._normalizing for _ in range(2)]
        self._channels = channels
        momenta = [specs[index].config["momentum"] for index in self._normalizing for _ in range(2)]
        self._momenta = self._sent(np.repeat(np.array(momenta, np.float32), channels))
        self._is_variance = self._sent(np.repeat(np.arange(len(channels)) % 2 == 1, channels))

    @property
    def kernels(self) -> np.ndarray:
        """1 where a trained weight is part of a kernel, else 0: biases and normalisations, which never decay."""
        return np.repeat(*_columns((float(len(piece.shape) > 1), piece.size) for piece in self._pieces))

    def vectors(self, weights: Weights) -> tuple[torch.Tensor, torch.Tensor]:
        """Return all trained arrays and all statistics, each laid end to end."""
        arrays = [iter(layer) for layer in weights]
        trained = [piece.of_keras(next(arrays[piece.layer])) for piece in self._pieces]
        statistics = [array for index in self._normalizing for array in arrays[index]]
        return self._joined(trained), self._joined(statistics)

    def leaves(self, trained: torch.Tensor) -> list[torch.Tensor]:
        """Return the trained arrays as PyTorch's functions take them, each the beginning of a derivative."""
        sizes = [piece.size for piece in self._pieces]
        exact = trained.split(sizes)
        rounded = exact if self._dtype == torch.float32 else trained.to(self._dtype).split(sizes)
        pairs = zip(self._pieces, exact, rounded, strict=True)
        return [piece.to_torch(b if piece.rounds else a).detach().requires_grad_() for piece, a, b in pairs]

    def gradient(self, gradients: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return the gradients of the leaves as one vector."""
        pairs = zip(self._pieces, gradients, strict=True)
        return torch.cat([piece.of_torch(gradient).float() for piece, gradient in pairs])

    def weights(self, leaves: Sequence[torch.Tensor], statistics: torch.Tensor) -> list[list[torch.Tensor]]:
        """Return the arrays of each layer, in Keras's order."""
        layers: list[list[torch.Tensor]] = [[] for _ in self.specs]
        for piece, leaf in zip(self._pieces, leaves, strict=True):
            layers[piece.layer].append(leaf)
        moments = iter(statistics.split(self._channels) if self._channels else ())
        for index in self._normalizing:
            layers[index] += [next(moments), next(moments)]
        return layers

    def moved(self, statistics: torch.Tensor, moments: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return the statistics after a pass that found these means and inverse standard deviations."""
        if not moments:
            return statistics
        found = torch.cat(list(moments))
        found = torch.where(self._is_variance, found.pow(-2) - EPSILON, found)
        return self._momenta * statistics + (1 - self._momenta) * found

    def arrays(self, trained: torch.Tensor, statistics: torch.Tensor) -> Weights:
        """Return the arrays of each layer as Keras has them."""
        layers: Weights = [[] for _ in self.specs]
        ends = np.cumsum([piece.size for piece in self._pieces])[:-1]
        for piece, part in zip(self._pieces, np.split(trained.cpu().numpy(), ends), strict=True):
            layers[piece.layer].append(piece.to_keras(part))
        moments = iter(np.split(statistics.cpu().numpy(), np.cumsum(self._channels)[:-1]) if self._channels else ())
        for index in self._normalizing:
            layers[index] += [next(moments).copy(), next(moments).copy()]
        return layers

    def _joined(self, arrays: list[np.ndarray]) -> torch.Tensor:
        return self._sent(np.concatenate([np.zeros(0, np.float32), *arrays]))

    def _sent(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(self.device)


def _pieces(index: int, spec: LayerSpec) -> Iterator[Piece]:
    for weight in spec.weights or ():
        if weight.trained:
            axes = FILTERS_FIRST.get(spec.layer, ()) if len(weight.shape) > 1 else ()
            yield Piece(index, weight.shape, axes or tuple(range(len(weight.shape))), LAYERS[spec.layer].rounds)


def _columns(rows: Iterator[tuple[float, int]]) -> tuple[np.ndarray, np.ndarray]:
    values, sizes = zip(*rows, strict=True)
    return np.array(values, np.float32), np.array(sizes)
