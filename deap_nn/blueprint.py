"""From an individual to the list of layers it stands for, by shape arithmetic alone.

In: a search space, an individual and the shape of one image or feature vector. Out: a tuple of `LayerSpec`s,
the network as it will be built, with every fall-back already applied. Nothing here needs Keras (but for layers
that a user's own kind makes), so a thousand networks can be checked in a moment, and the compiled training and
the Keras model are made from the same list.

The fall-backs, for maps that have become too small; the genome itself is never rewritten:

- `valid` padding under a kernel larger than the map becomes `same`;
- a stride longer than the map's shorter side becomes 1;
- 2x2 pooling of a map with a side of 1 is left out;
- a shortcut across a layer with `valid` padding is left out, unless the shapes agree all the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from deap_nn.space import Block, Chromosome, LayerKind, SearchSpace

Shape = tuple[int, ...]

NETWORK_INPUT = -1
"""The index that stands for the network's input in `LayerSpec.inputs`."""


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


def blueprint(
    space: SearchSpace, individual: Sequence[Chromosome], input_shape: Shape, classes: int
) -> tuple[LayerSpec, ...]:
    """Return the network that `individual` stands for, layer by layer, the softmax included.

    Args:
        space: the search space of the individual.
        individual: its chromosomes.
        input_shape: of one sample: `(height, width, channels)` or `(features,)`.
        classes: number of classes, at least 2.

    Raises:
        ValueError: where convolutions are asked for on flat data.
    """
    check_input_shape(space, input_shape)
    plan = _Plan(input_shape)
    for block in space.blocks:
        _add_block(plan, space, block, [c for c in individual if c.kind == block.kind.name])
    plan.flatten()
    plan.dense(classes, "softmax")
    return tuple(plan.specs)


def check_input_shape(space: SearchSpace, input_shape: Shape) -> None:
    """Refuse, with a ValueError, a space of convolutions for data that has no maps."""
    if space.takes_maps and len(input_shape) != 3:
        raise ValueError(
            f"space {space.name!r} has convolutional layers and needs images (height, width, channels), but the data "
            f"has the shape {input_shape}: choose a space of dense layers, such as 'dense'"
        )


def parameters(specs: Sequence[LayerSpec]) -> int | None:
    """Return the number of weights of all layers, or None where a user's own layer is among them."""
    counts = [spec.parameters for spec in specs]
    return None if None in counts else sum(count or 0 for count in counts)


def multiply_adds(specs: Sequence[LayerSpec], input_shape: Shape) -> int:
    """Return the multiply-adds of one sample's way through convolutions and dense layers: what a training costs.

    Layers of a user's own count nothing.
    """
    total = 0
    for spec in specs:
        source = spec.inputs[0]
        channels = (input_shape if source == NETWORK_INPUT else specs[source].output_shape)[-1]
        if spec.built is None and spec.layer in ("Conv2D", "Dense"):
            total += math.prod(spec.output_shape) * channels * spec.config.get("kernel_size", 1) ** 2
    return total


