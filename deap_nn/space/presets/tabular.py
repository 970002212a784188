"""The space `tabular`: dense layers with normalisation and shortcuts, for flat features; images are flattened."""

from deap_nn.space.genes import Choice, Float, Integer
from deap_nn.space.kinds import TRAINING, LayerKind
from deap_nn.space.presets.ranges import EPOCHS, MORE_ACTIVATIONS, OPTIMIZERS, dropout
from deap_nn.space.space import Block, SearchSpace

_DENSE = LayerKind(
    "dense",
    {
        "units": Integer(16, 512, step=16, log=True, start=(32, 64, 128, 256)),
        "activation": Choice(MORE_ACTIVATIONS),
        "batch_normalization": Choice((False, True)),
        "shortcut": Choice((False, True)),
        "dropout": dropout(0.0, 0.3),
    },
    takes="flat",
)

_TABULAR_TRAINING = LayerKind(
    TRAINING,
    {
        "epochs": EPOCHS,
        "optimizer": Choice((*OPTIMIZERS, "adamw"), start=("rmsprop", "adam", "adamw")),
        "learning_rate": Float(1e-4, 1e-1, log=True, start=(5e-4, 2e-2)),
        "learning_rate_decay": Choice(("none", "cosine"), start=("cosine",)),
        "batch_size": Choice((64, 128, 300)),
    },
)

TABULAR = SearchSpace("tabular", (Block(_DENSE, 1, 6, start_layers=(1, 3)),), _TABULAR_TRAINING)
