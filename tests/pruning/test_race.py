import math
import random
from functools import partial

import pytest
import search_stubs
from deap import tools
from search_stubs import SPACE

from deap_nn import Individual, evolve
from deap_nn.evolution import FitnessValues
from deap_nn.pruning import Race, Thresholds
from deap_nn.pruning.rule import BETTER, FEWEST, SHARES, USUAL, Gains, first_thresholds
from deap_nn.runs import Run
from deap_nn.search import Settings
from deap_nn.search.objective import Objective, make_pruner
from deap_nn.search.search import Search
from deap_nn.search.session import perform
from deap_nn.tasks import Classification

TASK = Classification(10)


def thresholds(curves, goal, **shares):
    gains = Gains()
    for number, curve in enumerate(curves):
        gains.note(number, curve, curve[-1])
    return gains.thresholds(goal, **shares).values


def by_sorting(curves, goal, better, usual):
    """The rule as one would write it down."""
    best = sorted(curves, key=lambda curve: curve[-1], reverse=True)[: max(FEWEST, math.ceil(better * len(curves)))]
    values = []
    for share in range(SHARES):
        gains = sorted(curve[-1] - max(curve[: share * len(curve) // SHARES], default=0.0) for curve in best)
        values.append(max(0.0, goal - gains[math.ceil(usual * len(gains)) - 1]))
    return tuple(values)


@pytest.mark.parametrize("count", [1, 7, 8, 9, 64, 65, 300])
@pytest.mark.parametrize(("better", "usual"), [(BETTER, USUAL), (1.0, 1.0), (0.1, 0.5)])
def test_the_table_gives_what_sorting_gives_to_the_last_digit(count, better, usual):
    stream = random.Random(count)
    curves = [
        [round(stream.random(), stream.choice([1, 9])) for _ in range(stream.randint(1, 25))] for _ in range(count)
    ]
    assert thresholds(curves, 0.6, better=better, usual=usual) == by_sorting(curves, 0.6, better, usual)


def test_a_training_that_is_repeated_counts_once():
    gains = Gains()
    for curve in ([0.1, 0.9], [0.2, 0.4]):
        gains.note("one", curve, curve[-1])
    assert gains.thresholds(0.6).values == thresholds([[0.2, 0.4]], 0.6)


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
    assert first_thresholds(chance).values == pytest.approx([needed] * SHARES)


def test_a_training_is_pruned_when_its_best_so_far_is_too_low():
    rule = Thresholds((0.0,) * 12 + (0.4,) * 4 + (0.5,) * 4).verdict(5)
    verdicts = [rule(done, accuracy) for done, accuracy in enumerate([0.3, 0.45, 0.1, 0.1, 0.6], 1)]
    assert verdicts == [False, False, False, True, False]


def test_to_be_exactly_at_the_threshold_is_enough():
    assert Thresholds((0.5,) * SHARES).pruned_after([0.5] * 5) is None


def test_nothing_is_pruned_before_the_third_epoch_nor_in_the_last():
    rule = Thresholds((0.9,) * SHARES).verdict(4)
    assert [rule(done, 0.5) for done in (1, 2, 3, 4)] == [False, False, True, False]
    assert Thresholds((0.9,) * SHARES).pruned_after([0.5] * 3) is None


def test_without_thresholds_nothing_is_pruned():
    assert not Thresholds().verdict(10)(5, 0.0)


def individual(curve, status="ok"):
    made = Individual(SPACE.sample())
    made.fitness.values = FitnessValues((curve[-1],), {"status": status, "history": {"val_accuracy": curve}})
    return made


def racing(survivors, chance=0.0):
    return Race(TASK, chance, survivors, tools.selBest)


def raced(population, survivors):
    """The thresholds that a generation leaves."""
    race = racing(survivors)
    race.learn(population)
    assert race.state == {"thresholds": list(race.rule.values)}
    return race.rule.values


def finals(*accuracies):
    """Trainings that gained a tenth in their second half."""
    return [individual([accuracy - 0.1, accuracy]) for accuracy in accuracies]


@pytest.mark.parametrize(("survivors", "threshold"), [(5, 0.4), (4, 0.5), (2, 0.5)])
def test_the_survivors_set_the_goal_or_the_best_four(survivors, threshold):
    assert after(raced(finals(0.9, 0.4, 0.8, 0.6, 0.5, 0.7), survivors), 0.5) == pytest.approx(threshold)


def test_those_pruned_set_no_thresholds():
    population = [*finals(0.9), individual([0.0, 0.0], "pruned")]
    assert after(raced(population, 2), 0.5) == pytest.approx(0.8)
    assert raced(population[1:], 2) == ()


def test_earlier_generations_are_remembered():
    race = racing(2)
    for one in (individual([0.3, 0.9]), *finals(0.8)):
        race.learn([one])
    assert after(race.rule.values, 0.5) == pytest.approx(0.8 - 0.6)


def first_generation(finals, survivors, chance=0.5):
    """What the race makes of trainings with these accuracies in every epoch, and which it wants repeated."""
    race = racing(survivors, chance)
    values = [race.judge(FitnessValues((one,), {"history": {"val_accuracy": [one] * 4}})) for one in finals]
    return [value[0] for value in values], race.reprieve(values), race


def test_the_first_generation_prunes_what_has_learnt_nothing():
    values, again, _ = first_generation([0.52, 0.9, 0.6, 0.5, 0.7, 0.8], 2)
    assert (values, again) == ([0.0, 0.9, 0.6, 0.0, 0.7, 0.8], [])


@pytest.mark.parametrize("survivors", [2, 4])
def test_with_too_few_survivors_the_best_of_those_pruned_are_trained_in_full(survivors):
    values, again, _ = first_generation([0.1, 0.9, 0.8, 0.3, 0.52, 0.3], survivors)
    assert (values, again) == ([0.0, 0.9, 0.8, 0.0, 0.0, 0.0], [4, 3])


def test_of_later_generations_nothing_is_repeated():
    _, _, race = first_generation([0.9, 0.8], 2)
    assert race.reprieve([FitnessValues((0.0,), {"status": "pruned"})] * 2) == []


def test_what_is_judged_keeps_the_epochs_up_to_there():
    race = racing(2, chance=0.5)
    history = {"loss": [4.0, 3.0, 2.0, 1.0], "val_accuracy": [0.1, 0.2, 0.3, 0.9]}
    judged = race.judge(FitnessValues((0.9,), {"history": history, "epochs": 4, "seed": 7}))
    assert judged == (0.0,)
    assert (judged.status, judged.record.reason, judged.record.epochs) == ("pruned", "pruned in epoch 3", 3)
    assert judged.record.history == {name: curve[:3] for name, curve in history.items()}
    assert judged.record.seed == 7


VERSIONS = dict.fromkeys(("deap_nn", "backend", "keras", "numpy", "tensorflow"), "1")


def search(path, chance, *, cache=None, race=True):
    """A search of a stub with curves, or the rest of one."""
    settings = Settings(algorithm="truncation", engine="serial", population=10, generations=3, seed=3)
    info = {"settings": settings.to_json(), "space": SPACE.to_json(), "evaluate": "stub", "start_with": []}
    info["versions"] = VERSIONS
    run = Run(path) if path.exists() else Run.create(path, info)
    race = {"make_pruner": partial(make_pruner, TASK, chance, settings)} if race else {}
    objective = Objective(search_stubs.raced, {"evaluate": "stub"}, **race)
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
def test_results_from_a_cache_are_pruned_where_the_trainings_would_have_been(tmp_path, chance):
    cache = tmp_path / "cache.sqlite"
    search(tmp_path / "full", chance, cache=cache, race=False)
    without, with_results = search(tmp_path / "without", chance), search(tmp_path / "with", chance, cache=cache)
    for name in ("population", "halloffame", "thresholds", "random_state"):
        assert with_results.checkpoint[name] == without.checkpoint[name]
    some = [values.record for _, values in with_results.evaluations() if values.record.from_cache]
    assert {record.status for record in some} == {"ok", "pruned"}
    assert all(len(record.curve("val_accuracy")) < 4 for record in some if record.status == "pruned")


def test_survivors_are_trained_in_full_even_where_all_would_be_pruned(tmp_path):
    run = search(tmp_path / "run", 0.97)
    assert {values.status for _, values in run.evaluations()} == {"ok", "pruned"}
    assert run.logbook[0]["trained"] == 4


def test_a_function_of_ones_own_has_no_curves_to_race_with(tmp_path):
    with pytest.raises(ValueError, match="pruner race needs the learning curves"):
        evolve(SPACE, evaluate=search_stubs.fitness, run_dir=tmp_path / "run", pruner="race")
