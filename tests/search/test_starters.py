"""What a search begins with: what it was given, what its space knows, and what is drawn."""

import random
from dataclasses import replace

import pytest
import search_stubs
from deap import base
from search_stubs import SPACE, outcome

from deap_nn import Individual, Run, evolve, resume
from deap_nn.evolution import Limit, limit_cost, make_toolbox
from deap_nn.search import Settings
from deap_nn.search.objective import Objective
from deap_nn.search.search import Search
from deap_nn.search.starters import starters

LOOPS = pytest.mark.parametrize("algorithm", ["truncation", "steady-state"])


def drawn(seed, **genes):
    random.seed(seed)
    individual = Individual(SPACE.sample())
    for chromosome in individual[:-1]:
        chromosome.genes.update(genes)
    return individual


KNOWN = replace(SPACE, known=(drawn(1, units=64), drawn(2, units=128)))


def search(path, space=KNOWN, given=(), **settings):
    chosen = Settings(engine="serial", pruner="none", **settings)
    info = {"settings": chosen.to_json(), "start_with": [one.to_json() for one in given]}
    return Search(Run.create(path, info), space, Objective(search_stubs.fitness, {}), chosen)


def starters_of(search, limits=()):
    toolbox = make_toolbox(SPACE, evaluate=search_stubs.fitness, mutation_probability=0.5)
    limit_cost(toolbox, *limits)
    random.seed(0)
    return starters(search, toolbox, limits)


def widest(most):
    return Limit(lambda individual: max(one.genes["units"] for one in individual[:-1]), most)


def evolved(path, **options):
    return evolve(KNOWN, evaluate=search_stubs.fitness, run_dir=path, **{**search_stubs.SMALL, **options})


@LOOPS
def test_a_search_begins_with_what_its_space_knows_and_is_resumed(tmp_path, algorithm):
    whole = evolved(tmp_path / "whole", algorithm=algorithm)
    first = [individual for individual, _ in whole.evaluations()][:2]
    assert first == [Individual(network) for network in KNOWN.known]
    assert len({individual.canonical() for individual, _ in whole.evaluations()}) > 8
    evolved(tmp_path / "run", algorithm=algorithm, generations=1)
    assert outcome(resume(tmp_path / "run", evaluate=search_stubs.fitness, generations=4)) == outcome(whole)
    assert whole.info["start_with"] == []


def test_what_the_run_was_given_comes_first_and_nothing_twice(tmp_path):
    own = drawn(3)
    given = [own, Individual(KNOWN.known[1])]
    assert starters_of(search(tmp_path / "run", given=given))[:3] == [*given, Individual(KNOWN.known[0])]
    twice = replace(KNOWN, known=KNOWN.known * 2)
    assert starters_of(search(tmp_path / "other", twice, population=4)) == [*map(Individual, KNOWN.known)]


@pytest.mark.parametrize(("population", "mutants"), [(4, 0), (9, 2), (10, 3)])
def test_up_to_half_a_population_are_mutants_of_what_is_known(tmp_path, population, mutants):
    found = starters_of(search(tmp_path / "run", population=population), [widest(300)])
    assert found[:2] == [*map(Individual, KNOWN.known)]
    assert len(found) == 2 + mutants
    assert len({one.canonical() for one in found}) == len(found)
    assert all(widest(300).allows(one) for one in found)


def test_each_that_is_known_has_mutants_in_turn(tmp_path):
    def wider(individual):
        individual[0].genes["units"] += 16
        return (individual,)

    toolbox = base.Toolbox()
    toolbox.register("mutate", wider)
    found = starters(search(tmp_path / "run", population=8), toolbox, [])
    assert [one[0].genes["units"] for one in found] == [64, 128, 80, 144]


def test_without_something_known_the_rest_is_drawn(tmp_path):
    assert starters_of(search(tmp_path / "run", SPACE)) == []
    assert starters_of(search(tmp_path / "given", SPACE, [drawn(3)])) == [drawn(3)]


def test_there_are_no_more_than_a_population(tmp_path):
    given = [drawn(seed) for seed in range(3, 6)]
    few = replace(KNOWN, known=KNOWN.known * 3)
    assert len(starters_of(search(tmp_path / "run", few, given, population=4))) == 4


def test_what_is_known_becomes_as_much_narrower_as_it_must(tmp_path):
    found = starters_of(search(tmp_path / "run", population=4), [widest(100), widest(70)])
    assert [one[0].genes["units"] for one in found] == [64, 64]
    assert [one[-1] for one in found] == [network[-1] for network in KNOWN.known]
    less = starters_of(search(tmp_path / "less", population=4), [widest(50)])
    assert [one[0].genes["units"] for one in less] == [48, 48]


def test_what_cannot_be_narrow_enough_is_left_out_and_what_was_given_is_not(tmp_path):
    given = [drawn(3, units=256)]
    assert starters_of(search(tmp_path / "run", given=given), [widest(8)]) == given


def test_the_space_keeps_what_it_knows(tmp_path):
    found = starters_of(search(tmp_path / "run"))
    found[0][0].genes["units"] = 16
    assert KNOWN.known[0][0].genes["units"] == 64
    assert found[0].fitness.weights == (1.0,)
    assert starters_of(search(tmp_path / "down", minimize=True))[0].fitness.weights == (-1.0,)
