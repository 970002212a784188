"""The space `vision`: a stem, three or four stages and a head, as good networks for images are built.

First networks are mostly plain, shrink in every stage and grow wider from stage to stage; on 32x32 pixels they cost 11
to 70 million multiply-adds a sample, 26 in the middle. Four of five are trained on mirrored images, which show their
worth in the final training only; where they do harm, as with digits, evolution soon does without. Limits reach
ResNet-18 (He et al. 2015, https://arxiv.org/abs/1512.03385).

One network is known: that of Jordan 2024 (https://arxiv.org/abs/2404.00498), half as wide, and much of its recipe.
"""

from deap_nn.space.block import Block
from deap_nn.space.genes import Choice, Float, Integer
from deap_nn.space.kinds import TRAINING, Chromosome, LayerKind
from deap_nn.space.presets.ranges import MORE_ACTIVATIONS, dropout
from deap_nn.space.space import SearchSpace

_ACTIVATION = Choice(MORE_ACTIVATIONS, start=("relu", "swish", "gelu"))

_STEM = LayerKind(
    "conv2d",
    {
        "filters": Integer(8, 128, step=8, log=True, start=(24, 32)),
        "kernel_size": Integer(1, 5, start=(2, 3)),
        "padding": Choice(("same", "valid")),
        "activation": _ACTIVATION,
        "batch_normalization": Choice((False, True)),
    },
    takes="map",
)


def _stage(*filters: int) -> LayerKind:
    return LayerKind(
        "stage",
        {
            "filters": Integer(16, 512, step=8, log=True, start=filters),
            "depth": Integer(1, 4, start=(1, 2)),
            "kernel_size": Integer(1, 5, start=(3,)),
            "activation": _ACTIVATION,
            "block": Choice(("plain", "residual", "separable"), start=("plain", "plain", "plain", "residual")),
            "downsampling": Choice(("none", "max", "average", "strides"), start=("max",)),
            "squeeze_excitation": Choice((False, True), start=(False,)),
            "dropout": dropout(0.0, 0.1),
        },
        takes="map",
    )


_HEAD = LayerKind(
    "flatten",
    {
        "pooling": Choice(("global_average", "global_max")),
        "scale": Float(0.05, 1.0, log=True, start=(0.1, 1.0)),
        "dropout": dropout(0.0, 0.3),
    },
    takes="map",
)

_VISION_TRAINING = LayerKind(
    TRAINING,
    {
        "epochs": Integer(4, 64, log=True, start=(6, 8, 10)),
        "batch_size": Choice((64, 128, 256), start=(64, 128)),
        "optimizer": Choice(("sgd",)),
        "learning_rate": Float(5e-3, 0.5, log=True, start=(0.05, 0.2)),
        "learning_rate_decay": Choice(("linear", "cosine")),
        "warmup": Float(0.0, 0.5, start=(0.1, 0.3)),
        "momentum": Float(0.5, 0.98, start=(0.85, 0.95)),
        "weight_decay": Float(1e-5, 1e-1, log=True, start=(1e-4, 1e-2)),
        "gradient_clipping": Choice((None, 1.0, 4.0), start=(None,)),
        "weight_average": Choice((None, 0.9, 0.98), start=(None,)),
        "label_smoothing": Float(0.0, 0.3, start=(0.0, 0.2)),
        "kernel_initializer": Choice(
            ("glorot_uniform", "he_uniform", "identity"), start=("glorot_uniform", "he_uniform")
        ),
        "flip": Choice(
            ("none", "random", "alternating"), start=("random", "alternating", "random", "alternating", "none")
        ),
        "shift": Integer(0, 6, start=(1, 2, 3)),
        "cutout": Integer(0, 16, step=4, start=(0,)),
        "start_resolution": Choice((0.5, 0.75, 1.0)),
    },
)


def _known_stage(name: str, filters: int) -> Chromosome:
    return Chromosome(
        name,
        {
            "filters": filters,
            "depth": 2,
            "kernel_size": 3,
            "activation": "gelu",
            "block": "plain",
            "downsampling": "max",
            "squeeze_excitation": False,
            "dropout": 0.0,
        },
    )


_KNOWN = (
    Chromosome(
        "stem",
        {"filters": 24, "kernel_size": 2, "padding": "valid", "activation": "gelu", "batch_normalization": True},
    ),
    _known_stage("stage1", 32),
    _known_stage("stage2", 128),
    _known_stage("stage3", 128),
    Chromosome("head", {"pooling": "global_max", "scale": 0.11, "dropout": 0.0}),
    Chromosome(
        TRAINING,
        {
            "epochs": 8,
            "batch_size": 128,
            "optimizer": "sgd",
            "learning_rate": 0.19,
            "learning_rate_decay": "linear",
            "warmup": 0.23,
            "momentum": 0.85,
            "weight_decay": 0.0088,
            "gradient_clipping": None,
            "weight_average": None,
            "label_smoothing": 0.2,
            "kernel_initializer": "glorot_uniform",
            "flip": "alternating",
            "shift": 2,
            "cutout": 0,
            "start_resolution": 0.5,
        },
    ),
)

VISION = SearchSpace(
    "vision",
    (
        Block(_STEM, 1, 1, name="stem"),
        Block(_stage(24, 32, 48), 1, 1, name="stage1"),
        Block(_stage(64, 80, 96), 1, 1, name="stage2"),
        Block(_stage(96, 128, 160), 1, 1, name="stage3"),
        Block(_stage(160, 200, 256), 0, 1, start_layers=(0, 0), name="stage4"),
        Block(_HEAD, 1, 1, name="head"),
    ),
    _VISION_TRAINING,
    known=(_KNOWN,),
)
