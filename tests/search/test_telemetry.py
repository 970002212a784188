"""What a search notes of its own course, with results that a table gives."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
import search_stubs
from scipy.stats import spearmanr
from search_stubs import search

from deap_nn import Hooks, Individual, resume
from deap_nn.engines import make_engine
from deap_nn.evolution import OPERATORS, FitnessValues
from deap_nn.evolution.origin import Origin, noted_crossover, noted_mutation
from deap_nn.search import Evaluations
from deap_nn.search.in_order import InOrder
from deap_nn.search.telemetry import Telemetry, TelemetryInOrder, rank_correlation
from deap_nn.space import Chromosome

COLUMNS = [
    "new",
    "avoided",
    "too_large",
    "since_best",
    *(f"success_{name}" for name in OPERATORS),
    "screen_correlation",
]


def individual(score, origin=None):
    one = Individual([Chromosome("training", {"epochs": score})])
    one.origin = origin
    return one


def score(one):
    return (one[0].genes["epochs"],)


def pauses(one):
    return FitnessValues((0.0,), {"status": "paused"})


@pytest.fixture
def evaluations():
    with make_engine("serial") as engine:
        yield Evaluations(engine)


def told(evaluations, telemetry, *individuals):
    """What is counted of a batch."""
    evaluations.counts.clear()
    telemetry.map(score, individuals)
    return evaluations.counts


def test_a_genome_is_new_once(evaluations):
    telemetry = Telemetry(evaluations, (1.0,))
    assert told(evaluations, telemetry, individual(1), individual(2), individual(1))["new"] == 2
    assert told(evaluations, telemetry, individual(2), individual(3))["new"] == 1
    assert told(evaluations, telemetry)["new"] == 0


def test_a_stall_grows_by_what_is_new_until_something_is_better(evaluations):
    telemetry = Telemetry(evaluations, (1.0,))
    assert told(evaluations, telemetry, individual(5), individual(2), individual(3))["since_best"] == 2
    assert told(evaluations, telemetry, individual(4), individual(5), individual(4))["since_best"] == 3
    assert told(evaluations, telemetry)["since_best"] == 3
    assert told(evaluations, telemetry, individual(1), individual(6), individual(0))["since_best"] == 1


def test_less_may_be_better(evaluations):
    telemetry = Telemetry(evaluations, (-1.0,))
    assert told(evaluations, telemetry, individual(5), individual(2), individual(3))["since_best"] == 1


def test_an_operator_succeeds_where_a_new_child_is_better_than_both_parents(evaluations):
    telemetry = Telemetry(evaluations, (1.0,))
    children = [
        individual(6, Origin(5.0, ("whole_layer", "numbers"))),
        individual(4, Origin(5.0, ("whole_layer",))),
        individual(5, Origin(5.0, ("two_point", "numbers"))),  # as good is not better
        individual(6, Origin(3.0, ("two_point",))),  # a copy of the first
        individual(9),
    ]
    counts = told(evaluations, telemetry, *children)
    figures = {name: it for name, it in counts.items() if name.startswith(("tried", "better"))}
    assert figures == {
        "tried whole_layer": 2, "better whole_layer": 1, "tried numbers": 2, "better numbers": 1, "tried two_point": 1,
    }  # fmt: skip
    assert all(child.origin is None for child in children)


def test_a_crossover_notes_the_better_parent_and_a_mutation_whether_it_changed_anything():
    one, two = individual(1), individual(2)
    one.fitness.values, two.fitness.values = (0.3,), (0.7,)
    noted_crossover("swap", lambda a, b: (a, b))(one, two)
    assert one.origin == two.origin == Origin(0.7, ("swap",))
    noted_mutation("nothing", lambda one: (one,))(one)
    assert one.origin == Origin(0.7, ("swap",))

    def epochs(one, value):
        one[0].genes["epochs"] = value
        return (one,)

    noted_mutation("epochs", epochs)(one, 8)
    assert one.origin == Origin(0.7, ("swap", "epochs"))
    fresh = individual(1)
    noted_mutation("epochs", epochs)(fresh, 8)
    assert fresh.origin is None
    noted_crossover("swap", lambda a, b: (a, b))(fresh, individual(3))  # parents without a fitness
    assert fresh.origin is None


def test_a_parent_that_was_pruned_is_as_good_as_it_would_have_been():
    one, two = individual(1), individual(2)
    one.fitness.values, two.fitness.values = (0.3,), (0.0,)
    two.estimate = (0.4,)
    noted_crossover("swap", lambda a, b: (a, b))(one, two)
    assert one.origin == Origin(0.4, ("swap",))


# --- children that come one by one ---


@pytest.fixture
def in_order():
    with make_engine("serial") as engine:
        evaluations = InOrder(engine)
        yield evaluations, TelemetryInOrder(evaluations, (1.0,))


def test_children_are_counted_with_their_results_and_not_when_they_are_bred(in_order):
    evaluations, telemetry = in_order
    counts = evaluations.counts
    telemetry.refuse("too_large")  # of what is drawn at the start
    for number, (value, origin) in enumerate([(3, None), (5, Origin(3.0, ("depth",))), (5, Origin(5.0, ("depth",)))]):

        def breed(value=value, origin=origin, number=number):
            for why in ("avoided", "too_large", "too_large"):
                telemetry.refuse(why)
            return individual(value + number / 10, origin)

        telemetry.submit(score, telemetry.chosen(number + 1, breed))
    assert counts == {"too_large": 1}
    telemetry.next()
    assert (counts["new"], counts["avoided"], counts["too_large"], counts["since_best"]) == (1, 1, 3, 0)
    counts.clear()
    telemetry.next()
    telemetry.next()
    assert (counts["new"], counts["avoided"], counts["too_large"], counts["since_best"]) == (2, 2, 4, 0)
    assert (counts["tried depth"], counts["better depth"]) == (2, 2)


def test_what_was_bred_in_vain_for_no_child_counts_for_none(in_order):
    evaluations, telemetry = in_order
    assert telemetry.chosen(1, lambda: telemetry.refuse("avoided")) is None
    child = telemetry.chosen(2, lambda: individual(1))
    telemetry.submit(score, child)
    telemetry.next()
    assert evaluations.counts["avoided"] == 0
    assert child.origin is None
    telemetry.refuse("too_large")  # of what nobody breeds
    assert evaluations.counts["too_large"] == 1


def test_what_a_screen_expected_is_compared_with_what_came_out(in_order):
    evaluations, _ = in_order
    screen = SimpleNamespace(expected=9.0)
    telemetry = TelemetryInOrder(evaluations, (1.0,), None, screen)

    def child(expected, value):
        def breed():
            assert screen.expected is None  # of the child before
            screen.expected = expected
            return individual(value)

        return breed

    expectations = [None, 1, 2, 3, None, 2, 3, 1]
    for number, expected in enumerate(expectations, start=1):
        one = telemetry.chosen(number, child(expected, number))
        telemetry.submit(score, one)
        _, one.fitness.values = telemetry.next()
        if number == 4:
            assert telemetry.screen_correlation() == 1.0
            evaluations.counts.clear()  # a new row
        if number == 5:
            assert telemetry.screen_correlation() is None
    assert telemetry.screen_correlation() == -0.5


def test_of_what_has_paused_that_is_compared_which_it_would_come_to(in_order):
    evaluations, _ = in_order
    screen = SimpleNamespace(expected=None)
    telemetry = TelemetryInOrder(evaluations, (1.0,), None, screen)

    def child(value):
        screen.expected = value
        return individual(value)

    for number, estimate in enumerate([0.3, 0.5, 0.4], start=1):
        one = telemetry.chosen(number, lambda number=number: child(number))
        telemetry.submit(pauses, one)
        _, one.fitness.values = telemetry.next()
        one.estimate = (estimate,)
    assert telemetry.screen_correlation() == 0.5


def test_ranks_are_correlated_as_scipy_does_it():
    rng = np.random.default_rng(0)
    pairs = [(round(one, 1), round(one + other, 1)) for one, other in rng.normal(size=(50, 2))]
    assert rank_correlation(pairs) == pytest.approx(spearmanr(*zip(*pairs, strict=True)).statistic, abs=1e-4)
    assert rank_correlation([(1.0, 2.0), (1.0, 3.0)]) is None


@pytest.mark.parametrize("screen", [0, 5])
def test_the_rows_of_a_steady_state_add_up(tmp_path, screen):
    run = search(tmp_path / "run", generations=8, algorithm="steady-state", screen=screen)
    rows = run.logbook
    assert all(row["new"] == row["nevals"] == 8 for row in rows)
    values = [values[0] for _, values in run.evaluations()]
    assert [row["since_best"] for row in rows] == [
        known - 1 - values.index(max(values[:known])) for known in range(8, 73, 8)
    ]
    rates = Counter(name for row in rows for name in OPERATORS if row[f"success_{name}"] is not None)
    assert rates.keys() == set(OPERATORS)
    assert {row[f"success_{name}"] for row in rows[:1] for name in OPERATORS} == {None}
    known = [row["screen_correlation"] is not None for row in rows]
    assert known == [False, *8 * [bool(screen)]]  # of the first children, none is chosen


def columns(run):
    return [[row[name] for name in COLUMNS] for row in run.logbook]


def test_the_rows_of_a_search_add_up(tmp_path, counted):
    run = search(tmp_path / "run", generations=8)
    rows = run.logbook
    assert sum(row["new"] for row in rows) == sum(counted().values()) == len(list(run.evaluations()))
    assert all(row["new"] + row["avoided"] == (8 if row["gen"] == 0 else 6) for row in rows)
    assert sum(row["avoided"] for row in rows) > 0
    assert {row["too_large"] for row in rows} == {0}
    last = max(row["gen"] for row in rows if row["gen"] == 0 or row["best"] > rows[row["gen"] - 1]["best"])
    later = sum(row["new"] for row in rows[last + 1 :])
    assert later <= rows[-1]["since_best"] < later + rows[last]["new"]
    rates = Counter(name for row in rows for name in OPERATORS if row[f"success_{name}"] is not None)
    assert rates.keys() == set(OPERATORS)


LOOPS = [
    {"algorithm": "truncation"},
    {"algorithm": "steady-state", "screen": 0},
    {"algorithm": "steady-state", "screen": 4},
]


@pytest.mark.parametrize("loop", LOOPS, ids=str)
def test_a_replay_and_a_resumed_run_give_the_same(tmp_path, loop):
    whole = columns(search(tmp_path / "whole", search_stubs.raced, **loop))
    hooks = Hooks(on_generation=(lambda generation: generation.number == 2,))
    search(tmp_path / "part", search_stubs.raced, hooks=hooks, **loop)
    assert columns(resume(tmp_path / "part", evaluate=search_stubs.raced, progress=False)) == whole
    assert columns(resume(tmp_path / "whole", evaluate=search_stubs.raced, progress=False)) == whole


@pytest.mark.parametrize("loop", LOOPS[:2], ids=str)
def test_the_number_of_workers_is_no_part_of_it(tmp_path, loop):
    one = search(tmp_path / "one", search_stubs.slow_fitness, **loop)
    three = search(tmp_path / "three", search_stubs.slow_fitness, engine="processes", workers=3, **loop)
    assert columns(one) == columns(three)


def test_results_of_a_cache_are_new_to_the_run(tmp_path, counted):
    first = search(tmp_path / "first", cache=tmp_path / "cache")
    again = search(tmp_path / "second", cache=tmp_path / "cache")
    assert columns(first) == columns(again)
    assert set(counted().values()) == {1}
