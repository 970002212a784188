"""The best of a search, measured again."""

import pytest
import search_stubs

from deap_nn import Individual
from deap_nn.engines import make_engine
from deap_nn.evolution import FitnessValues
from deap_nn.search.evaluations import Evaluations
from deap_nn.search.finalists import ranked

AGAIN = {"16": 0.5, "32": 0.9, "48": None, "64": 0.1}


def second(individual, repetition, budget):
    assert repetition == 1
    value = AGAIN[str(individual[0].genes["units"])]
    if value is None:
        return FitnessValues((0.0,), {"status": "failed", "reason": "diverged"})
    return FitnessValues((value,), {"views": {"2": 0.6}})


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
        ranking = ranked(best, count, Evaluations(engine), second, weight)
    assert ranking.individuals == [best[place] for place in order]
    assert [one.fitness.values[0] for one in ranking.individuals] == [[0.9, 0.8, 0.7, 0.6][place] for place in order]


def test_several_views_count_where_they_were_better():
    with make_engine("serial") as engine:
        ranking = ranked(candidates(), 3, Evaluations(engine), second, 1)
    assert ranking.views == [1, 2, 1, 1]  # 0.6 is less than 0.9, more than 0.5; failed; not measured
