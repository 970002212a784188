"""The spaces this package began with: those of the original project."""

from deap_nn.space.block import Block
from deap_nn.space.genes import Choice, Gene, Integer
from deap_nn.space.kinds import TRAINING, LayerKind
from deap_nn.space.presets.ranges import ACTIVATIONS, EPOCHS, OPTIMIZERS, dense, dropout, width
from deap_nn.space.space import SearchSpace


def _conv2d(*filters: int) -> LayerKind:
    genes: dict[str, Gene] = {
        "filters": width(*filters),
        "kernel_size": Integer(1, 7, start=(3, 4, 5)),
        "strides": Integer(1, 3),
        "padding": Choice(("same", "valid")),
        "activation": Choice(ACTIVATIONS),
        "dropout": dropout(0.1, 0.3),
    }
    return LayerKind("conv2d", genes, takes="map")


_TRAINING = LayerKind(TRAINING, {"epochs": EPOCHS, "optimizer": Choice(OPTIMIZERS)})
_SMALL_CONV2D = _conv2d(16, 32)
_SMALL_DENSE = dense((16, 32), dropout(0.1, 0.3))

# Two convolutional layers, max pooling, softmax; no hidden dense layer.
CONV2D = SearchSpace("conv2d", (Block(_conv2d(16, 32, 64, 128), 2, 2, pool_last=True),), _TRAINING)

# Three dense layers, softmax.
DENSE = SearchSpace("dense", (Block(dense((32, 64, 128, 256), dropout(0.2, 0.5)), 3, 3),), _TRAINING)

# Two convolutional and two dense layers, max pooling between them.
FULL = SearchSpace("full", (Block(_SMALL_CONV2D, 2, 2, pool_last=True), Block(_SMALL_DENSE, 2, 2)), _TRAINING)

# One to seven layers of each; the layers are those of `full`.
DEEP = SearchSpace(
    "deep",
    (Block(_SMALL_CONV2D, 1, 7, pool_every=3, pool_last=True), Block(_SMALL_DENSE, 1, 7)),
    _TRAINING,
)