class _Plan:
    """The layers so far and the shape they end in."""

    def __init__(self, input_shape: Shape) -> None:
        self.input_shape = input_shape
        self.specs: list[LayerSpec] = []

    @property
    def last(self) -> int:
        return len(self.specs) - 1

    def shape_of(self, index: int) -> Shape:
        return self.input_shape if index == NETWORK_INPUT else self.specs[index].output_shape

    @property
    def shape(self) -> Shape:
        return self.shape_of(self.last)

    def add(
        self, layer: str, output_shape: Shape, parameters: int | None = 0, built: Any = None, **config: Any
    ) -> None:
        self.specs.append(LayerSpec(layer, config, (self.last,), output_shape, parameters, built))

    def flatten(self) -> None:
        if len(self.shape) > 1:
            self.add("Flatten", (math.prod(self.shape),))

    def dense(self, units: int, activation: str) -> None:
        self.add("Dense", (units,), (self.shape[0] + 1) * units, units=units, activation=activation)

    def dropout(self, rate: float) -> None:
        if rate > 0:
            self.add("Dropout", self.shape, rate=rate)

    def pool(self, kind: str) -> None:
        *sides, channels = self.shape
        if len(sides) == 2 and min(sides) >= 2:
            layer = {"max": "MaxPooling2D", "average": "AveragePooling2D"}[kind]
            self.add(layer, (sides[0] // 2, sides[1] // 2, channels), pool_size=2)


def _add_block(plan: _Plan, space: SearchSpace, block: Block, layers: Sequence[Chromosome]) -> None:
    kind = space.kind(block.kind.name)
    for position, chromosome in enumerate(layers, start=1):
        if kind.takes == "flat":
            plan.flatten()
        _layer_function(kind)(plan, chromosome.genes)
        every = block.pool_every > 0 and position % block.pool_every == 0
        if every or (block.pool_last and position == len(layers)):
            plan.pool("max")


def _layer_function(kind: LayerKind) -> Callable[[_Plan, dict[str, Any]], None]:
    if kind.build is not None:
        return lambda plan, genes: _user_layers(plan, kind, genes)
    if kind.name not in _LAYERS:
        raise ValueError(
            f"layer kind {kind.name!r} has no builder: the built-in kinds are {', '.join(_LAYERS)}; "
            "a kind of your own needs build=, a function that returns Keras layers"
        )
    return _LAYERS[kind.name]


def _conv2d(plan: _Plan, genes: dict[str, Any]) -> None:
    source, normalize = plan.last, genes.get("batch_normalization", False)
    padding, strides = _convolve(plan, genes, activation="linear" if normalize else genes["activation"])
    if normalize:
        plan.add("BatchNormalization", plan.shape, 4 * plan.shape[-1])
        plan.add("Activation", plan.shape, activation=genes["activation"])
    if genes.get("shortcut", False):
        _shortcut(plan, source, padding, strides)
    plan.dropout(genes.get("dropout", 0.0))
    if genes.get("pooling", "none") != "none":
        plan.pool(genes["pooling"])


def _convolve(plan: _Plan, genes: dict[str, Any], activation: str) -> tuple[str, int]:
    height, width, channels = plan.shape
    kernel, filters = genes["kernel_size"], genes["filters"]
    side = min(height, width)
    padding = genes.get("padding", "same") if side >= kernel else "same"
    strides = genes.get("strides", 1) if side >= genes.get("strides", 1) else 1
    shape = (*(_convolved(size, kernel, strides, padding) for size in (height, width)), filters)
    plan.add(
        "Conv2D",
        shape,
        (kernel * kernel * channels + 1) * filters,
        filters=filters,
        kernel_size=kernel,
        strides=strides,
        padding=padding,
        activation=activation,
    )
    return padding, strides


def _convolved(size: int, kernel: int, strides: int, padding: str) -> int:
    return math.ceil(size / strides) if padding == "same" else (size - kernel) // strides + 1


def _shortcut(plan: _Plan, source: int, padding: str, strides: int) -> None:
    """Add what went into the layer to what comes out of it (He et al. 2015, https://arxiv.org/abs/1512.03385)."""
    main, before, after = plan.last, plan.shape_of(source), plan.shape
    if before != after and padding != "same":
        return
    if before != after:
        config = {"filters": after[-1], "kernel_size": 1, "strides": strides, "padding": "same"}
        weights = (before[-1] + 1) * after[-1]
        plan.specs.append(LayerSpec("Conv2D", {**config, "activation": "linear"}, (source,), after, weights))
        source = plan.last
    plan.specs.append(LayerSpec("Add", {}, (main, source), after))


def _dense(plan: _Plan, genes: dict[str, Any]) -> None:
    normalize = genes.get("batch_normalization", False)
    plan.dense(genes["units"], "linear" if normalize else genes["activation"])
    if normalize:
        plan.add("BatchNormalization", plan.shape, 4 * plan.shape[-1])
        plan.add("Activation", plan.shape, activation=genes["activation"])
    plan.dropout(genes.get("dropout", 0.0))


def _flatten(plan: _Plan, genes: dict[str, Any]) -> None:
    layers = {"global_average": "GlobalAveragePooling2D", "global_max": "GlobalMaxPooling2D"}
    if genes["pooling"] == "flatten" or len(plan.shape) == 1:
        plan.flatten()
    else:
        plan.add(layers[genes["pooling"]], (plan.shape[-1],))


def _user_layers(plan: _Plan, kind: LayerKind, genes: dict[str, Any]) -> None:
    build = kind.build
    if build is None:
        raise ValueError(f"layer kind {kind.name!r} has no build function")
    for layer in build(dict(genes), plan.shape):
        shape = tuple(layer.compute_output_shape((None, *plan.shape))[1:])
        plan.add(type(layer).__name__, shape, None, built=layer)


_LAYERS: dict[str, Callable[[_Plan, dict[str, Any]], None]] = {
    "conv2d": _conv2d,
    "dense": _dense,
    "flatten": _flatten,
}
