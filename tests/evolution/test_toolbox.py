"""The switchboard: DEAP's own loops and selections run on it, and the slots hold what they should."""

import pickle
import random
from copy import deepcopy
from functools import partial

import pytest
from deap import algorithms, tools
from hypothesis import given
from hypothesis import strategies as st
from space_strategies import FUZZ, search_spaces

from deap_nn.evolution import CROSSOVERS, FitnessValues, Individual, Record, eaTruncation, make_toolbox, operators
from deap_nn.evolution.toolbox import InTurn, mutAll
from deap_nn.space import PRESETS
from deap_nn.space.presets import CONV2D, DEEP, FULL, MODERN


def epochs(individual, scale=1.0):
    """A fitness that needs no network, with a record as a true evaluation has it."""
    return FitnessValues((individual[-1].genes["epochs"] * scale,), {"status": "ok"})


def simple(population, toolbox, halloffame):
    return algorithms.eaSimple(population, toolbox, 0.8, 0.5, 3, halloffame=halloffame, verbose=False)


def mu_plus_lambda(population, toolbox, halloffame):
    return algorithms.eaMuPlusLambda(population, toolbox, 8, 8, 0.5, 0.4, 3, halloffame=halloffame, verbose=False)


def mu_comma_lambda(population, toolbox, halloffame):
    return algorithms.eaMuCommaLambda(population, toolbox, 8, 12, 0.5, 0.4, 3, halloffame=halloffame, verbose=False)


def truncation(population, toolbox, halloffame):
    return eaTruncation(population, toolbox, 0.8, 0.5, 3, halloffame=halloffame)


def tournament(toolbox):
    toolbox.register("select", tools.selTournament, tournsize=3)


@pytest.mark.parametrize("select", [lambda toolbox: None, tournament], ids=["truncation", "tournament"])
@pytest.mark.parametrize("loop", [simple, mu_plus_lambda, mu_comma_lambda, truncation])
@pytest.mark.parametrize("space", PRESETS.values(), ids=PRESETS)
def test_deaps_own_loops_and_selections_run_on_it(space, loop, select):
    random.seed(2)
    toolbox = make_toolbox(space, evaluate=epochs)
    select(toolbox)
    halloffame = tools.HallOfFame(3)
    population, logbook = loop(toolbox.population(n=8), toolbox, halloffame)
    assert len(population) == 8
    assert logbook.select("gen") == [0, 1, 2, 3]
    assert sum(logbook.select("nevals")) > 8
    for individual in [*population, *halloffame]:
        assert isinstance(individual, Individual)
        space.validate(individual)
        assert individual.fitness.values == epochs(individual)
        assert individual.fitness.record == Record()


def test_individuals_and_populations_come_from_the_space():
    random.seed(1)
    toolbox = make_toolbox(DEEP, evaluate=epochs)
    population = toolbox.population(n=30)
    assert isinstance(toolbox.individual(), Individual)
    assert not any(individual.fitness.valid for individual in population)
    assert len({len(individual) for individual in population}) > 3
    for individual in population:
        DEEP.validate(individual)


def test_a_clone_is_equal_and_shares_nothing():
    toolbox = make_toolbox(FULL, evaluate=epochs)
    original = toolbox.individual()
    original.fitness.values = epochs(original)
    clone = toolbox.clone(original)
    assert clone == original
    assert clone.fitness.values == original.fitness.values
    assert clone.fitness.record == original.fitness.record
    clone[0].genes["filters"] = 999
    clone.fitness.record.extra["seen"] = True
    assert original[0].genes["filters"] != 999
    assert original.fitness.record == Record()


def test_its_evaluation_can_be_shipped():
    toolbox = make_toolbox(MODERN, evaluate=partial(epochs, scale=0.5))
    individual = toolbox.individual()
    shipped = pickle.loads(pickle.dumps(toolbox.evaluate))
    assert shipped(pickle.loads(pickle.dumps(individual))) == epochs(individual, 0.5)


def test_the_map_that_is_given_is_the_one_that_is_used():
    calls = []

    def backwards(function, individuals):
        calls.append(len(individuals))
        return [function(individual) for individual in reversed(individuals)][::-1]

    random.seed(1)
    toolbox = make_toolbox(FULL, evaluate=epochs, map=backwards)
    algorithms.eaSimple(toolbox.population(n=6), toolbox, 1.0, 1.0, 1, verbose=False)
    assert calls == [6, 6]


