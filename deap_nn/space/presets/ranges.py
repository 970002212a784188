"""Ranges and kinds that several presets share."""

from deap_nn.space.genes import Choice, Float, Gene, Integer
from deap_nn.space.kinds import LayerKind

ACTIVATIONS = ("relu", "tanh", "swish")
MORE_ACTIVATIONS = (*ACTIVATIONS, "gelu", "elu", "leaky_relu")
OPTIMIZERS = ("rmsprop", "adam", "sgd", "adagrad")
EPOCHS = Integer(5, 25, start=tuple(range(10, 16)))


def width(*start: int) -> Integer:
    """Return the gene for filters or units."""
    return Integer(16, 256, step=16, start=start)


def dropout(low: float, high: float) -> Float:
    """Return the gene for a dropout rate that starts between these two."""
    return Float(0.0, 0.6, start=(low, high))


def dense(units: tuple[int, ...], dropout: Float, activations: tuple[str, ...] = ACTIVATIONS) -> LayerKind:
    """Return the kind of dense layers."""
    genes: dict[str, Gene] = {"units": width(*units), "activation": Choice(activations), "dropout": dropout}
    return LayerKind("dense", genes, takes="flat")
