"""Individuals, their fitness and its record, through DEAP's hands and back from bytes and JSON."""

import json
import math
import os
import pickle
import random
import subprocess
import sys
from copy import deepcopy

import numpy as np
import pytest
from deap import base, tools
from hypothesis import given
from hypothesis import strategies as st
from space_strategies import FUZZ, search_spaces

from deap_nn.evolution import MINIMIZE, Fitness, FitnessValues, Individual, Record
from deap_nn.space import Chromosome
from deap_nn.space.presets import MODERN

RECORD = Record(seconds={"train": 1.5}, extra={"loss": [0.7, 0.3]})


def individual(value=None, filters=16):
    made = Individual([Chromosome("conv2d", {"filters": filters, "dropout": 0.5})])
    if value is not None:
        made.fitness.values = FitnessValues((value,), RECORD)
    return made


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_fitness_values_are_a_tuple_with_a_record(protocol):
    values = FitnessValues((0.93,), RECORD)
    returned = pickle.loads(pickle.dumps(values, protocol))
    assert values == returned == (0.93,)
    assert type(returned) is FitnessValues and returned.record == RECORD
    assert FitnessValues([1.0]).record == Record()


def test_fitness_takes_the_record_over_and_drops_it_with_the_values():
    fitness = Fitness()
    assert fitness.record is None and not fitness.valid
    fitness.values = FitnessValues((0.5,), RECORD)
    assert fitness.values == (0.5,) and fitness.record is RECORD and fitness.valid
    del fitness.values
    assert fitness.record is None and not fitness.valid
    fitness.values = FitnessValues((0.5,), RECORD)
    fitness.values = (0.6,)
    assert fitness.record is None and fitness.values == (0.6,)
    assert Fitness(FitnessValues((0.5,), RECORD)).record is RECORD


@pytest.mark.parametrize("copy", [deepcopy, pickled, base.Toolbox().clone], ids=["deepcopy", "pickle", "clone"])
def test_copies_keep_values_and_record_and_share_nothing(copy):
    original = individual(0.5)
    copied = copy(original)
    assert type(copied) is Individual and copied == original and copied is not original
    assert copied.fitness.values == (0.5,) and copied.fitness.record == RECORD
    assert copied.fitness is not original.fitness and copied.fitness.record is not RECORD
    copied[0].genes["filters"] = 64
    del copied.fitness.values
    assert original == individual() and original.fitness.record == RECORD


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, np.float32("nan"), "0.5", None])
def test_fitness_refuses_what_is_not_finite(bad):
    fitness = Fitness((0.5,))
    with pytest.raises(ValueError, match="expected finite numbers"):
        fitness.values = (bad,)
    assert fitness.values == (0.5,)


@pytest.mark.parametrize("bad", [0.5, (), (0.5, 0.5), None, np.array([0.5])])
def test_fitness_refuses_what_is_no_tuple_of_its_length(bad):
    with pytest.raises(ValueError, match=r"expected a tuple of 1, such as \(0.5,\)"):
        Fitness().values = bad


def test_fitness_holds_plain_floats():
    fitness = Fitness((np.float32(0.5),))
    assert type(fitness.values[0]) is float and fitness.values == (0.5,)


def test_fitness_serves_several_objectives():
    class TwoGoals(Fitness):
        weights = (1.0, -1.0)

    small, large = TwoGoals((0.9, 100)), TwoGoals((0.9, 200))
    assert small > large and small.dominates(large) and small.values == (0.9, 100.0)
    assert deepcopy(small) == small and type(deepcopy(small)) is TwoGoals


def test_deap_tools_work():
    random.seed(1)
    population = [individual(value, filters) for filters, value in enumerate([0.1, 0.9, 0.5, 0.9])]
    assert tools.selBest(population, 1)[0] is population[1]
    assert max(member.fitness.values[0] for member in tools.selTournament(population, 4, tournsize=4)) >= 0.5
    halloffame = tools.HallOfFame(2)
    halloffame.update(population)
    halloffame.update([individual(0.95, filters=99)])
    assert [member.fitness.values for member in halloffame] == [(0.95,), (0.9,)]
    assert halloffame[0].fitness.record == RECORD
    assert population[0].fitness < population[2].fitness


