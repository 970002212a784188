"""What is gained, and how much of the plane is dominated."""

import random

import pytest
from deap import base, tools
from deap.benchmarks.tools import hypervolume as deaps

from deap_nn.evolution import Front, hypervolume, selCrowdedTournament, selNSGA2


class Fitness(base.Fitness):
    weights = (1.0, -1.0)


class Genome(list):
    def __init__(self, genes, values):
        super().__init__(genes)
        self.fitness = Fitness(values)


def population(count, seed=0):
    random.seed(seed)
    return [Genome([number], (random.random(), random.random())) for number in range(count)]


def test_with_one_objective_a_gain_is_a_new_best():
    front = Front()
    assert [front.gains((value,)) for value in (0.3, 0.2, 0.3, 0.4, 0.4, 0.1)] == [
        True,
        False,
        False,
        True,
        False,
        False,
    ]


def test_with_several_a_gain_is_what_nothing_before_dominates_or_equals():
    front, seen = Front(), tools.ParetoFront(lambda one, other: True)
    for one in population(200) + population(20):
        before = [tuple(member.fitness.wvalues) for member in seen]
        seen.update([one])
        assert front.gains(one.fitness.wvalues) == ([tuple(member.fitness.wvalues) for member in seen] != before)


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
def test_the_volume_is_deaps(objectives):
    class Values(base.Fitness):
        weights = (1.0,) * objectives

    random.seed(objectives)
    for count in (1, 2, 7, 25):
        points = [tuple(random.random() for _ in range(objectives)) for _ in range(count)]
        genomes = [Genome([], ()) for _ in points]
        for genome, point in zip(genomes, points, strict=True):
            genome.fitness = Values(point)
        expected = deaps(genomes, [0.0] * objectives)
        assert hypervolume(points, (0.0,) * objectives) == pytest.approx(expected)
        assert hypervolume(points[::-1], (0.0,) * objectives) == hypervolume(points, (0.0,) * objectives)


def test_what_is_not_above_the_reference_adds_nothing():
    assert hypervolume([(0.5, 2.0), (3.0, 1.0)], (1.0, 1.0)) == 0
    assert hypervolume([(2.0, 3.0), (0.0, 9.0)], (1.0, 1.0)) == 2
    assert hypervolume([], (1.0, 1.0)) == 0


def test_selection_is_deaps_with_copies_last():
    everyone = population(30)
    assert selNSGA2(everyone, 10) == tools.selNSGA2(everyone, 10)
    copies = [Genome(one, one.fitness.values) for one in everyone[:5]]
    assert selNSGA2([*everyone, *copies], 10) == tools.selNSGA2(everyone, 10)
    chosen = selNSGA2([*copies, *everyone[:5]], 8)
    assert sorted(one[0] for one in chosen[:5]) == [0, 1, 2, 3, 4]
    assert len(chosen) == 8
    assert selNSGA2(everyone, 0) == selNSGA2([], 3) == []
    with pytest.raises(ValueError, match="expected 0 or more"):
        selNSGA2(everyone, -1)


def test_a_tournament_is_won_by_rank_then_by_room():
    good, crowded, edge, other_edge = (Genome([n], v) for n, v in enumerate([(5, 5), (4.9, 4.9), (9, 9), (1, 1)]))
    bad = Genome([9], (0, 20))
    everyone = [good, crowded, edge, other_edge, bad]
    random.seed(1)
    wins = [one[0] for one in selCrowdedTournament(everyone, 2000, 3)]
    assert wins.count(9) < 2000 * 0.02  # only against itself: 1 in 125
    assert min(wins.count(2), wins.count(3)) > max(wins.count(0), wins.count(1))
