"""Evolve networks of a layer kind defined here: depthwise separable convolutions."""

from typing import Any

from deap_nn import PRESETS, Block, Choice, Integer, LayerKind, SearchSpace
from deap_nn.cli import run_experiment


def separable(genes: dict[str, Any], shape: tuple[int, ...]) -> list[Any]:
    """Return the Keras layers for the values of the genes and an input of this shape; workers call this."""
    import keras

    return [keras.layers.SeparableConv2D(**genes, padding="same")]


KIND = LayerKind(
    "separable",
    {"filters": Integer(8, 64, step=8), "kernel_size": Integer(1, 5), "activation": Choice(("relu", "tanh"))},
    takes="map",
    build=separable,
)
SPACE = SearchSpace("separable", (Block(KIND, 1, 3, pool_last=True),), PRESETS["full"].training)

if __name__ == "__main__":
    run_experiment(SPACE, __doc__)
