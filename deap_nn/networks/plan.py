"""A network on paper: its layers so far, each with its output shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from deap_nn.networks.layers import LAYERS, Shape, Weight

NETWORK_INPUT = -1
"""The index that stands for the network's input in `LayerSpec.inputs`."""

MOMENTUM = 0.9
"""The momentum of batch normalisation's moving statistics. Keras's default of 0.99 looks back over some 100 steps, i.e.
four epochs of 8,000 samples in batches of 300: networks that had learnt were still at chance level in inference."""


@dataclass(frozen=True)
class LayerSpec:
    """One layer of a network as built.

    Attributes:
        layer: The Keras class, `"Conv2D"`, `"Dense"`, ...; for a user-defined layer, the name of its class.
        config: The keyword arguments of the Keras class.
        inputs: The indices of the layers that this one reads, `NETWORK_INPUT` for the network's input.
        output_shape: The shape of one output, without the batch.
        input_shape: The shape of the first input.
        built: The Keras layer itself if a user-defined kind made it, else None.
    """

    layer: str
    config: dict[str, Any]
    inputs: tuple[int, ...]
    output_shape: Shape
    input_shape: Shape = ()
    built: Any = field(default=None, compare=False)

    def __str__(self) -> str:
        """Return the layer as in `Conv2D(filters=32, kernel_size=3) -> 8x8x32`."""
        arguments = ", ".join(f"{name}={value}" for name, value in self.config.items())
        return f"{self.layer}({arguments}) -> {'x'.join(map(str, self.output_shape))}"

    @property
    def weights(self) -> tuple[Weight, ...] | None:
        """Its weights; None for a user-defined layer, where they are unknown."""
        return None if self.built is not None else LAYERS[self.layer].weights(self.config, self.input_shape)

    @property
    def parameters(self) -> int | None:
        """The number of its weights, trainable and not; None for a user-defined layer, where it is unknown."""
        return None if self.weights is None else sum(math.prod(weight.shape) for weight in self.weights)

    @property
    def multiply_adds(self) -> int:
        """The multiply-adds of one sample; 0 for a user-defined layer."""
        return 0 if self.built is not None else LAYERS[self.layer].multiply_adds(self.config, self.input_shape)


class Plan:
    """The layers so far and their resulting shape.

    Args:
        input_shape: The shape of one sample.
    """

    def __init__(self, input_shape: Shape) -> None:
        self.input_shape = input_shape
        self.specs: list[LayerSpec] = []

    @property
    def last(self) -> int:
        """The index of the latest layer."""
        return len(self.specs) - 1

    def shape_of(self, index: int) -> Shape:
        """Return the output shape of a layer, or of the input."""
        return self.input_shape if index == NETWORK_INPUT else self.specs[index].output_shape

    @property
    def shape(self) -> Shape:
        """The output shape of the latest layer."""
        return self.shape_of(self.last)

    def add(self, layer: str, *, inputs: Sequence[int] = (), **config: Any) -> None:
        """Add a layer of `LAYERS` that reads the latest one, or those with the indices `inputs`."""
        sources = tuple(inputs) or (self.last,)
        shape = self.shape_of(sources[0])
        self.specs.append(LayerSpec(layer, config, sources, LAYERS[layer].shape(config, shape), shape))

    def add_built(self, layer: Any, output_shape: Shape) -> None:
        """Add a user-defined Keras layer that reads the latest one."""
        self.specs.append(LayerSpec(type(layer).__name__, {}, (self.last,), output_shape, self.shape, built=layer))

    def flatten(self) -> None:
        """Flatten a map into a vector; leave a vector unchanged."""
        if len(self.shape) > 1:
            self.add("Flatten")

    def normalize(self) -> None:
        """Add batch normalisation."""
        self.add("BatchNormalization", momentum=MOMENTUM)

    def dropout(self, rate: float) -> None:
        """Add dropout, unless its rate is 0."""
        if rate > 0:
            self.add("Dropout", rate=rate)

    def scale(self, factor: float) -> None:
        """Multiply everything by a constant, unless it is 1."""
        if factor != 1:
            self.add("Rescaling", scale=factor)

    def pool(self, kind: str) -> None:
        """Add 2x2 pooling, max or average, if it is wanted (not "none") and the map is large enough."""
        *sides, _ = self.shape
        if kind != "none" and len(sides) == 2 and min(sides) >= 2:
            self.add({"max": "MaxPooling2D", "average": "AveragePooling2D"}[kind], pool_size=2)
