"""What can be said of a search space before anything is trained: genes that no layer understands, names Keras lacks."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from deap_nn.errors import InputError
from deap_nn.networks.kinds import KINDS, layer_function
from deap_nn.networks.layers import Shape
from deap_nn.recipe import TRAINING_GENES, check_training_gene
from deap_nn.space import Choice, LayerKind, SearchSpace

ACTIVATIONS = (
    "celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear "
    "log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus "
    "sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink threshold"
)
OPTIMIZERS = "adadelta adafactor adagrad adam adamax adamw ftrl lamb lion muon nadam rmsprop schedulefreeadamw sgd"
KERAS_NAMES = {"activation": ACTIVATIONS.split(), "optimizer": OPTIMIZERS.split()}
"""The names that Keras knows, by gene; the installed version may know fewer."""


def check_space(space: SearchSpace, input_shape: Shape) -> None:
    """Refuse a search space that no network on this data can come from.

    Args:
        space: The search space.
        input_shape: The shape of one sample.

    Raises:
        InputError: If a kind has no builder, a gene is missing, unknown or offers names that Keras does not know, or
            a space of convolutions is to be used on data that is not images.
    """
    for block in space.blocks:
        layer_function(block.kind)
        if block.kind.build is None:
            built_in = KINDS[block.kind.name]
            _check_genes(block.name, block.kind, built_in.required, built_in.optional, built_in.words)
    _check_genes(space.training.name, space.training, ("epochs",), tuple(TRAINING_GENES))
    for name, gene in space.training.genes.items():
        for value in gene.options if isinstance(gene, Choice) else (gene.low, gene.high):
            check_training_gene(name, value)
    if space.takes_maps and len(input_shape) != 3:
        raise InputError(
            f"space {space.name!r} has convolutional layers and needs images (height, width, channels), but the data "
            f"has the shape {input_shape}: choose a space of dense layers, such as 'dense'"
        )


def _check_genes(
    block: str,
    kind: LayerKind,
    required: Collection[str],
    optional: Collection[str],
    words: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> None:
    for name in required:
        if name not in kind.genes:
            raise InputError(f"{block!r} lacks the gene {name!r}; it needs {', '.join(required)}")
    known = [*required, *optional]
    for name, gene in kind.genes.items():
        if name not in known:
            raise InputError(f"{block!r} has no use for the gene {name!r}: {_hint(name, known)}")
        if isinstance(gene, Choice) and name in words:
            _check_words(block, name, gene.options, words[name])
        elif isinstance(gene, Choice) and name in KERAS_NAMES:
            _check_names(block, name, gene.options)


def _check_words(block: str, gene: str, offered: Iterable[object], known: Collection[str]) -> None:
    for word in offered:
        if isinstance(word, str) and word not in known:
            raise InputError(f"gene {gene!r} of {block!r} offers {word!r}: {_hint(word, known)}")


def _check_names(block: str, gene: str, offered: Iterable[object]) -> None:
    """Refuse names that Keras does not know; those with a `>` are of classes that a user has registered."""
    known = KERAS_NAMES[gene]
    for name in offered:
        if isinstance(name, str) and ">" not in name and name.lower() not in known:
            raise InputError(f"gene {gene!r} of {block!r} offers {name!r}, no name of Keras: {_hint(name, known)}")


def _hint(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"
