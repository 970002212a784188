"""The best of a search, measured again."""

from copy import deepcopy
from dataclasses import replace
from types import SimpleNamespace

import pytest
import search_stubs

from deap_nn import Individual, Run
from deap_nn.engines import make_engine
from deap_nn.evolution import FitnessValues
from deap_nn.search.budget import Budget
from deap_nn.search.evaluations import Evaluations
from deap_nn.search.finalists import Finalists, Ranking, contenders, planned, ranked
from deap_nn.space import Choice, LayerKind

AGAIN = {"16": 0.5, "32": 0.9, "48": None, "64": 0.7}


def second(individual, repetition, budget):
    assert repetition == 1
    value = AGAIN[str(individual[0].genes["units"])]
    if value is None:
        return FitnessValues((0.0,), {"status": "failed", "reason": "diverged"})
    return FitnessValues((value,), {"views": {"2": 0.6}, "budget": budget})


def candidates():
    """Four individuals, the best first."""
    made = []
    for number, fitness in enumerate([0.9, 0.8, 0.7, 0.6], start=1):
        individual = Individual(search_stubs.SPACE.sample())
        individual[0].genes["units"] = 16 * number
        individual.fitness.values = (fitness,)
        made.append(individual)
    return made


@pytest.mark.parametrize(
    ("count", "weight", "order"),
    [(0, 1, [0, 1, 2, 3]), (1, 1, [0, 1, 2, 3]), (2, 1, [1, 0, 2, 3]), (3, 1, [1, 0, 2, 3]), (2, -1, [0, 1, 2, 3])],
)
def test_the_mean_of_both_measurements_decides(count, weight, order):
    best = candidates()
    with make_engine("serial") as engine:
        ranking = ranked(best, Finalists(count), Evaluations(engine), second, weight)
    assert ranking.individuals == [best[place] for place in order]
    assert [one.fitness.values[0] for one in ranking.individuals] == [[0.9, 0.8, 0.7, 0.6][place] for place in order]


def test_several_views_count_where_they_were_better():
    with make_engine("serial") as engine:
        ranking = ranked(candidates(), Finalists(3), Evaluations(engine), second, 1)
    assert ranking.views == [1, 2, 1, 1]  # 0.6 is less than 0.9, more than 0.5; failed; not measured


@pytest.mark.parametrize(
    ("two", "six", "views"),
    [
        (0.78, 0.8, 6),
        (0.8, 0.75, 6),  # half of what two gain over 0.7
        (0.8, 0.74, 2),
        (0.7, 0.7, 1),
        (0.65, 0.69, 1),
        (0.65, 0.71, 6),
    ],
)
def test_the_most_views_are_judged_that_gain_half_as_much_as_the_best(two, six, views):
    found = FitnessValues((0.7,), {"views": {"2": two, "6": six}})
    assert Ranking(candidates()[:1], [found]).views == [views]


def better_in_views(individual, repetition, budget):
    by_units = {"16": (0.7, {}), "32": (0.6, {"2": 0.8}), "48": (0.65, {"2": 0.5}), "64": (0.5, {"2": 0.7, "6": 0.9})}
    value, views = by_units[str(individual[0].genes["units"])]
    return FitnessValues((value,), {"views": views})


def test_finalists_are_measured_with_the_views_that_they_would_judge():
    best = candidates()
    with make_engine("serial") as engine:
        ranking = ranked(best, Finalists(4, times=2), Evaluations(engine), better_in_views, 1)
    assert ranking.individuals == [best[place] for place in (3, 1, 0, 2)]
    assert ranking.views == [6, 2, 1, 1]


def test_a_longer_training_decides_alone():
    best = candidates()
    with make_engine("serial") as engine:
        ranking = ranked(best, Finalists(4, times=3), Evaluations(engine), second, 1)
    assert ranking.individuals == [best[place] for place in (1, 3, 0, 2)]  # by both, the first would be the second
    assert [values.record.budget for values in ranking.again] == [3.0] * 4


def mirrored_space(*ways):
    training = LayerKind("training", {**search_stubs.SPACE.training.genes, "flip": Choice(("none", *ways))})
    return replace(search_stubs.SPACE, training=training)


