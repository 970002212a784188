"""Whatever the result of a training depends on is part of its key, or of what a cache and a resumed run compare."""

import random

import pytest

from deap_nn import PRESETS, Individual
from deap_nn.data import DataSpec
from deap_nn.evaluation import genome_seed
from deap_nn.evolution import Key
from deap_nn.recipe import TRAINING_GENES
from deap_nn.search import Settings
from deap_nn.search.objective import keras_objective


def drawn():
    random.seed(1)
    return Individual(PRESETS["vision"].sample())


def essence(**changes):
    spec = {"source": "digits", "train_samples": 500, "seed": 0, **changes}
    return keras_objective(PRESETS["vision"], DataSpec(**spec), Settings()).essence


@pytest.mark.parametrize("change", [{"train_samples": 400}, {"seed": 1}, {"fold": 1}, {"scaling": "none"}], ids=str)
def test_other_data_and_another_way_in_are_another_essence(change):
    assert essence() == essence()
    assert essence(**change) != essence()


@pytest.mark.parametrize("name", sorted(PRESETS["vision"].training.genes))
def test_every_gene_of_the_recipe_is_part_of_the_key_and_the_seed(name):
    one, other = drawn(), drawn()
    assert Key.of(one) == Key.of(other)
    other[-1].genes[name] = "something else"
    assert Key.of(one) != Key.of(other)
    assert genome_seed(0, one) != genome_seed(0, other)


@pytest.mark.parametrize("change", [{"repetition": 1}, {"budget": 0.5}], ids=str)
def test_repetition_and_fidelity_are_part_of_the_key(change):
    assert Key.of(drawn(), **change) != Key.of(drawn())


def test_the_presets_offer_only_what_a_training_understands():
    for space in PRESETS.values():
        assert space.training.genes.keys() <= TRAINING_GENES.keys()
