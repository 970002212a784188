"""Which candidate is chosen: what that depends on, and that nothing makes it fail."""

import json
import math
import random
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from screening_stubs import SPACE, drawn, quality, told
from space_strategies import FUZZ, search_spaces

from deap_nn import PRESETS, InputError
from deap_nn.screening import Screen, screen
from deap_nn.screening.screen import BOUND, RECENT, normal_scores, used_results


def known(count, change=lambda value: value):
    """A screen that knows results of the stub."""
    individuals = drawn(SPACE, count)
    return told(Screen(SPACE, 7), individuals, [change(quality(i)) for i in individuals])


def choices(screen, count=40):
    return [screen.choose(drawn(SPACE, 20, seed=100 + n), drawn(SPACE, 3, seed=200 + n), n) for n in range(count)]


def test_good_candidates_are_chosen():
    ranks = []
    for number, chosen in enumerate(choices(known(100))):
        values = [quality(individual) for individual in drawn(SPACE, 20, seed=100 + number)]
        ranks.append(sum(value > values[chosen] for value in values))
    assert np.mean(ranks) < 2  # at random, 9.5


def test_only_the_order_of_fitnesses_counts():
    as_they_are = choices(known(60))
    assert choices(known(60, lambda value: math.exp(5 * value) - 1000)) == as_they_are
    assert choices(known(60, lambda value: -value)) != as_they_are


def test_last_digits_do_not_flip_a_choice():
    """Not even where two results were equal."""
    rounded = choices(known(60, lambda value: round(value, 1)))
    random.seed(0)
    perturbed = [random.uniform(-1e-12, 1e-12) for _ in range(60)]
    assert choices(known(60, lambda value: round(value, 1) + perturbed.pop())) == rounded


def outcomes(count, objectives):
    """Individuals with their results: one value, or that and its opposite."""
    return [(one, (quality(one), -quality(one))[:objectives]) for one in drawn(SPACE, count)]


@pytest.mark.parametrize("objectives", [1, 2])
def test_a_choice_does_not_depend_on_earlier_choices(objectives):
    candidates = drawn(SPACE, 20, seed=1)
    used, fresh = Screen(SPACE, 3), Screen(SPACE, 3)
    for number, result in enumerate(outcomes(40, objectives)):
        used.choose(candidates, [], number)
        used.tell(*result)
        fresh.tell(*result)
    numbers = range(100, 130)
    chosen = [used.choose(candidates, [], number) for number in numbers]
    assert chosen == [fresh.choose(candidates, [], number) for number in reversed(numbers)][::-1]


def test_samples_of_several_objectives_depend_on_seed_and_number():
    candidates = drawn(SPACE, 20, seed=1)
    chosen = []
    for seed in (3, 3, 4):
        screen = Screen(SPACE, seed)
        for result in outcomes(40, 2):
            screen.tell(*result)
        chosen.append([screen.choose(candidates, [], number) for number in range(30)])
    assert chosen[0] == chosen[1] != chosen[2]
    assert len(set(chosen[0])) > 1


