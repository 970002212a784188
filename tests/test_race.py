from unittest.mock import Mock

import pytest
import search_stubs
from deap import base, tools
from search_stubs import SPACE

from deap_nn import Individual, evolve
from deap_nn.algorithms import Generation
from deap_nn.individual import FitnessValues
from deap_nn.objective import Objective
from deap_nn.race import Race, Validation, chance_thresholds, given_up, hopeless, thresholds
from deap_nn.run import Run
from deap_nn.search import Search
from deap_nn.session import perform
from deap_nn.settings import Settings

MANY = 10**6  # validation samples


def test_the_lowest_curve_less_the_margin_is_the_threshold_from_the_third_epoch_on():
    curves = [[0.2, 0.5, 0.6, 0.8], [0.3, 0.4, 0.7, 0.75]]
    assert thresholds(curves, MANY) == pytest.approx([0.0, 0.0, 0.59, 0.74])


def test_a_curve_that_has_ended_keeps_its_last_value():
    assert thresholds([[0.2, 0.3], [0.1, 0.4, 0.5]], MANY) == pytest.approx([0.0, 0.0, 0.29])


def test_a_moment_of_weakness_lowers_no_threshold():
    assert thresholds([[0.2, 0.5, 0.1, 0.6]], MANY) == pytest.approx([0.0, 0.0, 0.49, 0.59])


def test_the_margin_is_two_standard_errors_where_there_are_few_samples():
    assert thresholds([[0.1, 0.2, 0.5, 0.9, 1.0]], 100) == pytest.approx([0.0, 0.0, 0.4, 0.84, 0.99])


@pytest.mark.parametrize(("chance", "needed"), [(0.1, 0.13), (0.5, 0.53), (0.01, 0.013)])
def test_after_three_epochs_the_first_generation_must_be_above_chance(chance, needed):
    assert chance_thresholds(chance) == pytest.approx([0.0, 0.0, needed])


def test_a_training_is_given_up_when_its_best_so_far_is_too_low():
    rule = hopeless([0.1, 0.2, 0.4])
    assert [rule(1, 0.3), rule(2, 0.1), rule(3, 0.3), rule(4, 0.0)] == [False, False, True, False]


def test_without_thresholds_nothing_is_given_up():
    assert not hopeless([])(1, 0.0)


def individual(curve, status="ok"):
    made = Individual(SPACE.sample())
    made.fitness.values = FitnessValues((curve[-1],), {"status": status, "history": {"val_accuracy": curve}})
    return made


def raced(population, survivors):
    toolbox = base.Toolbox()
    toolbox.register("select", tools.selBest)
    toolbox.register("map", map)
    race = Race(toolbox, lambda individual, thresholds: thresholds, survivors, Validation(MANY, 0.0), Mock())
    race(Generation(0, population, None, tools.Logbook()))
    assert toolbox.evaluate(population[0]) == race.thresholds
    return race.thresholds


def finals(*accuracies):
    return [individual([0.0, 0.0, accuracy]) for accuracy in accuracies]


@pytest.mark.parametrize(("survivors", "threshold"), [(5, 0.49), (4, 0.59), (2, 0.59)])
def test_the_survivors_set_the_thresholds_or_the_best_four(survivors, threshold):
    assert raced(finals(0.9, 0.4, 0.8, 0.6, 0.5, 0.7), survivors) == pytest.approx((0.0, 0.0, threshold))


def test_those_given_up_set_no_thresholds():
    population = [*finals(0.9), individual([0.0, 0.0, 0.0], "pruned")]
    assert raced(population, 2) == pytest.approx((0.0, 0.0, 0.89))
    assert raced(population[1:], 2) == ()


def first_generation(finals, survivors, chance=0.5):
    """The first generation's values under the race, and who was evaluated, whether with thresholds."""
    toolbox, calls, forgotten = base.Toolbox(), [], []

    def evaluate(number, thresholds=()):
        calls.append((number, bool(thresholds)))
        curve = [finals[number]] * 3
        pruned = given_up(curve, thresholds) is not None
        record = {"status": "pruned" if pruned else "ok", "history": {"val_accuracy": curve}}
        return FitnessValues((0.0 if pruned else finals[number],), record)

    toolbox.register("map", map)
    race = Race(toolbox, evaluate, survivors, Validation(MANY, chance), forgotten.append)
    values = toolbox.map(toolbox.evaluate, range(len(finals)))
    assert [number for number, raced in calls if not raced] == forgotten
    return [value[0] for value in values], forgotten, race, toolbox


