"""What a search begins with: what it was given, what its space knows, and what is drawn."""

import random
from dataclasses import replace

import pytest
import search_stubs
from search_stubs import SPACE, outcome

from deap_nn import Individual, Run, evolve, resume
from deap_nn.evolution import Limit
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
    assert starters(search(tmp_path / "run", given=given), []) == [*given, Individual(KNOWN.known[0])]


def test_there_are_no_more_than_a_population(tmp_path):
    given = [drawn(seed) for seed in range(3, 6)]
    few = replace(KNOWN, known=KNOWN.known * 3)
    assert len(starters(search(tmp_path / "run", few, given, population=4), [])) == 4


def test_what_is_known_becomes_as_much_narrower_as_it_must(tmp_path):
    found = starters(search(tmp_path / "run"), [widest(100), widest(70)])
    assert [one[0].genes["units"] for one in found] == [64, 64]
    assert [one[-1] for one in found] == [network[-1] for network in KNOWN.known]
    assert [one[0].genes["units"] for one in starters(search(tmp_path / "less"), [widest(50)])] == [48, 48]


def test_what_cannot_be_narrow_enough_is_left_out_and_what_was_given_is_not(tmp_path):
    given = [drawn(3, units=256)]
    assert starters(search(tmp_path / "run", given=given), [widest(8)]) == given


def test_the_space_keeps_what_it_knows(tmp_path):
    found = starters(search(tmp_path / "run"), [])
    found[0][0].genes["units"] = 16
    assert KNOWN.known[0][0].genes["units"] == 64
    assert found[0].fitness.weights == (1.0,)
    assert starters(search(tmp_path / "down", minimize=True), [])[0].fitness.weights == (-1.0,)
