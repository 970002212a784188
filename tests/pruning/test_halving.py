"""Halving: which trainings go on, in what order, and what the others are taken for."""

import itertools
import math
import random
from fractions import Fraction

import pytest
from search_stubs import SPACE

from deap_nn.evolution import FitnessValues, Individual, Key
from deap_nn.pruning import OF_A_TRAINING, Decision, Halving, Thresholds
from deap_nn.pruning.halving import FACTOR, RUNGS, TOGETHER
from deap_nn.tasks import Classification

NOTHING = Decision([], [])


@pytest.fixture
def halving():
    return Halving(Classification(10))


def individuals(count):
    found = {}
    while len(found) < count:
        one = Individual(SPACE.sample())
        found.setdefault(one.canonical(), one)
    return list(found.values())


def hears(halving, individual, reached, status="paused"):
    """Tell the next result, after the part that was asked for; of a full training the curve goes up to the end."""
    budget = halving.budget(individual)
    curve = [reached] * max(1, round(9 * budget))
    record = {"status": "ok" if budget == 1 and status == "paused" else status, "budget": budget}
    record["history"] = {"running_val_accuracy": curve}
    individual.fitness.values = FitnessValues((reached if budget == 1 else 0.0,), record)
    halving.learn([individual])
    return halving.decide()


def test_of_nine_three_go_on_and_of_these_one(halving):
    everyone = individuals(10)
    reached = [0.3, 0.9, 0.1, 0.5, 0.4, 0.8, 0.2, 0.6, 0.7]
    for one, value in zip(everyone[:8], reached, strict=False):
        assert halving.budget(one) == 1 / 9
        assert hears(halving, one, value) == NOTHING
    decision = hears(halving, everyone[8], reached[8])
    assert decision.go_on == [everyone[place] for place in (1, 5, 8)]  # by number, not by what they have come to
    assert decision.end == [everyone[place] for place in (0, 2, 3, 4, 6, 7)]
    assert [halving.budget(one) for one in (everyone[1], everyone[0], everyone[9])] == [1 / 3, 1 / 9, 1 / 9]
    assert hears(halving, everyone[1], 0.90) == hears(halving, everyone[9], 0.1) == NOTHING
    assert hears(halving, everyone[5], 0.92) == NOTHING
    assert hears(halving, everyone[8], 0.91) == Decision([everyone[5]], [everyone[1], everyone[8]])
    assert halving.budget(everyone[5]) == 1.0
    assert hears(halving, everyone[5], 0.95) == NOTHING
    assert halving.decide() == NOTHING


def test_of_equals_those_with_the_lowest_numbers_go_on(halving):
    everyone = individuals(9)
    decisions = [hears(halving, one, 0.5) for one in everyone]
    assert decisions[-1].go_on == everyone[:3]


@pytest.mark.parametrize("status", ["failed", "timeout", "lost"])
def test_what_fails_before_its_rung_takes_no_place(halving, status):
    everyone = individuals(11)
    decisions = [hears(halving, one, 0.5, status if place < 2 else "paused") for place, one in enumerate(everyone)]
    assert decisions[:-1] == [NOTHING] * 10
    assert decisions[-1].go_on == everyone[2:5]
    assert hears(halving, everyone[2], 0.5, status) == NOTHING
    assert halving.budget(everyone[2]) == 1 / 9  # if anybody asks again
    assert hears(halving, everyone[3], 0.5) == hears(halving, everyone[4], 0.5) == NOTHING  # they wait for a third


def test_its_state_is_all_that_its_decisions_depend_on(halving):
    everyone = individuals(10)
    digests = [Key.of(one).digest.hex() for one in everyone]
    for place, one in enumerate(everyone):
        hears(halving, one, 0.9 - place / 10)
    assert halving.state == {"rungs": [[digests[9]], []], "going_on": dict.fromkeys(digests[:3], 1)}
    hears(halving, everyone[0], 0.5)
    assert halving.state == {"rungs": [[digests[9]], [digests[0]]], "going_on": dict.fromkeys(digests[1:3], 1)}


def test_an_estimate_adds_what_half_of_the_better_trainings_gained_from_that_share_on(halving):
    paused, *others = individuals(9)
    hears(halving, paused, 0.3)
    assert halving.estimate(paused) == 0.3  # nothing is known of gains
    for place, one in enumerate(others):
        curve = [0.2 + place / 100] * 3 + [0.8] * 6
        one.fitness.values = FitnessValues((0.8,), {"history": {"running_val_accuracy": curve}})
        halving.learn([one])
        assert halving.estimate(one) is None
    assert halving.estimate(paused) == pytest.approx(
        0.3 + 0.8 - 0.24
    )  # of the gains from 0.20 ... 0.27 to 0.8, the fourth
    paused.fitness.values = FitnessValues((0.0,), {"status": "failed"})
    assert halving.estimate(paused) is None


def test_nothing_is_pruned_and_a_running_mean_is_kept(halving):
    assert halving.rule == Thresholds()
    whole = FitnessValues((0.5,), {"history": {"running_val_accuracy": [0.1] * 9}})
    assert halving.judge(whole) is whole
    assert halving.reprieve([whole]) == []


def test_the_shares_and_counts_fit_together():
    shares = [Fraction(rung).limit_denominator(9) for rung in RUNGS]
    assert [after / before for before, after in itertools.pairwise(shares)] == [FACTOR] * 2
    counts = [*TOGETHER, 1]
    parts = [after - before for before, after in zip([0, *shares], shares, strict=False)]
    work = sum(count * part for count, part in zip(counts, parts, strict=True))
    assert pytest.approx(float(work / sum(counts))) == OF_A_TRAINING


@pytest.mark.parametrize("epochs", range(1, 101))
def test_a_share_of_the_epochs_is_rounded_up_and_not_by_rounding_errors(epochs):
    assert [math.ceil(rung * epochs) for rung in RUNGS] == [-(-epochs // 9), -(-epochs // 3), epochs]


def test_every_nine_go_by_the_order_of_results_whatever_comes_between(halving):
    stream, everyone = random.Random(4), individuals(60)
    going_on, evaluated = [], 0
    for one in everyone:
        for candidate in (one, *going_on):
            going_on = [other for other in going_on if other is not candidate]
            going_on += hears(halving, candidate, stream.random()).go_on
            evaluated += 1
    assert evaluated == 60 + 3 * (60 // 9) + (60 // 9)