def flips(individuals):
    return [individual[-1].genes["flip"] for individual in individuals]


def with_flips(*flips):
    best = candidates()
    for individual, flip in zip(best, flips, strict=True):
        individual[-1].genes["flip"] = flip
    return best


@pytest.mark.parametrize(
    ("ways", "expected"), [(("random", "alternating"), "alternating"), (("random",), "random"), ((), None)]
)
def test_the_best_is_mirrored_too_if_it_was_not(ways, expected):
    best = with_flips("none", "none", "none", "none")
    first, *others = contenders(best, mirrored_space(*ways))
    assert first is best[0]
    assert others[-3:] == best[1:]
    assert flips(others[:-3]) == ([expected] if expected else [])
    assert not any(one.fitness.valid for one in others[:-3])


def test_a_mirrored_best_and_spaces_without_mirrors_stay_as_they_are():
    best = with_flips("random", "none", "none", "none")
    assert contenders(best, mirrored_space("random", "alternating")) == best
    best = candidates()
    assert contenders(best, search_stubs.SPACE) == best


def test_what_the_search_has_trained_is_not_made_again():
    best = with_flips("none", "none", "none", "none")
    best[2] = deepcopy(best[0])
    best[2][-1].genes["flip"], best[2].fitness.values = "random", (0.7,)
    found = contenders(best, mirrored_space("random"))
    assert [id(one) for one in found] == [id(best[place]) for place in (0, 2, 1, 3)]


def better_mirrored(individual, repetition, budget):
    return FitnessValues((0.9 if individual[-1].genes["flip"] == "random" else 0.5,), {})


def failing_mirrored(individual, repetition, budget):
    failed = {"status": "failed", "reason": "diverged"}
    return FitnessValues((0.0,), failed if individual[-1].genes["flip"] == "random" else {})


@pytest.mark.parametrize(
    ("networks", "function", "order"),
    [(2, better_mirrored, ["random", *4 * ["none"]]), (2, failing_mirrored, 4 * ["none"]), (1, second, 4 * ["none"])],
)
def test_the_mirrored_one_is_named_if_it_was_measured_to_be_better(networks, function, order):
    best = contenders(with_flips("none", "none", "none", "none"), mirrored_space("random"))
    with make_engine("serial") as engine:
        ranking = ranked(best, Finalists(networks, times=3), Evaluations(engine), function, 1)
    assert flips(ranking.individuals) == order
    assert ranking.individuals[0].fitness.values == (0.9,)


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "run", {})


@pytest.mark.parametrize(
    ("seconds", "workers", "asked", "expected"),
    [
        (1000.0, 2, None, Finalists(2, times=2)),  # 200 s: one round of 140 s, two finalists at once
        (1100.0, 2, None, Finalists(2, times=3)),
        (2100.0, 2, None, Finalists(4, times=3)),
        (360.0, 2, None, Finalists(2, times=1)),
        (360.0, 1, None, Finalists(1, times=1)),
        (300.0, 2, None, Finalists(0, times=1)),
        (10_000.0, 8, None, Finalists(4, times=3)),  # there are four
        (1000.0, 2, 3, Finalists(3, times=1)),
        (1000.0, 2, 0, Finalists(0, times=3)),
        (None, 2, None, Finalists(0)),
        (None, 2, 3, Finalists(3)),
    ],
)
def test_finalists_are_as_many_and_trained_for_as_long_as_there_is_time_for(run, seconds, workers, asked, expected):
    best = [search_stubs.trained(70.0, units=16 * number) for number in range(1, 5)]
    budget, engine = Budget(run, seconds), SimpleNamespace(capacity=workers)
    assert planned(best, asked, engine, budget) == expected
    assert planned([search_stubs.trained(7.0)], asked, engine, Budget(run, seconds)) == expected  # as it was decided


def test_runs_that_were_begun_before_finalists_were_trained_for_longer_go_on_as_they_were(run):
    run.update(decisions={"finalists": 3})
    best, engine = [search_stubs.trained(70.0)], SimpleNamespace(capacity=2)
    assert planned(best, None, engine, Budget(run, 1000.0)) == Finalists(3)
