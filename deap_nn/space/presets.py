"""Presets: search spaces by name.

`CONV2D`, `DENSE`, `FULL` and `DEEP` are the spaces this package began with; `MODERN` adds normalisation,
pooling and shortcuts as genes, and also evolves the learning rate, its decay and the batch size. Limits bound
mutation; `start` is the range that initial networks are drawn from.
"""

from deap_nn.space.genes import Choice, Float, Gene, Integer
from deap_nn.space.kinds import TRAINING, LayerKind
from deap_nn.space.space import Block, SearchSpace

__all__ = ["CONV2D", "DEEP", "DENSE", "FULL", "MODERN", "PRESETS"]

ACTIVATIONS = ("relu", "tanh", "swish")
OPTIMIZERS = ("rmsprop", "adam", "sgd", "adagrad")
EPOCHS = Integer(5, 25, start=tuple(range(10, 16)))


def _width(*start: int) -> Integer:
    """Return the gene for filters or units."""
    return Integer(16, 256, step=16, start=start)


def _dropout(low: float, high: float) -> Float:
    return Float(0.0, 0.6, start=(low, high))


def _conv2d(*filters: int) -> LayerKind:
    genes: dict[str, Gene] = {
        "filters": _width(*filters),
        "kernel_size": Integer(1, 7, start=(3, 4, 5)),
        "strides": Integer(1, 3),
        "padding": Choice(("same", "valid")),
        "activation": Choice(ACTIVATIONS),
        "dropout": _dropout(0.1, 0.3),
    }
    return LayerKind("conv2d", genes, takes="map")


def _dense(units: tuple[int, ...], dropout: Float, activations: tuple[str, ...] = ACTIVATIONS) -> LayerKind:
    genes: dict[str, Gene] = {"units": _width(*units), "activation": Choice(activations), "dropout": dropout}
    return LayerKind("dense", genes, takes="flat")


_TRAINING = LayerKind(TRAINING, {"epochs": EPOCHS, "optimizer": Choice(OPTIMIZERS)})
_SMALL_CONV2D = _conv2d(16, 32)
_SMALL_DENSE = _dense((16, 32), _dropout(0.1, 0.3))

# Two convolutional layers, max pooling, softmax; no hidden dense layer.
CONV2D = SearchSpace("conv2d", (Block(_conv2d(16, 32, 64, 128), 2, 2, pool_last=True),), _TRAINING)

# Three dense layers, softmax.
DENSE = SearchSpace("dense", (Block(_dense((32, 64, 128, 256), _dropout(0.2, 0.5)), 3, 3),), _TRAINING)

# Two convolutional and two dense layers, max pooling between them.
FULL = SearchSpace("full", (Block(_SMALL_CONV2D, 2, 2, pool_last=True), Block(_SMALL_DENSE, 2, 2)), _TRAINING)

# One to seven layers of each; the layers are those of `full`.
DEEP = SearchSpace(
    "deep",
    (Block(_SMALL_CONV2D, 1, 7, pool_every=3, pool_last=True), Block(_SMALL_DENSE, 1, 7)),
    _TRAINING,
)

_MODERN_ACTIVATIONS = (*ACTIVATIONS, "gelu", "elu", "leaky_relu")

# Each layer has its own pooling and shortcut. Initial networks are small enough for a CPU to train in about a minute:
# kernels of 3, strides of 1, moderate depth, normalisation and pooling in each layer, so that maps shrink; little
# dropout, and no sgd or adagrad, which get nowhere in ten to fifteen epochs at learning rates that suit the others.
_MODERN_CONV2D = LayerKind(
    "conv2d",
    {
        "filters": _width(16, 32, 48, 64),
        "kernel_size": Integer(1, 7, start=(3,)),
        "strides": Integer(1, 3, start=(1,)),
        "padding": Choice(("same", "valid")),
        "batch_normalization": Choice((False, True), start=(True,)),
        "activation": Choice(_MODERN_ACTIVATIONS),
        "pooling": Choice(("none", "max", "average"), start=("max", "average")),
        "shortcut": Choice((False, True)),
        "dropout": _dropout(0.0, 0.2),
    },
    takes="map",
)
_FLATTEN = LayerKind("flatten", {"pooling": Choice(("flatten", "global_average", "global_max"))}, takes="map")
_MODERN_TRAINING = LayerKind(
    TRAINING,
    {
        "epochs": EPOCHS,
        "optimizer": Choice((*OPTIMIZERS, "adamw"), start=("rmsprop", "adam", "adamw")),
        "learning_rate": Float(1e-4, 1e-1, log=True, start=(5e-4, 2e-2)),
        "learning_rate_decay": Choice(("none", "cosine"), start=("cosine",)),
        "batch_size": Choice((64, 128, 300)),
    },
)

MODERN = SearchSpace(
    "modern",
    (
        Block(_MODERN_CONV2D, 1, 10, start_layers=(2, 5)),
        Block(_FLATTEN, 1, 1),
        Block(_dense((32, 64, 128), _dropout(0.0, 0.3), _MODERN_ACTIVATIONS), 0, 3, start_layers=(0, 2)),
    ),
    _MODERN_TRAINING,
)

PRESETS: dict[str, SearchSpace] = {space.name: space for space in (CONV2D, DENSE, FULL, DEEP, MODERN)}
