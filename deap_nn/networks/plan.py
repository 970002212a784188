"""A network on paper: its layers so far, each with the shape it puts out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

Shape = tuple[int, ...]

NETWORK_INPUT = -1
"""The index that stands for the network's input in `LayerSpec.inputs`."""

MOMENTUM = 0.9
"""Of the moving statistics of batch normalisation. Keras's default of 0.99 looks back over some hundred steps, which is
four epochs of 8,000 samples in batches of 300: networks that had learnt were still at chance level in inference."""


@dataclass(frozen=True)
class LayerSpec:
    """One layer of a network as built.

    Attributes:
        layer: the Keras class, `"Conv2D"`, `"Dense"`, ...; for a user's own layer, the name of its class.
        config: the keyword arguments that the Keras class takes.
        inputs: indices of the layers this one reads, `NETWORK_INPUT` for the network's input.
        output_shape: the shape of one output, without the batch.
        parameters: weights, trainable and not; None where a user's own layer would have to be asked.
        built: the Keras layer itself where a user's own kind made it, else None.
    """

    layer: str
    config: dict[str, Any]
    inputs: tuple[int, ...]
    output_shape: Shape
    parameters: int | None = 0
    built: Any = field(default=None, compare=False)

    def __str__(self) -> str:
        """As in `Conv2D(filters=32, kernel_size=3) -> 8x8x32`."""
        arguments = ", ".join(f"{name}={value}" for name, value in self.config.items())
        return f"{self.layer}({arguments}) -> {'x'.join(map(str, self.output_shape))}"


class Plan:
    """The layers so far and the shape they end in."""

    def __init__(self, input_shape: Shape) -> None:
        self.input_shape = input_shape
        self.specs: list[LayerSpec] = []

    @property
    def last(self) -> int:
        """The index of the latest layer."""
        return len(self.specs) - 1

    def shape_of(self, index: int) -> Shape:
        """Return what a layer, or the input, puts out."""
        return self.input_shape if index == NETWORK_INPUT else self.specs[index].output_shape

    @property
    def shape(self) -> Shape:
        """What the latest layer puts out."""
        return self.shape_of(self.last)

    def add(
        self, layer: str, output_shape: Shape, parameters: int | None = 0, built: Any = None, **config: Any
    ) -> None:
        """Add a layer that reads the latest."""
        self.specs.append(LayerSpec(layer, config, (self.last,), output_shape, parameters, built))

    def flatten(self) -> None:
        """Make a vector of a map; a vector stays."""
        if len(self.shape) > 1:
            self.add("Flatten", (math.prod(self.shape),))

    def dense(self, units: int, activation: str) -> None:
        """Add a dense layer."""
        self.add("Dense", (units,), (self.shape[0] + 1) * units, units=units, activation=activation)

    def normalize(self) -> None:
        """Add batch normalisation."""
        self.add("BatchNormalization", self.shape, 4 * self.shape[-1], momentum=MOMENTUM)

    def dropout(self, rate: float) -> None:
        """Add dropout, unless its rate is 0."""
        if rate > 0:
            self.add("Dropout", self.shape, rate=rate)

    def pool(self, kind: str) -> None:
        """Add 2x2 pooling, max or average, where the map is large enough."""
        *sides, channels = self.shape
        if len(sides) == 2 and min(sides) >= 2:
            layer = {"max": "MaxPooling2D", "average": "AveragePooling2D"}[kind]
            self.add(layer, (sides[0] // 2, sides[1] // 2, channels), pool_size=2)