# --- crossover ---


def test_crossovers_take_turns():
    calls = []

    def noting(name):
        return lambda one, two: (calls.append(name), (one, two))[1]

    mate = InTurn(noting("a"), noting("b"), noting("c"))
    assert [mate(1, 2) for _ in range(7)] == [(1, 2)] * 7
    assert calls == ["a", "b", "c", "a", "b", "c", "a"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("whole-layer", [operators.cxWholeLayer] * 4),
        ("two-point", [operators.cxTwoPointGenes] * 4),
        ("both", [operators.cxWholeLayer, operators.cxTwoPointGenes] * 2),
    ],
)
def test_mate_is_the_crossover_of_that_name(name, expected):
    random.seed(1)
    toolbox = make_toolbox(CONV2D, evaluate=epochs, crossover=name)
    for operator in expected:
        parents = toolbox.population(n=2)
        random.seed(7)
        ours = toolbox.mate(*map(toolbox.clone, parents))
        random.seed(7)
        assert ours == operator(*map(toolbox.clone, parents))


def test_two_toolboxes_do_not_share_a_turn():
    random.seed(1)
    one, two = (make_toolbox(CONV2D, evaluate=epochs) for _ in range(2))
    parents = one.population(n=2)
    one.mate(*map(one.clone, parents))
    random.seed(7)
    ours = two.mate(*map(two.clone, parents))
    assert ours == operators.cxWholeLayer(*map(two.clone, parents))


# --- mutation ---


@pytest.mark.parametrize("space", PRESETS.values(), ids=PRESETS)
def test_at_probability_0_nothing_mutates(space):
    random.seed(1)
    toolbox = make_toolbox(space, evaluate=epochs, mutation_probability=0)
    for individual in toolbox.population(n=50):
        before = deepcopy(individual)
        (mutated,) = toolbox.mutate(individual)
        assert mutated is individual
        assert individual == before


@pytest.mark.parametrize("space", [DEEP, MODERN], ids=["deep", "modern"])
def test_a_thousand_mutations_stay_inside_the_space_and_reach_its_depths(space):
    random.seed(1)
    individual = make_toolbox(space, evaluate=epochs).individual()
    depths = {block.kind.name: set() for block in space.blocks}
    for _ in range(1000):
        (individual,) = mutAll(individual, space, indpb=0.3)
        space.validate(individual)
        for name, seen in depths.items():
            seen.add(sum(chromosome.kind == name for chromosome in individual))
    for block in space.blocks:
        assert depths[block.kind.name] == set(range(block.min_layers, block.max_layers + 1))


@FUZZ
@given(search_spaces(), st.sampled_from([0.0, 0.1, 1.0]), st.integers(0, 99))
def test_mutation_stays_inside_any_space(space, indpb, seed):
    random.seed(seed)
    individual = operators.initIndividual(Individual, space)
    for _ in range(5):
        mutAll(individual, space, indpb)
        space.validate(individual)


def test_each_gene_mutates_with_the_probability_that_was_set():
    random.seed(1)
    toolbox = make_toolbox(CONV2D, evaluate=epochs, mutation_probability=0.2)
    changed = genes = 0
    for individual in toolbox.population(n=400):
        before = deepcopy(individual)
        toolbox.mutate(individual)
        for old, new in zip(before, individual, strict=True):
            changed += sum(old.genes[name] != new.genes[name] for name in old.genes)
            genes += len(old.genes)
    assert changed / genes == pytest.approx(0.2, abs=0.02)


# --- what it refuses ---


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"crossover": "uniform"}, "crossover is 'uniform', expected one of whole-layer, two-point, both"),
        ({"mutation_probability": 1.01}, "mutation_probability is 1.01, expected a number from 0 to 1"),
        ({"mutation_probability": -1}, "mutation_probability is -1, expected a number from 0 to 1"),
        ({"mutation_probability": float("nan")}, "mutation_probability is nan, expected a number from 0 to 1"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        make_toolbox(FULL, evaluate=epochs, **options)


def test_every_name_of_a_crossover_is_a_setting():
    from deap_nn.search import all_settings

    assert all_settings()["crossover"].choices == tuple(CROSSOVERS)
