"""The layers of a blueprint as plain PyTorch functions of their weights.

Maps are tensors with the axes samples, channels, rows, columns whose channels lie beside each other in memory
(PyTorch's `channels_last`), as tensor cores want them. Each function is tested against the Keras layer of its name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch.nn import functional

from deap_nn.networks import NETWORK_INPUT, LayerSpec
from deap_nn.training.compiled_torch.activations import ACTIVATIONS

EPSILON = 1e-3
"""Keras's default for BatchNormalization."""

FEW = 8
"""The channels of samples below which the first convolution is a product of patches: cuDNN's gradient of its kernel
takes up to two thirds of a step where it has to repeat."""


def compilable(specs: Sequence[LayerSpec]) -> bool:
    """Tell whether every layer and activation of a network has a function here."""
    return all(
        spec.built is None and spec.layer in FUNCTIONS and spec.config.get("activation", "linear") in ACTIVATIONS
        for spec in specs
    )


@dataclass
class Pass:
    """One forward pass.

    Attributes:
        training: Whether it is a pass in training mode.
        moments: In training, the mean and the inverse standard deviation that each normalisation found, in the order
            of the layers.
    """

    training: bool = False
    moments: list[torch.Tensor] = field(default_factory=list)


@dataclass(frozen=True)
class Call:
    """The context that a layer's function receives besides its inputs.

    Attributes:
        spec: The layer.
        weights: Its arrays, in Keras's order; kernels as PyTorch has them.
        run: The pass that it is part of.
    """

    spec: LayerSpec
    weights: list[torch.Tensor]
    run: Pass

    def activate(self, x: torch.Tensor) -> torch.Tensor:
        """Apply the layer's activation."""
        return ACTIVATIONS[self.spec.config["activation"]](x)


def forward(specs: Sequence[LayerSpec], weights: list[list[torch.Tensor]], x: torch.Tensor, run: Pass) -> torch.Tensor:
    """Return the output of the last layer before its activation, which is left to the loss.

    Args:
        specs: The network.
        weights: The arrays of each layer; convolutions are computed in the type of their kernels.
        x: Samples, channels last.
        run: The pass.
    """
    first = x.permute(0, 3, 1, 2) if x.ndim == 4 else x
    outputs: list[torch.Tensor] = []
    last = replace(specs[-1], config={**specs[-1].config, "activation": "linear"})
    for index, spec in enumerate([*specs[:-1], last]):
        sources = [first if i == NETWORK_INPUT else outputs[i] for i in spec.inputs]
        outputs.append(FUNCTIONS[spec.layer](Call(spec, weights[index], run), *sources))
    return outputs[-1].float()


def _conv2d(call: Call, x: torch.Tensor) -> torch.Tensor:
    return call.activate(_convolve(call, x, groups=1))


def _convolve(call: Call, x: torch.Tensor, groups: int) -> torch.Tensor:
    kernel, *bias = call.weights
    strides, padding, x = call.spec.config["strides"], 0, x.to(kernel.dtype)
    of_patches = groups == 1 and x.shape[1] < FEW and NETWORK_INPUT in call.spec.inputs
    if call.spec.config["padding"] == "same":
        before, after = zip(*(_same_padding(size, kernel.shape[-1], strides) for size in x.shape[2:]), strict=True)
        if before == after and before[0] == before[1] and not of_patches:
            padding = before[0]
        else:
            x = functional.pad(x, (before[1], after[1], before[0], after[0]))
    if of_patches:
        return _product_of_patches(x, kernel, bias, strides)
    return functional.conv2d(x, kernel, *bias, stride=strides, padding=padding, groups=groups)


def _product_of_patches(x: torch.Tensor, kernel: torch.Tensor, bias: list[torch.Tensor], strides: int) -> torch.Tensor:
    """Convolve as one matrix product: what a filter sees at each place, laid end to end, with the filters."""
    (filters, *_, size), flat = kernel.shape, kernel.permute(0, 2, 3, 1)
    windows = x.permute(0, 2, 3, 1).unfold(1, size, strides).unfold(2, size, strides)
    count, height, width = windows.shape[:3]
    patches = windows.permute(0, 1, 2, 4, 5, 3).reshape(count * height * width, -1)
    y = functional.linear(patches, flat.reshape(filters, -1), *bias)
    return y.view(count, height, width, filters).permute(0, 3, 1, 2)


def _same_padding(size: int, kernel: int, strides: int) -> tuple[int, int]:
    """Return the zeros before and after a side, as TensorFlow's "same" has them: the odd one comes after."""
    total = max((-(-size // strides) - 1) * strides + kernel - size, 0)
    return total // 2, total - total // 2


def _dense(call: Call, x: torch.Tensor) -> torch.Tensor:
    kernel, *bias = call.weights
    y = x.to(kernel.dtype) @ kernel
    return call.activate(y + bias[0] if bias else y)


def _max_pool(call: Call, x: torch.Tensor) -> torch.Tensor:
    return functional.max_pool2d(x, call.spec.config["pool_size"])


def _average_pool(call: Call, x: torch.Tensor) -> torch.Tensor:
    """Take means over windows: a sum along two axes, of which PyTorch has the faster kernels, back and forth."""
    size = call.spec.config["pool_size"]
    height, width = (side // size for side in x.shape[2:])
    windows = x[:, :, : height * size, : width * size].permute(0, 2, 3, 1)
    windows = windows.reshape(len(x), height, size, width, size, -1)
    return windows.mean(dim=(2, 4)).permute(0, 3, 1, 2)


def _global_pool(reduce: Callable[..., torch.Tensor]) -> Callable[[Call, torch.Tensor], torch.Tensor]:
    return lambda call, x: reduce(x, dim=(2, 3), keepdim=call.spec.config.get("keepdims", False))


def _normalize(call: Call, x: torch.Tensor) -> torch.Tensor:
    """Normalise a batch (Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167) as Keras does."""
    gamma, beta, mean, variance = call.weights
    if not call.run.training:
        return functional.batch_norm(x, mean, variance, gamma, beta, eps=EPSILON)
    y, batch_mean, inverse_deviation = torch.native_batch_norm(x, gamma, beta, None, None, True, 0.0, EPSILON)
    call.run.moments += [batch_mean, inverse_deviation]
    return y


def _dropout(call: Call, x: torch.Tensor) -> torch.Tensor:
    return functional.dropout(x, call.spec.config["rate"], call.run.training)


def _flatten(call: Call, x: torch.Tensor) -> torch.Tensor:
    """Lay a sample's values end to end, in the order that Keras has: channels last."""
    return x.permute(0, 2, 3, 1).flatten(1) if x.ndim == 4 else x.flatten(1)


FUNCTIONS: dict[str, Callable[..., torch.Tensor]] = {
    "Conv2D": _conv2d,
    "DepthwiseConv2D": lambda call, x: _convolve(call, x, groups=x.shape[1]),
    "Dense": _dense,
    "BatchNormalization": _normalize,
    "Activation": Call.activate,
    "Dropout": _dropout,
    "MaxPooling2D": _max_pool,
    "AveragePooling2D": _average_pool,
    "GlobalAveragePooling2D": _global_pool(torch.mean),
    "GlobalMaxPooling2D": _global_pool(torch.amax),
    "Flatten": _flatten,
    "Rescaling": lambda call, x: x * call.spec.config["scale"],
    "Add": lambda call, x, other: x + other,
    "Multiply": lambda call, x, other: x * other,
}
"""`(call, input, ...) -> output` for each row of `deap_nn.networks.LAYERS`."""