def test_the_first_generation_gives_up_what_has_learnt_nothing():
    values, again, _, _ = first_generation([0.52, 0.9, 0.6, 0.5, 0.7, 0.8], 2)
    assert (values, again) == ([0.0, 0.9, 0.6, 0.0, 0.7, 0.8], [])


@pytest.mark.parametrize("survivors", [2, 4])
def test_too_few_survivors_and_the_best_of_those_given_up_are_trained_in_full(survivors):
    values, again, _, _ = first_generation([0.1, 0.9, 0.8, 0.3, 0.52, 0.3], survivors)
    assert (values, again) == ([0.0, 0.9, 0.8, 0.3, 0.52, 0.0], [4, 3])


def test_later_generations_are_mapped_as_they_come():
    _, _, race, toolbox = first_generation([0.9, 0.8], 2)
    toolbox.register("select", tools.selBest)
    race(Generation(0, [individual([0.5, 0.9])], None, tools.Logbook()))
    low = lambda number, thresholds: FitnessValues((0.0,), {"status": "pruned"})  # noqa: E731
    assert [values.status for values in toolbox.map(low, [0, 1], [(), ()])] == ["pruned", "pruned"]


VERSIONS = dict.fromkeys(("deap_nn", "backend", "keras", "numpy", "tensorflow"), "1")


def search(path, chance, *, cache=None, race=True):
    """A search of a stub with curves, or the rest of one."""
    settings = Settings(engine="serial", population=10, generations=3, seed=3, race=race)
    info = {"settings": settings.to_json(), "space": SPACE.to_json(), "evaluate": "stub", "start_with": []}
    info["versions"] = VERSIONS
    run = Run(path) if path.exists() else Run.create(path, info)
    objective = Objective(search_stubs.raced, {"evaluate": "stub"}, validation=Validation(MANY, chance))
    return perform(Search(run, SPACE, objective, settings, cache))


@pytest.mark.parametrize("chance", [0.3, 0.9])
def test_wherever_a_race_is_cut_off_the_rest_comes_out_the_same(tmp_path, chance):
    whole = search(tmp_path / "whole", chance)
    lines = (whole.path / "evaluations.jsonl").read_bytes().splitlines(keepends=True)
    statuses = [values.status for _, values in whole.evaluations()]
    assert "pruned" in statuses
    assert whole.checkpoint["thresholds"]
    for kept in range(1, len(lines)):
        path = tmp_path / f"cut-{kept}"
        path.mkdir()
        for name in ("run.json", "checkpoint.json", "logbook.csv"):
            (path / name).write_bytes((whole.path / name).read_bytes())
        (path / "evaluations.jsonl").write_bytes(b"".join(lines[:kept]))
        rest = search(path, chance)
        assert search_stubs.outcome(rest) == search_stubs.outcome(whole)
        assert [values.status for _, values in rest.evaluations()] == statuses


@pytest.mark.parametrize("chance", [0.3, 0.9])
def test_results_from_a_cache_are_given_up_where_the_trainings_would_have_been(tmp_path, chance):
    cache = tmp_path / "cache.sqlite"
    search(tmp_path / "full", chance, cache=cache, race=False)
    without, with_results = search(tmp_path / "without", chance), search(tmp_path / "with", chance, cache=cache)
    for name in ("population", "halloffame", "thresholds", "random_state"):
        assert with_results.checkpoint[name] == without.checkpoint[name]
    some = [values.record for _, values in with_results.evaluations() if values.record.get("from_cache")]
    assert {record["status"] for record in some} == {"ok", "pruned"}
    assert all(len(record["history"]["val_accuracy"]) < 4 for record in some if record["status"] == "pruned")


def test_survivors_are_trained_in_full_even_where_all_are_hopeless(tmp_path):
    run = search(tmp_path / "run", 0.97)
    assert {values.status for _, values in run.evaluations()} == {"ok", "pruned"}
    assert run.logbook[0]["trained"] == 4


def test_a_function_of_ones_own_has_no_curves_to_race_with(tmp_path):
    with pytest.raises(ValueError, match="the race needs the learning curves"):
        evolve(SPACE, evaluate=search_stubs.fitness, run_dir=tmp_path / "run", race=True)
