import pytest
import search_stubs
from deap import base, tools
from search_stubs import SPACE

from deap_nn import Individual, evolve
from deap_nn.algorithms import Generation
from deap_nn.individual import FitnessValues
from deap_nn.race import Race, thresholds


def test_the_lowest_curve_less_the_margin_is_the_threshold():
    assert thresholds([[0.2, 0.5, 0.6], [0.3, 0.4, 0.7]], margin=0.1) == pytest.approx([0.1, 0.3, 0.5])


def test_a_curve_that_has_ended_keeps_its_last_value():
    assert thresholds([[0.2, 0.3], [0.1, 0.4, 0.5, 0.2]], margin=0.0) == [0.1, 0.3, 0.3, 0.2]


def individual(curve, status="ok"):
    made = Individual(SPACE.sample())
    made.fitness.values = FitnessValues((curve[-1],), {"status": status, "history": {"val_accuracy": curve}})
    return made


def raced(population, survivors):
    toolbox = base.Toolbox()
    toolbox.register("select", tools.selBest)
    race = Race(toolbox, lambda individual, thresholds: thresholds, survivors)
    race(Generation(0, population, None, tools.Logbook()))
    assert toolbox.evaluate(population[0]) == race.thresholds
    return race.thresholds


def test_only_those_who_survive_set_the_thresholds():
    population = [individual([0.5, 0.9]), individual([0.9, 0.1]), individual([0.4, 0.8])]
    assert raced(population, 2) == pytest.approx((0.39, 0.79))


def test_failures_among_the_survivors_set_none():
    population = [individual([0.5, 0.9]), individual([0.0, 0.0], "pruned")]
    assert raced(population, 2) == pytest.approx((0.49, 0.89))
    assert raced(population[1:], 1) == ()


def test_a_function_of_ones_own_has_no_curves_to_race_with(tmp_path):
    with pytest.raises(ValueError, match="the race needs the learning curves"):
        evolve(SPACE, evaluate=search_stubs.fitness, run_dir=tmp_path / "run", race=True)
