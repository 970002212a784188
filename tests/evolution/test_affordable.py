"""What costs too much is bred again."""

import random

import search_stubs

from deap_nn import make_toolbox
from deap_nn.evolution import Limit, limit_cost


def units(individual):
    return sum(layer.genes.get("units", 0) for layer in individual)


def layers(individual):
    return len(individual)


def toolbox(*limits, mutation_probability=0.5, **options):
    made = make_toolbox(search_stubs.SPACE, evaluate=search_stubs.fitness, mutation_probability=mutation_probability)
    limit_cost(made, *(one if isinstance(one, Limit) else Limit(units, one) for one in limits), **options)
    return made


def test_drawn_and_mutated_individuals_cost_no_more_than_the_limit():
    random.seed(1)
    one = toolbox(400)
    population = one.population(n=50)
    assert max(map(units, population)) <= 400
    for _ in range(3):
        for individual in population:
            (mutated,) = one.mutate(individual)
            assert mutated is individual
        assert max(map(units, population)) <= 400


def test_a_child_that_is_too_expensive_gives_way():
    random.seed(1)
    one = toolbox(100)
    expensive = max((make_toolbox(search_stubs.SPACE, evaluate=units).individual() for _ in range(99)), key=units)
    assert units(expensive) > 400
    (child,) = one.mutate(expensive)
    assert units(child) <= 100


def test_what_cannot_be_is_not_waited_for():
    random.seed(1)
    assert units(toolbox(1).individual()) <= 100


def test_where_all_that_is_drawn_breaks_a_hard_limit_mutation_leads_below_it():
    random.seed(1)
    one = toolbox(Limit(units, 32, hard=True))  # one layer of 32, or two of 16
    population = one.population(n=20)
    assert {units(individual) for individual in population} == {16, 32}
    for individual in population:
        search_stubs.SPACE.validate(individual)
        (mutated,) = one.mutate(individual)
        assert units(mutated) <= 32


def test_where_mutation_leads_nowhere_a_copy_of_the_smallest_is_taken():
    random.seed(1)
    tiny = make_toolbox(search_stubs.SPACE, evaluate=units).individual()
    del tiny[1:-1]
    tiny[0].genes["units"] = 16
    one = toolbox(Limit(units, 16, hard=True), mutation_probability=0.0, smallest=lambda: tiny)
    first, second = one.population(n=2)
    assert first == second == tiny
    assert first is not second is not tiny is not first


def test_a_hard_limit_comes_before_the_others():
    random.seed(1)
    one = toolbox(Limit(layers, 1), Limit(units, 32, hard=True))  # nothing has fewer than two chromosomes
    assert max(map(units, one.population(n=10))) <= 32
    both = toolbox(Limit(units, 400, hard=True), Limit(layers, 3))
    population = both.population(n=30)
    assert max(map(units, population)) <= 400
    assert max(map(layers, population)) <= 3


def test_a_limit_that_is_not_hard_takes_the_cheapest():
    random.seed(1)
    cheapest = toolbox(0).individual()
    assert units(cheapest) > 0
    search_stubs.SPACE.validate(cheapest)


def test_what_is_bred_again_is_counted():
    random.seed(1)
    refused = []
    one = toolbox(400, refused=lambda: refused.append(1))
    drawn = one.population(n=50)
    assert 0 < len(refused) < 500
    del refused[:]
    assert toolbox(10**6, refused=lambda: refused.append(1)).mutate(drawn[0])
    assert refused == []
    toolbox(1, refused=lambda: refused.append(1)).mutate(drawn[0])
    assert len(refused) == 60  # 30 mutations and 30 new ones


def test_the_note_of_what_made_a_child_goes_with_it_but_not_with_what_took_its_place():
    random.seed(1)
    one = toolbox(400)
    parents = one.population(n=2)
    for parent in parents:
        parent.fitness.values = (0.5,)
    child, _ = one.mate(*map(one.clone, parents))
    (mutated,) = one.mutate(child)
    assert mutated.origin.operators == ("whole_layer", "numbers")
    (replaced,) = toolbox(1).mutate(mutated)
    assert replaced.origin is None
