"""The layers that each kind adds to a plan, with its fall-backs for maps that have become too small."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from deap_nn.errors import InputError
from deap_nn.networks.layers import Shape
from deap_nn.networks.plan import Plan
from deap_nn.networks.stages import BLOCKS, DOWNSAMPLING, add_stage
from deap_nn.space import LayerKind

AddLayers = Callable[[Plan, dict[str, Any]], None]


class BuiltIn(NamedTuple):
    """A kind that needs no function of a user's.

    Attributes:
        add: Adds its layers to a plan.
        required: The genes that it cannot do without.
        optional: The genes that it also understands.
        words: The words that a gene may offer, where they are not Keras's.
    """

    add: AddLayers
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = MappingProxyType({})


def layer_function(kind: LayerKind) -> AddLayers:
    """Return the function that adds a kind's layers for values of its genes.

    Raises:
        InputError: If the kind is neither built in nor has its own function.
    """
    if kind.build is not None:
        return partial(_user_layers, kind.build)
    if kind.name not in KINDS:
        raise InputError(
            f"layer kind {kind.name!r} has no builder: the built-in kinds are {', '.join(KINDS)}; "
            "a kind of your own needs build=, a function that returns Keras layers"
        )
    return KINDS[kind.name].add


def _conv2d(plan: Plan, genes: dict[str, Any]) -> None:
    source, normalize = plan.last, genes.get("batch_normalization", False)
    padding, strides = _convolve(plan, genes, _activation(genes))
    if normalize:
        _normalize(plan, genes)
    if genes.get("shortcut", False):
        _shortcut(plan, source, padding, strides)
    plan.pool(genes.get("pooling", "none"))
    plan.dropout(genes.get("dropout", 0.0))


def _activation(genes: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a layer that normalisation may follow: then without bias, whose gradient would be 0."""
    if genes.get("batch_normalization", False):
        return {"activation": "linear", "use_bias": False}
    return {"activation": genes["activation"]}


def _normalize(plan: Plan, genes: dict[str, Any]) -> None:
    plan.normalize()
    plan.add("Activation", activation=genes["activation"])


def _convolve(plan: Plan, genes: dict[str, Any], activation: dict[str, Any]) -> tuple[str, int]:
    height, width, _ = plan.shape
    kernel, side = genes["kernel_size"], min(height, width)
    padding = genes.get("padding", "same") if side >= kernel else "same"
    strides = genes.get("strides", 1) if side >= genes.get("strides", 1) else 1
    plan.add(
        "Conv2D",
        filters=genes["filters"],
        kernel_size=kernel,
        strides=strides,
        padding=padding,
        **activation,
    )
    return padding, strides


def _shortcut(plan: Plan, source: int, padding: str, strides: int) -> None:
    """Add the layer's input to its output (He et al. 2015, https://arxiv.org/abs/1512.03385)."""
    main, before, after = plan.last, plan.shape_of(source), plan.shape
    if before != after and padding != "same":
        return
    if before != after:
        config = {"filters": after[-1], "kernel_size": 1, "strides": strides, "padding": "same"}
        plan.add("Conv2D", inputs=(source,), **config, activation="linear")
        source = plan.last
    plan.add("Add", inputs=(main, source))


def _dense(plan: Plan, genes: dict[str, Any]) -> None:
    source = plan.last
    plan.add("Dense", units=genes["units"], **_activation(genes))
    if genes.get("batch_normalization", False):
        _normalize(plan, genes)
    if genes.get("shortcut", False):
        _dense_shortcut(plan, source)
    plan.dropout(genes.get("dropout", 0.0))


def _dense_shortcut(plan: Plan, source: int) -> None:
    main, units = plan.last, plan.shape[-1]
    if plan.shape_of(source) != plan.shape:
        plan.add("Dense", inputs=(source,), units=units, activation="linear", use_bias=False)
        source = plan.last
    plan.add("Add", inputs=(main, source))


def _flatten(plan: Plan, genes: dict[str, Any]) -> None:
    if genes["pooling"] == "flatten" or len(plan.shape) == 1:
        plan.flatten()
    else:
        plan.add(_GLOBAL_POOLING[genes["pooling"]])
    if genes.get("batch_normalization", False):
        plan.normalize()
    plan.scale(genes.get("scale", 1.0))
    plan.dropout(genes.get("dropout", 0.0))


def _user_layers(build: Callable[..., Any], plan: Plan, genes: dict[str, Any]) -> None:
    try:
        made = build(dict(genes), plan.shape)
        for layer in made if isinstance(made, list | tuple) else [made]:
            plan.add_built(layer, _output_shape(layer, plan.shape))
    except ValueError as error:  # so Keras refuses a layer's arguments or input
        raise InputError(str(error)) from error


def _output_shape(layer: Any, shape: Shape) -> Shape:
    """Ask a Keras layer for the shape it puts out, or call it on a symbolic input, as Keras does."""
    try:
        return tuple(layer.compute_output_shape((None, *shape))[1:])
    except NotImplementedError:
        symbolic = sys.modules["keras"].KerasTensor((None, *shape))  # whoever made the layer has imported Keras
        return tuple(layer(symbolic).shape[1:])


_GLOBAL_POOLING = {"global_average": "GlobalAveragePooling2D", "global_max": "GlobalMaxPooling2D"}
_REGULARIZATION = ("batch_normalization", "dropout")

KINDS = {
    "conv2d": BuiltIn(
        _conv2d,
        ("filters", "kernel_size", "activation"),
        ("padding", "strides", "shortcut", "pooling", *_REGULARIZATION),
        {"padding": ("same", "valid"), "pooling": ("none", "max", "average")},
    ),
    "dense": BuiltIn(_dense, ("units", "activation"), (*_REGULARIZATION, "shortcut")),
    "flatten": BuiltIn(_flatten, ("pooling",), ("scale", *_REGULARIZATION), {"pooling": ("flatten", *_GLOBAL_POOLING)}),
    "stage": BuiltIn(
        add_stage,
        ("filters", "depth", "kernel_size", "activation"),
        ("block", "downsampling", "squeeze_excitation", "dropout"),
        {"block": tuple(BLOCKS), "downsampling": DOWNSAMPLING},
    ),
}
"""The built-in kinds, by name."""
