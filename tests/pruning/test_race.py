from unittest.mock import Mock

import pytest
import search_stubs
from deap import base, tools
from search_stubs import SPACE

from deap_nn import Individual, evolve
from deap_nn.evolution import FitnessValues, Generation
from deap_nn.pruning import Race, hopeless
from deap_nn.pruning.race import SHARES, chance_thresholds, given_up, thresholds
from deap_nn.runs import Run
from deap_nn.search import Settings
from deap_nn.search.objective import Objective
from deap_nn.search.search import Search
from deap_nn.search.session import perform


def after(thresholds, share):
    """The threshold after a share of a training."""
    return thresholds[int(share * SHARES)]


def test_what_others_gained_from_there_on_is_granted():
    assert thresholds([[0.2, 0.5, 0.6, 0.8]], 0.7) == pytest.approx([0.0] * 5 + [0.1] * 5 + [0.4] * 5 + [0.5] * 5)


def test_a_moment_of_weakness_is_no_gain():
    assert after(thresholds([[0.2, 0.5, 0.1, 0.6]], 0.6), 0.75) == pytest.approx(0.5)


def test_trainings_of_any_length_are_compared_after_the_same_share_of_it():
    short, long = [0.5, 0.6], [0.1, 0.5, 0.5, 0.6]
    for share in (0.25, 0.5, 0.75):
        assert after(thresholds([short, long], 0.6), share) == pytest.approx(min(0.5, 10 * (share - 0.25)))


def test_what_nine_in_ten_of_the_better_third_do_not_exceed_is_usual():
    better = [[0.9 - gain / 100, 0.9] for gain in range(10)]
    assert after(thresholds(better + 20 * [[0.2, 0.8]], 0.9), 0.5) == pytest.approx(0.82)


def test_eight_trainings_all_count_however_bad_they_are():
    curves = [[0.8, 0.9], [0.1, 0.7], *6 * [[0.5, 0.8]]]
    assert after(thresholds(curves, 0.9), 0.5) == pytest.approx(0.3)
    assert after(thresholds([*curves, [0.0, 0.69]], 0.9), 0.5) == pytest.approx(0.3)


@pytest.mark.parametrize(("chance", "needed"), [(0.1, 0.13), (0.5, 0.53), (0.01, 0.013)])
def test_the_first_generation_must_be_above_chance(chance, needed):
    assert chance_thresholds(chance) == pytest.approx([needed] * SHARES)


def test_a_training_is_given_up_when_its_best_so_far_is_too_low():
    rule = hopeless([0.0] * 12 + [0.4] * 4 + [0.5] * 4, 5)
    verdicts = [rule(done, accuracy) for done, accuracy in enumerate([0.3, 0.45, 0.1, 0.1, 0.6], 1)]
    assert verdicts == [False, False, False, True, False]


def test_nothing_is_given_up_before_the_third_epoch_nor_in_the_last():
    rule = hopeless([0.9] * SHARES, 4)
    assert [rule(done, 0.5) for done in (1, 2, 3, 4)] == [False, False, True, False]
    assert given_up([0.5] * 3, [0.9] * SHARES) is None


def test_without_thresholds_nothing_is_given_up():
    assert not hopeless([], 10)(5, 0.0)


def individual(curve, status="ok"):
    made = Individual(SPACE.sample())
    made.fitness.values = FitnessValues((curve[-1],), {"status": status, "history": {"val_accuracy": curve}})
    return made


def racing(survivors):
    """A race and its toolbox."""
    toolbox = base.Toolbox()
    toolbox.register("select", tools.selBest)
    toolbox.register("map", map)
    return Race(toolbox, lambda individual, thresholds: thresholds, survivors, 0.0, Mock()), toolbox


def raced(population, survivors):
    """The thresholds that a generation leaves."""
    race, toolbox = racing(survivors)
    race(Generation(0, population, None, tools.Logbook()))
    assert toolbox.evaluate(population[0]) == race.thresholds
    return race.thresholds


def finals(*accuracies):
    """Trainings that gained a tenth in their second half."""
    return [individual([accuracy - 0.1, accuracy]) for accuracy in accuracies]


@pytest.mark.parametrize(("survivors", "threshold"), [(5, 0.4), (4, 0.5), (2, 0.5)])
def test_the_survivors_set_the_goal_or_the_best_four(survivors, threshold):
    assert after(raced(finals(0.9, 0.4, 0.8, 0.6, 0.5, 0.7), survivors), 0.5) == pytest.approx(threshold)


def test_those_given_up_set_no_thresholds():
    population = [*finals(0.9), individual([0.0, 0.0], "pruned")]
    assert after(raced(population, 2), 0.5) == pytest.approx(0.8)
    assert raced(population[1:], 2) == ()


def test_earlier_generations_are_remembered():
    race, _ = racing(2)
    for population in (individual([0.3, 0.9]), *finals(0.8)):
        race(Generation(0, [population], None, tools.Logbook()))
    assert after(race.thresholds, 0.5) == pytest.approx(0.8 - 0.6)


def first_generation(finals, survivors, chance=0.5):
    """The first generation's values under the race, and who was evaluated, whether with thresholds."""
    toolbox, calls, forgotten = base.Toolbox(), [], []

    def evaluate(number, thresholds=()):
        calls.append((number, bool(thresholds)))
        curve = [finals[number]] * 4
        pruned = given_up(curve, thresholds) is not None
        record = {"status": "pruned" if pruned else "ok", "history": {"val_accuracy": curve}}
        return FitnessValues((0.0 if pruned else finals[number],), record)

    toolbox.register("map", map)
    race = Race(toolbox, evaluate, survivors, chance, forgotten.append)
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
    objective = Objective(search_stubs.raced, {"evaluate": "stub"}, chance=chance)
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