def test_a_hall_of_fame_holds_equal_genomes_once():
    halloffame = tools.HallOfFame(3)
    halloffame.update([individual(0.5), individual(0.5), individual(0.5, filters=32)])
    assert len(halloffame) == 2


@FUZZ
@given(search_spaces(), st.integers(0, 99))
def test_genomes_survive_json_and_pickle(space, seed):
    random.seed(seed)
    original = Individual(space.sample())
    returned = Individual.from_json(json.loads(json.dumps(original.to_json())))
    space.validate(returned)
    assert type(returned) is Individual and returned == original == pickled(original)
    assert returned.canonical() == original.canonical() and not returned.fitness.valid


def test_json_is_detached_from_the_genome():
    original = individual()
    written = original.to_json()
    returned = Individual.from_json(written)
    written[0]["genes"]["filters"] = 64
    assert original == returned == individual()


@FUZZ
@given(search_spaces(), st.integers(0, 99), st.integers(0, 99))
def test_equal_genomes_and_only_they_share_a_canonical_form(space, seed1, seed2):
    random.seed(seed1)
    one = Individual(space.sample())
    random.seed(seed2)
    two = Individual(space.sample())
    assert (one == two) == (one.canonical() == two.canonical())


def test_canonical_form_by_hand():
    turned = Individual([Chromosome("conv2d", {"dropout": 0.5, "filters": 16})])
    assert turned.canonical() == individual().canonical() == '[["conv2d",{"dropout":0.5,"filters":16}]]'
    zeros = [Individual([Chromosome("conv2d", {"dropout": zero})]) for zero in (0.0, -0.0)]
    assert zeros[0].canonical() == zeros[1].canonical()
    assert (
        Individual([Chromosome("k", {"on": True})]).canonical() != Individual([Chromosome("k", {"on": 1})]).canonical()
    )
    with pytest.raises(ValueError, match="JSON compliant"):
        Individual([Chromosome("conv2d", {"dropout": math.nan})]).canonical()


def test_the_order_of_layers_counts():
    layers = [Chromosome("dense", {"units": units}) for units in (16, 32)]
    assert Individual(layers).canonical() != Individual(layers[::-1]).canonical()


CHILD = """
import pickle, random, sys
from deap_nn.evolution import operators
from deap_nn.evolution import Individual
from deap_nn.space.presets import MODERN
random.seed(7)
ones, twos = [operators.initIndividual(Individual, MODERN) for _ in range(2)]
operators.cxWholeLayer(ones, twos)
operators.cxTwoPointGenes(ones, twos)
operators.mutGaussianGenes(ones, MODERN, 0.5)
operators.mutInsertLayer(ones, MODERN, 1.0)
ones.fitness.values = (0.25,)
sys.stdout.buffer.write(pickle.dumps((ones, MODERN)))
"""


def test_a_fresh_process_evolves_the_same_and_its_pickles_load_here():
    answers = []
    for hash_seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": hash_seed}
        child = subprocess.run([sys.executable, "-c", CHILD], env=env, capture_output=True, check=True)
        answers.append(pickle.loads(child.stdout))
    (evolved, space), (again, _) = answers
    MODERN.validate(evolved)
    assert type(evolved) is Individual and evolved.fitness.values == (0.25,)
    assert evolved == again and space == MODERN


@pytest.mark.parametrize("copy", [deepcopy, pickled, base.Toolbox().clone], ids=["deepcopy", "pickle", "clone"])
def test_the_direction_travels_with_the_individual(copy):
    low, high = (Individual([Chromosome("conv2d", {"filters": filters})], MINIMIZE) for filters in (1, 2))
    low.fitness.values, high.fitness.values = (0.1,), (0.9,)
    low, high = copy(low), copy(high)
    assert low.fitness > high.fitness
    assert low.fitness.weights == MINIMIZE and low.fitness.values == (0.1,)
    halloffame = tools.HallOfFame(1)
    halloffame.update([high, low])
    assert halloffame[0].fitness.values == (0.1,)
    assert Individual.from_json(low.to_json(), MINIMIZE).fitness.weights == MINIMIZE
    assert Individual.from_json(low.to_json()).fitness.weights == Fitness.weights == (1.0,)
