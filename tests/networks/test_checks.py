"""Search spaces that no network can come from are refused before anything is trained."""

from dataclasses import fields, replace

import pytest

from deap_nn import PRESETS, Block, Choice, Float, Integer, LayerKind, SearchSpace
from deap_nn.networks import check_space
from deap_nn.networks.checks import KERAS_NAMES
from deap_nn.recipe.genes import TRAINING_GENES

TRAINING = LayerKind("training", {"epochs": Integer(1, 2)})
DENSE = {"units": Integer(1, 2), "activation": Choice(("relu",))}


def space(dense=None, training=None):
    """A space of one kind whose genes, or those of the training, differ from what is usual; None takes one away."""

    def changed(genes, changes):
        return {name: gene for name, gene in (genes | (changes or {})).items() if gene is not None}

    kind = LayerKind("dense", changed(DENSE, dense), takes="flat")
    return SearchSpace("s", (Block(kind, 1, 2),), replace(TRAINING, genes=changed(TRAINING.genes, training)))


@pytest.mark.parametrize(
    ("refused", "match"),
    [
        (space({"unit": Integer(1, 2)}), "'dense' has no use for the gene 'unit': did you mean 'units'"),
        (space({"colour": Integer(1, 2)}), "no use for the gene 'colour': expected one of units, activation, batch"),
        (space({"activation": None}), "'dense' lacks the gene 'activation'; it needs units, activation"),
        (space({"activation": Choice(("relu", "rellu"))}), "'activation' of 'dense' offers 'rellu', no name of Keras"),
        (space(training={"epochs": None, "optimizer": Choice(("sgd",))}), "'training' lacks the gene 'epochs'"),
        (space(training={"optimizer": Choice(("adamm",))}), "offers 'adamm', no name of Keras: did you mean 'adam'"),
        (space(training={"learning_rat": Float(0.1, 1.0)}), "'learning_rat': did you mean 'learning_rate'"),
        (space(training={"precision": Choice(("float32",))}), "no use for the gene 'precision'"),
        (space(training={"momentum": Float(0.5, 1.0)}), "momentum is 1.0, expected a number of at least 0 and below 1"),
        (space(training={"epochs": Integer(0, 2)}), "epochs is 0, expected a whole number of at least 1"),
        (
            space(training={"batch_size": Integer(values=(0, 64))}),
            "batch_size is 0, expected a whole number of at least 1",
        ),
        (space(training={"warmup": Float(values=(0.0, 0.5, 1.0))}), "warmup is 1.0, expected a number of at least 0"),
        (space(training={"shift": Choice((0, 2.5))}), "shift is 2.5, expected a whole number of at least 0"),
        (space(training={"flip": Choice(("none", "both"))}), "flip is 'both', expected one of 'none', 'random'"),
        (space(training={"weight_decay": Float(-1.0, 1.0)}), "weight_decay is -1.0, expected .* at least 0 or None"),
        (space(training={"start_resolution": Float(0.0, 1.0)}), "start_resolution is 0.0, expected a number above 0"),
    ],
)
def test_genes_that_no_layer_understands(refused, match):
    with pytest.raises(ValueError, match=match):
        check_space(refused, (4,))


def test_a_wrong_gene_is_named_with_its_block():
    kind = LayerKind("dense", {**DENSE, "unit": Integer(1, 2)}, takes="flat")
    with pytest.raises(ValueError, match="'wide' has no use for the gene 'unit'"):
        check_space(SearchSpace("s", (Block(kind, 1, 2, name="wide"),), TRAINING), (4,))


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_presets_pass(preset):
    check_space(preset, (8, 8, 1))


def test_names_with_capitals_of_registered_classes_and_none_pass():
    names = Choice(("Adam", "mine>Own"))
    check_space(space({"activation": Choice(("relu", None, "mine>act"))}, {"optimizer": names}), (4,))


@pytest.mark.slow
def test_the_names_are_those_of_keras():
    import keras

    bases = {"optimizer", "lossscaleoptimizer", "multioptimizer", "optimizermap"}
    assert set(keras.src.activations.ALL_OBJECTS_DICT) <= {*KERAS_NAMES["activation"]}
    assert set(keras.src.optimizers.ALL_OBJECTS_DICT) - bases <= {*KERAS_NAMES["optimizer"]}


@pytest.mark.slow
def test_the_genes_of_a_training_are_the_fields_of_a_schedule():
    from deap_nn.training import Schedule

    assert {field.name for field in fields(Schedule)} - {"precision", "running_mean"} == {*TRAINING_GENES}
