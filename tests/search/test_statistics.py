"""The figures of a generation, computed by hand."""

import math
import time
from collections import Counter

import numpy as np
import pytest
from deap import tools

from deap_nn.evolution import FitnessValues, Individual
from deap_nn.plots import half_width
from deap_nn.search.statistics import diversity, make_statistics
from deap_nn.space import Chromosome
from deap_nn.status import FAILURES, LIMITS

FIELDS = ["avg", "std", "min", "max", "trained", "best", "cached", "pruned", "failed", "limits", "diversity", "seconds"]
FIELDS += ["new", "avoided", "too_large", "since_best"]
FIELDS += ["success_whole_layer", "success_two_point", "success_numbers", "success_choices", "success_depth"]
FIELDS += ["screen_correlation"]


def individual(accuracy, ended="ok", epochs=10):
    one = Individual([Chromosome("training", {"epochs": epochs})])
    one.fitness.values = FitnessValues((accuracy,), {"status": ended})
    return one


def halloffame_of(population):
    halloffame = tools.HallOfFame(1)
    halloffame.update(population)
    return halloffame


def statistics(population, **counts):
    halloffame = halloffame_of(population)
    return make_statistics(Counter(counts), halloffame, lambda: 0.5), halloffame


def test_the_fields_of_a_logbook_row_in_their_order():
    assert statistics([individual(0.5)])[0].fields == FIELDS


def test_what_failed_or_was_pruned_enters_no_mean_spread_or_minimum():
    ended = ["failed", "pruned", "timeout", "lost"]
    population = [individual(a) for a in (0.2, 0.4, 0.9)] + [individual(0.0, status) for status in ended]
    row = statistics(population)[0].compile(population)
    assert row["avg"] == pytest.approx(0.5)
    assert row["std"] == pytest.approx(math.sqrt((0.09 + 0.01 + 0.16) / 3))
    assert (row["min"], row["max"], row["trained"]) == (0.2, 0.9, 3)


def test_an_accuracy_of_zero_that_was_earned_counts():
    population = [individual(0.0), individual(0.5)]
    row = statistics(population)[0].compile(population)
    assert (row["avg"], row["min"], row["trained"]) == (0.25, 0.0, 2)


def test_a_generation_in_which_all_failed_has_no_mean():
    population = [individual(0.0, "failed"), individual(0.0, "timeout")]
    row = statistics(population, failed=1, timeout=1)[0].compile(population)
    assert [row[name] for name in ("avg", "std", "min", "max")] == [None] * 4
    assert (row["trained"], row["failed"], row["limits"], row["best"]) == (0, 2, 1, 0.0)


def test_the_best_is_that_of_the_hall_of_fame_and_not_of_the_generation():
    made, halloffame = statistics([individual(0.8)])
    population = [individual(0.3)]
    assert made.compile(population)["best"] == 0.8
    halloffame.update([individual(0.9, epochs=11)])
    assert made.compile(population)["best"] == 0.9


def test_evaluations_are_counted_by_how_they_ended():
    population = [individual(0.5)]
    made, _ = statistics(population, ok=5, cached=4, pruned=3, failed=2, timeout=10, lost=20, evaluated=40)
    row = made.compile(population)
    assert (row["cached"], row["pruned"], row["failed"], row["limits"]) == (4, 3, 32, 30)
    assert set(LIMITS) < set(FAILURES)


def test_counts_are_read_when_a_generation_ends():
    counts = Counter()
    halloffame = tools.HallOfFame(1)
    population = [individual(0.5)]
    halloffame.update(population)
    made = make_statistics(counts, halloffame, lambda: 0.5)
    counts["cached"] = 7
    assert made.compile(population)["cached"] == 7
    counts.clear()
    assert made.compile(population)["cached"] == 0


def test_children_that_were_copies_of_what_had_been_evaluated_are_those_that_were_not_new():
    parents = [individual(0.5, epochs=epochs) for epochs in range(5)]
    counts = Counter(new=5)
    made = make_statistics(counts, halloffame_of(parents), lambda: 0.5)
    row = made.compile(parents)
    assert (row["new"], row["avoided"]) == (5, 0)
    counts["new"] = 1
    population = [*parents[:2], individual(0.5, epochs=7), individual(0.5, epochs=0), individual(0.5, epochs=1)]
    row = made.compile(population)
    assert (row["new"], row["avoided"]) == (1, 2)


def test_what_telemetry_counted_is_in_the_row():
    population = [individual(0.5)]
    counts = {"too_large": 3, "since_best": 40, "tried numbers": 4, "better numbers": 1, "tried depth": 2}
    row = statistics(population, **counts)[0].compile(population)
    assert (row["too_large"], row["since_best"]) == (3, 40)
    assert (row["success_numbers"], row["success_depth"], row["success_choices"]) == (0.25, 0.0, None)


def test_figures_are_plain_python():
    population = [individual(0.25), individual(0.5)]
    row = statistics(population)[0].compile(population)
    assert {type(row[name]) for name in ("avg", "std", "min", "max", "best", "diversity", "seconds")} == {float}
    assert {type(row[name]) for name in ("trained", "cached", "pruned", "failed", "limits")} == {int}


def test_seconds_are_those_since_the_row_before():
    population = [individual(0.5)]
    made, _ = statistics(population)
    time.sleep(0.02)
    first, second = (made.compile(population)["seconds"] for _ in range(2))
    assert 0.02 <= first < 5
    assert 0 <= second < 0.02


def test_diversity_is_the_share_of_different_genomes():
    assert diversity([individual(0.5, epochs=epochs) for epochs in (10, 10, 11, 12)]) == 0.75
    assert diversity([individual(0.1), individual(0.9)]) == 0.5  # one genome, however it fared


def test_one_without_a_record_counts_as_trained():
    one = individual(0.5)
    one.fitness.values = (0.5,)
    assert one.fitness.status == "ok"
    assert individual(0.0, "lost").fitness.status == "lost"


def test_the_half_width_is_students():
    # from a table of Student's t: 12.706 (1 degree of freedom), 4.303 (2), 2.093 (19)
    counts = np.array([2.0, 3.0, 20.0])
    expected = [12.706 * 0.1 / math.sqrt(2), 4.303 * 0.1 / math.sqrt(3), 2.093 * 0.1 / math.sqrt(20)]
    assert half_width(np.full(3, 0.1), counts) == pytest.approx(expected, rel=1e-4)


def test_fewer_than_two_values_have_no_interval():
    assert np.isnan(half_width(np.zeros(2), np.array([0.0, 1.0]))).all()
