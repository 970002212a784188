"""The space `tabular`: dense layers with normalisation and shortcuts, for flat features; images are flattened."""

from deap_nn.space.block import Block
from deap_nn.space.genes import Choice, Float, Integer
from deap_nn.space.kinds import TRAINING, LayerKind
from deap_nn.space.presets.ranges import MORE_ACTIVATIONS, dropout
from deap_nn.space.space import SearchSpace

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
        "epochs": Integer(10, 200, log=True, start=(20, 30, 40)),
        "batch_size": Choice((16, 32, 64, 128, 256), start=(32, 64, 128)),
        "optimizer": Choice(("adam", "adamw", "sgd"), start=("adam", "adamw")),
        "learning_rate": Float(1e-4, 1e-1, log=True, start=(5e-4, 1e-2)),
        "learning_rate_decay": Choice(("none", "linear", "cosine"), start=("linear", "cosine")),
        "warmup": Float(0.0, 0.5, start=(0.0, 0.2)),
        "momentum": Float(0.5, 0.98, start=(0.85, 0.95)),
        "weight_decay": Float(1e-5, 1.0, log=True, start=(1e-4, 1e-1)),
        "weight_average": Choice((None, 0.9, 0.98), start=(None,)),
        "label_smoothing": Float(0.0, 0.3, start=(0.0, 0.1)),
        "kernel_initializer": Choice(("glorot_uniform", "he_uniform")),
        "noise": Float(0.0, 1.0, start=(0.0, 0.2)),
    },
)

TABULAR = SearchSpace("tabular", (Block(_DENSE, 1, 6, start_layers=(1, 3)),), _TABULAR_TRAINING)