def test_another_process_chooses_the_same():
    script = (
        f"import sys, json; sys.path[:0] = [{str(Path(__file__).parent)!r}, {str(Path(__file__).parents[1])!r}]\n"
        "from test_screen import choices, known\n"
        "print(json.dumps(choices(known(60), 6)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == choices(known(60), 6)


def test_the_streams_of_others_are_left_alone():
    screen = known(20)
    candidates = drawn(SPACE, 20, seed=1)
    random.seed(5)
    before, numpys = random.getstate(), np.random.get_state()[1].tolist()
    for number in range(2):
        screen.choose(candidates, candidates[:2], number)
    assert random.getstate() == before
    assert np.random.get_state()[1].tolist() == numpys


def test_a_neighbour_of_a_child_under_way_is_chosen_less_often():
    """Each candidate in turn has a neighbour under way: on average, that makes it less likely to be chosen."""
    here, candidates, numbers = known(10), drawn(SPACE, 10, seed=1), range(60)

    def chosen(place, under_way):
        return sum(here.choose(candidates, under_way, number) == place for number in numbers)

    free = sum(chosen(place, []) for place in range(10))
    taken = sum(chosen(place, [neighbour(candidate)]) for place, candidate in enumerate(candidates))
    assert free == len(numbers)
    assert taken < free / 2


def test_of_many_under_way_the_last_are_known():
    here, candidates = known(10), drawn(SPACE, 10, seed=1)
    first = here.choose(candidates, [], 1)
    waiting = drawn(SPACE, RECENT, seed=2)
    assert here.choose(candidates, [candidates[first], *waiting], 1) == here.choose(candidates, waiting, 1)
    assert here.choose(candidates, [*waiting, candidates[first]], 1) != first


def neighbour(individual):
    """The individual with one more unit in its first layer, or one less."""
    near = deepcopy(individual)
    near[0].genes["units"] += 1 if near[0].genes["units"] < 9 else -1
    return near


@pytest.mark.parametrize("value", [0.0, -1e300, 1e300])
def test_equal_results_and_equal_genomes_do_no_harm(value):
    (one,) = drawn(SPACE, 1)
    screen = told(Screen(SPACE, 0), [one] * 30, [value] * 30)
    assert {screen.choose([one] * 5, [one] * 4, number) for number in range(60)} == set(range(5))


def test_where_no_difference_is_known_any_candidate_may_be_chosen():
    (one,) = drawn(SPACE, 1)
    screen = told(Screen(SPACE, 0), drawn(SPACE, 30), range(30))
    assert {screen.choose([one] * 3, [], number) for number in range(40)} == set(range(3))


def test_contradicting_results_of_one_genome_do_no_harm():
    (one,) = drawn(SPACE, 1)
    screen = told(Screen(SPACE, 0), [one] * 30, [-1e300, 1e300, 1e-300] * 10)
    assert screen.choose(drawn(SPACE, 5), [one], 1) in range(1, 5)  # the first is the one


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_results_suffice(count):
    individuals = drawn(SPACE, 5)
    screen = told(Screen(SPACE, 0), individuals[:count], [0.5, 0.6][:count])
    chosen = {screen.choose(individuals, individuals[:1], number) for number in range(90)}
    assert chosen == set(range(5)) if count == 0 else chosen <= {1, 2, 3, 4}  # not the one that is under way


def test_failures_count_a_little_less_than_the_poorest_network():
    assert choices(known(60, lambda value: -1e9 if value < 0.3 else value)) == choices(
        known(60, lambda value: -1.0 if value < 0.3 else value)
    )


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_can_be_screened(name):
    space = PRESETS[name]
    screen = told(Screen(space, 0), drawn(space, 30), range(30))
    assert len({screen.choose(drawn(space, 10, seed), drawn(space, 3, seed), seed) for seed in range(20)}) > 1


@FUZZ
@given(search_spaces(), st.integers(0, 2**32), st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=12))
def test_every_space_can_be_screened(space, seed, values):
    screen = told(Screen(space, 0), drawn(space, len(values), seed), values)
    candidates = drawn(space, 4, seed)
    for number in range(2):
        assert screen.choose(candidates, candidates[:2], number) in range(4)


def test_depth_is_seen():
    """Where depth alone makes the difference, the deepest candidates are chosen."""
    individuals = drawn(SPACE, 60)
    screen = told(Screen(SPACE, 0), individuals, map(len, individuals))
    candidates = drawn(SPACE, 20, seed=1)
    chosen = [len(candidates[screen.choose(candidates, [], number)]) for number in range(20)]
    assert np.mean(chosen) > np.mean([len(individual) for individual in candidates]) + 1


@pytest.mark.parametrize("count", [1, BOUND, BOUND + 1, 700, 3000])
def test_no_more_results_are_used_than_the_bound(count):
    scores = np.random.default_rng(0).permutation(count).astype(float)
    used = used_results(scores)
    assert len(used) == len(set(used.tolist())) == min(count, BOUND)
    assert used.tolist() == sorted(used.tolist())
    assert set(np.argsort(-scores)[:100].tolist()) <= set(used.tolist())
    assert set(range(max(0, count - 50), count)) <= set(used.tolist())


def test_one_more_result_changes_little_of_what_is_used():
    scores = np.random.default_rng(0).normal(size=1001)
    assert len({*used_results(scores).tolist()} ^ {*used_results(scores[:-1]).tolist()}) < BOUND


def test_a_choice_among_many_results_sees_no_more_than_the_bound(monkeypatch):
    seen = []
    monkeypatch.setattr(screen, "BOUND", 40)
    monkeypatch.setattr(screen, "BEST", 15)
    monkeypatch.setattr(screen, "RECENT", 10)
    fit = screen.fit
    monkeypatch.setattr(screen, "fit", lambda *args: seen.append(len(args[-1])) or fit(*args))
    posterior = screen.Posterior
    monkeypatch.setattr(screen, "Posterior", lambda *args: seen.append(len(args[-1])) or posterior(*args))
    choices(known(100), 3)
    assert seen == [40] * 4


