"""The space `modern`: normalisation, pooling and shortcuts per layer; learning rate and batch size evolve too."""

from deap_nn.space.block import Block
from deap_nn.space.genes import Choice, Float, Integer
from deap_nn.space.kinds import TRAINING, LayerKind
from deap_nn.space.presets.ranges import EPOCHS, MORE_ACTIVATIONS, OPTIMIZERS, dense, dropout, width
from deap_nn.space.space import SearchSpace

# Each layer has its own pooling and shortcut. Initial networks are small enough for a CPU to train in about a minute:
# kernels of 3, strides of 1, moderate depth, normalisation and pooling in each layer, so that maps shrink; little
# dropout, and no sgd or adagrad, which get nowhere in ten to fifteen epochs at learning rates that suit the others.
_MODERN_CONV2D = LayerKind(
    "conv2d",
    {
        "filters": width(16, 32, 48, 64),
        "kernel_size": Integer(1, 7, start=(3,)),
        "strides": Integer(1, 3, start=(1,)),
        "padding": Choice(("same", "valid")),
        "batch_normalization": Choice((False, True), start=(True,)),
        "activation": Choice(MORE_ACTIVATIONS),
        "pooling": Choice(("none", "max", "average"), start=("max", "average")),
        "shortcut": Choice((False, True)),
        "dropout": dropout(0.0, 0.2),
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
        Block(dense((32, 64, 128), dropout(0.0, 0.3), MORE_ACTIVATIONS), 0, 3, start_layers=(0, 2)),
    ),
    _MODERN_TRAINING,
)
