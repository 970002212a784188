"""What costs too much is bred again."""

import random

import search_stubs

from deap_nn import make_toolbox
from deap_nn.evolution import limit_cost


def units(individual):
    return sum(layer.genes.get("units", 0) for layer in individual)


def toolbox(limit):
    made = make_toolbox(search_stubs.SPACE, evaluate=search_stubs.fitness, mutation_probability=0.5)
    limit_cost(made, units, limit)
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