def test_hyperparameters_are_fitted_as_the_data_grow(monkeypatch):
    fits = []
    fit = screen.fit
    monkeypatch.setattr(screen, "fit", lambda *args: fits.append(len(args[-1])) or fit(*args))
    growing = Screen(SPACE, 0)
    individuals = drawn(SPACE, 40)
    for number, individual in enumerate(individuals):
        growing.tell(individual, (quality(individual),))
        growing.choose(individuals[:2], [], number)
    assert fits == [1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 15, 18, 21, 25, 29, 34, 40]


def test_a_fit_sees_no_result_that_came_after_it_was_due():
    """So that a search resumed at 47 results goes on with the hyperparameters of 46, as it would have done."""
    individuals = drawn(SPACE, 47)
    values = [quality(individual) for individual in individuals]
    going_on = told(Screen(SPACE, 0), individuals[:46], values[:46])
    going_on.choose(individuals[:2], [], 0)
    told(going_on, individuals[46:], [100.0])
    resumed = told(Screen(SPACE, 0), individuals, [*values[:46], 100.0])
    candidates = drawn(SPACE, 20, seed=1)
    assert [going_on.choose(candidates, [], number) for number in range(60)] == [
        resumed.choose(candidates, [], number) for number in range(60)
    ]


def test_normal_scores_are_those_of_ranks():
    scores = normal_scores([3.0, -7.0, 3.0, 10.0])
    assert scores[0] == scores[2]
    assert scores[1] < scores[0] < scores[3]
    assert scores.mean() == pytest.approx(0)
    assert scores.std() == pytest.approx(1)
    assert np.array_equal(normal_scores([0.3, 0.1, 0.2]), normal_scores([30.0, -1.7e308, 2.0]))
    assert normal_scores([1.7e308, -1.7e308]).tolist() == pytest.approx([1, -1])
    assert normal_scores([5.0, 5.0, 5.0]).tolist() == normal_scores([1.0, 1.0, 1.0]).tolist() == [0.0] * 3


@pytest.mark.parametrize("value", [math.nan, math.inf, "0.5", None])
def test_a_result_is_a_finite_number(value):
    with pytest.raises(InputError, match="finite"):
        Screen(SPACE, 0).tell(drawn(SPACE, 1)[0], (value,))


def test_what_cannot_be_chosen_from_is_refused():
    with pytest.raises(InputError, match="at least one"):
        Screen(SPACE, 0).choose([], [], 0)
    with pytest.raises(InputError, match="number"):
        Screen(SPACE, 0).choose(drawn(SPACE, 2), [], -1)
    with pytest.raises(InputError, match="seed"):
        Screen(SPACE, -1)
    for count in (0, 2.0, True):
        with pytest.raises(InputError, match="candidates"):
            Screen(SPACE, 0, candidates=count)


# --- several objectives ---


def both(count):
    """A screen that knows the stub's quality and, as something to be avoided, its number of layers."""
    knowing = Screen(SPACE, 7)
    for individual in drawn(SPACE, count):
        knowing.tell(individual, (quality(individual), -float(len(individual))))
    return knowing


def test_what_is_chosen_is_dominated_by_few():
    dominated = []
    for number, chosen in enumerate(choices(both(100))):
        values = [(quality(one), -len(one)) for one in drawn(SPACE, 20, seed=100 + number)]
        best, its = values[chosen]
        dominated.append(sum(a >= best and b >= its and (a, b) != (best, its) for a, b in values))
    assert np.mean(dominated) < 1  # at random, more than 4


def test_all_of_the_front_are_chosen_now_and_then():
    candidates = [min(drawn(SPACE, 40, seed=1), key=len), max(drawn(SPACE, 40, seed=2), key=quality)]
    chosen = [both(100).choose(candidates, [], number) for number in range(12)]
    assert {0, 1} == set(chosen)


def test_of_one_objective_the_places_are_those_of_the_largest_value():
    assert screen.nondominated(np.array([[1.0], [3.0], [3.0], [2.0]])).tolist() == [1, 2]
    assert screen.nondominated(np.array([[1.0, 5.0], [3.0, 1.0], [2.0, 0.9], [1.0, 5.0]])).tolist() == [0, 1, 3]


@pytest.mark.parametrize("values", [(), 0.5, (0.5,), (0.5, math.nan), (0.5, 1.0, 2.0)])
def test_there_are_as_many_values_each_time(values):
    with pytest.raises(InputError, match="expected"):
        both(2).tell(drawn(SPACE, 1)[0], values)
