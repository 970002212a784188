"""Whole searches on stub objectives, in this process: the serial engine, milliseconds."""

import math
import os
import random
import sys

import numpy as np
import pytest
import search_stubs
from search_stubs import SMALL, SPACE, outcome, search

from deap_nn import Hooks, Individual, InputError, Run, evolve, resume
from deap_nn.runs.journal import RunJournal
from deap_nn.runs.json_lines import JsonLines
from deap_nn.search import BrokenProgram, RunFailed, objective
from deap_nn.space.presets import FULL


def test_a_search_leaves_a_run_directory(tmp_path, counted, monkeypatch):
    monkeypatch.setattr("deap_nn.search.picture.QUICK", 0.0)
    run = search(tmp_path / "run")
    assert run.status == "finished"
    assert [row["gen"] for row in run.logbook] == [0, 1, 2, 3, 4]
    columns = "gen nevals avg std min max trained best cached pruned failed limits diversity seconds"
    columns += " new avoided too_large since_best"
    columns += " success_whole_layer success_two_point success_numbers success_choices success_depth screen_correlation"
    assert " ".join(run.logbook.header) == columns
    evaluations = list(run.evaluations())
    assert set(counted().values()) == {1}
    assert counted().keys() == {individual.canonical() for individual, _ in evaluations}
    best = max(values[0] for _, values in evaluations)
    assert run.best["fitness"] == best == run.logbook[-1]["best"]
    assert (run.path / "plots" / "fitness.png").read_bytes().startswith(b"\x89PNG")
    assert Run(run.path).info == run.info
    assert not list(run.path.glob("*.pkl"))


def test_the_same_seed_gives_the_same_search_and_another_seed_another(tmp_path):
    one, two, other = (search(tmp_path / str(i), seed=seed) for i, seed in enumerate((3, 3, 4)))
    assert outcome(one) == outcome(two)
    assert outcome(one) != outcome(other)


def test_a_search_leaves_the_stream_of_random_as_it_was(tmp_path):
    random.seed(5)
    expected = [random.random(), random.random()]
    random.seed(5)
    first = random.random()
    search(tmp_path / "run")
    assert [first, random.random()] == expected


def test_a_broken_program_fails_the_run_and_keeps_what_was_finished(tmp_path):
    with pytest.raises(BrokenProgram, match="(?s)this program is broken.*Traceback.*in sometimes_broken"):
        search(tmp_path / "run", search_stubs.sometimes_broken, seed=1)
    run = Run(tmp_path / "run")
    assert run.status == "failed"
    assert "this program is broken" in run.info["reason"]
    finished = list(run.evaluations())
    assert finished
    assert all(individual[0].genes["units"] <= 100 for individual, _ in finished)


def test_a_plain_tuple_is_enough_and_a_fitness_that_is_not_finite_is_the_worst(tmp_path):
    assert search(tmp_path / "bare", search_stubs.bare).best["fitness"] == 0.5
    run = search(tmp_path / "odd", search_stubs.not_finite)
    failed = [values.record for _, values in run.evaluations() if values == (-sys.float_info.max,)]
    assert failed
    assert all(record.status == "failed" and "nan" in record.reason for record in failed)
    assert run.logbook[0]["failed"] > 0
    assert run.logbook[0]["min"] > 0


def test_a_generation_hook_may_stop_the_run(tmp_path):
    hooks = Hooks(on_generation=(lambda generation: generation.number == 2,))
    run = search(tmp_path / "run", hooks=hooks)
    assert len(run.logbook) == 3
    assert run.status == "stopped"
    assert "after generation 2" in run.info["reason"]


def test_the_target_ends_the_run_and_a_higher_one_lets_it_go_on(tmp_path):
    whole = search(tmp_path / "whole")
    run = search(tmp_path / "run", stop_at=0.5)
    assert run.status == "finished"
    assert len(run.logbook) == 1
    assert outcome(resume(tmp_path / "run", evaluate=search_stubs.fitness, stop_at=1.0)) == outcome(whole)


def test_a_run_may_start_with_given_individuals(tmp_path):
    given = [Individual(SPACE.sample()) for _ in range(3)]
    run = search(tmp_path / "run", start_with=given, generations=0)
    assert [individual for individual, _ in run.evaluations()][:3] == given
    assert len(run.checkpoint["population"]) == 8
    assert Run(tmp_path / "run").info["start_with"] == [individual.to_json() for individual in given]


def test_a_run_may_start_with_the_hall_of_fame_of_another_and_be_resumed(tmp_path):
    first = search(tmp_path / "first")
    options = {"start_with": tmp_path / "first" / "checkpoint.json", "population": 12}
    whole = search(tmp_path / "whole", **options)
    assert whole.logbook[0]["best"] >= first.best["fitness"]
    search(tmp_path / "run", generations=1, **options)
    (tmp_path / "first" / "checkpoint.json").unlink()
    assert outcome(resume(tmp_path / "run", evaluate=search_stubs.fitness, generations=4)) == outcome(whole)


def test_more_individuals_than_the_population_holds_are_refused(tmp_path):
    with pytest.raises(ValueError, match="received 9 genomes .* at most the population of 8"):
        search(tmp_path / "run", start_with=[Individual(SPACE.sample()) for _ in range(9)])
    assert not (tmp_path / "run").exists()


def test_a_cache_serves_the_next_run(tmp_path, counted):
    first = search(tmp_path / "first", cache=tmp_path / "cache")
    alone = counted()
    second = search(tmp_path / "second", cache=tmp_path / "cache")
    assert counted() == alone
    assert [row["best"] for row in first.logbook] == [row["best"] for row in second.logbook]
    assert [row["cached"] for row in second.logbook] == [row["nevals"] for row in second.logbook]
    again = resume(tmp_path / "second", evaluate=search_stubs.fitness, generations=4)
    assert [row["cached"] for row in again.logbook] == [row["cached"] for row in second.logbook]


@pytest.mark.parametrize(
    "other",
    [
        {"training_seed": 9},
        {"precision": "bfloat16"},
        {"threads_per_worker": 2},
        {"min_steps": 0},
        {"trainer": "portable"},
    ],
)
def test_a_cache_does_not_serve_other_trainings(other, tmp_path, counted):
    search(tmp_path / "first", cache=tmp_path / "cache")
    alone = counted()
    search(tmp_path / "second", cache=tmp_path / "cache", **other)
    assert counted() == alone + alone


@pytest.mark.parametrize("arguments", [{}, {"data": "digits", "evaluate": search_stubs.fitness}])
def test_either_data_or_a_function_is_needed(tmp_path, arguments):
    with pytest.raises(ValueError, match="expected either data .* or evaluate="):
        evolve(SPACE, run_dir=tmp_path / "run", **arguments)


def test_a_directory_in_use_is_refused_before_anything_is_done(tmp_path, counted):
    search(tmp_path / "run")
    before = counted()
    with pytest.raises(ValueError, match="holds a run already"):
        search(tmp_path / "run")
    assert counted() == before


def test_a_trainer_whose_package_is_missing_is_refused_before_anything_is_done(tmp_path, monkeypatch):
    monkeypatch.setattr(objective, "find_spec", lambda package: None)
    with pytest.raises(ValueError, match="trainer 'compiled_torch' needs the package torch, which.* pip install torch"):
        evolve("vision", "digits", run_dir=tmp_path / "run", trainer="compiled_torch")
    assert not (tmp_path / "run").exists()


def test_arrays_that_do_not_fit_the_space_are_refused(tmp_path):
    x, y = np.zeros((50, 20), np.float32), np.arange(50) % 2
    with pytest.raises(ValueError, match="needs images"):
        evolve(FULL, (x, y), run_dir=tmp_path / "run", **SMALL)


def test_a_full_disk_stops_the_run_and_it_can_go_on(tmp_path, counted, monkeypatch):
    whole = search(tmp_path / "whole")
    real, writes = os.fsync, []

    def full_after_20(descriptor):
        writes.append(descriptor)
        if len(writes) > 20:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(RunJournal, "pace", 0.0)  # no groups: what could not be synced is one evaluation
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full_after_20)
        with pytest.raises(OSError, match="No space left on device"):
            search(tmp_path / "run")
    assert outcome(resume(tmp_path / "run", evaluate=search_stubs.fitness)) == outcome(whole)
    assert set(counted().values()) <= {2, 3}
    assert counted().total() <= 2 * len(counted()) + 1


def test_a_disk_that_is_full_in_the_middle_of_a_group_costs_the_evaluation_that_did_not_fit(
    tmp_path, counted, monkeypatch
):
    size, told, append, written = {"population": 60}, [], JsonLines.append, []
    whole = search(tmp_path / "whole", **size)

    def full_after_80(lines, value):
        if len(written) == 80:
            raise OSError(28, "No space left on device")
        written.append(append(lines, value))
        return written[-1]

    hooks = Hooks(on_evaluation=(lambda individual, _: told.append(individual.canonical()),))
    monkeypatch.setattr(RunJournal, "pace", 60.0)  # a group is a generation
    with monkeypatch.context() as patch:
        patch.setattr(JsonLines, "append", full_after_80)
        with pytest.raises(OSError, match="No space left on device"):
            search(tmp_path / "run", hooks=hooks, **size)
    assert told == [individual.canonical() for individual, _ in Run(tmp_path / "run").evaluations()]
    assert len(told) == 80
    assert outcome(resume(tmp_path / "run", evaluate=search_stubs.fitness)) == outcome(whole)
    assert counted().total() == 2 * len(counted()) + 1


def test_a_directory_that_is_deleted_stops_the_run(tmp_path):
    def delete(generation):
        if generation.number == 1:
            (tmp_path / "run" / "evaluations.jsonl").unlink()

    with pytest.raises(OSError, match="evaluations.jsonl"):
        search(tmp_path / "run", hooks=Hooks(on_generation=(delete,)))


def test_a_clock_that_is_set_back_does_no_harm(tmp_path, monkeypatch):
    import time

    clock = iter(range(10**6, 0, -1))
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: next(clock))
        run = search(tmp_path / "run")
    assert all(row["seconds"] >= 0 for row in run.logbook)


def test_hooks_and_functions_that_draw_random_numbers_do_not_change_the_search(tmp_path):
    def draw(*_):
        random.random()

    quiet = search(tmp_path / "quiet")
    noisy = search(tmp_path / "noisy", hooks=Hooks(on_evaluation=(draw,), on_generation=(draw,)))
    assert outcome(noisy) == outcome(quiet)


def test_a_function_that_cannot_be_sent_is_refused_and_leaves_the_directory_free(tmp_path):
    with pytest.raises(InputError, match="a lambda .* cannot be sent"):
        search(tmp_path / "run", lambda individual: (1.0,))
    assert search(tmp_path / "run").status == "finished"


def test_an_engine_that_is_refused_leaves_the_directory_free(tmp_path):
    with pytest.raises(ValueError, match="memory_limit"):
        search(tmp_path / "run", memory_limit=1.0)
    assert search(tmp_path / "run").status == "finished"


def test_what_a_hook_is_refused_is_no_mistake_in_the_call_of_evolve(tmp_path):
    with pytest.raises(RuntimeError, match=r"an error in a hook.*nowhere holds no run"):
        search(tmp_path / "run", hooks=Hooks(on_generation=(lambda generation: Run(tmp_path / "nowhere"),)))
    assert Run(tmp_path / "run").status == "failed"


def test_hooks_that_draw_when_the_run_starts_or_the_cache_answers_do_not_change_the_search(tmp_path):
    def draw(*_):
        random.random()

    quiet = search(tmp_path / "quiet", cache=tmp_path / "cache")
    hooks = Hooks(on_start=(draw,), on_evaluation=(draw,))
    noisy = search(tmp_path / "noisy", cache=tmp_path / "cache", hooks=hooks)
    assert noisy.checkpoint["population"] == quiet.checkpoint["population"]


def test_the_version_of_the_backend_in_use_is_recorded_and_no_other_has_to_be_there(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "h5py")  # a package that is surely installed
    run = search(tmp_path / "run")
    assert list(run.info["versions"])[-2:] == ["numpy", "h5py"]


def test_a_backend_that_is_not_installed_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflaw")
    with pytest.raises(ValueError, match="received tensorflaw as Keras's backend"):
        search(tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["unstorable", "penalised"])
def test_whatever_a_function_returns_the_run_ends_and_can_be_opened_and_resumed(tmp_path, name):
    function = getattr(search_stubs, name)
    whole = search(tmp_path / "run", function)
    assert whole.status == "finished"
    assert all(math.isfinite(value) for row in whole.logbook for value in row.values() if value is not None)
    rest = resume(tmp_path / "run", evaluate=function)
    assert outcome(rest) == outcome(Run(tmp_path / "run")) == outcome(whole)
    assert len(resume(tmp_path / "run", evaluate=function, generations=6).logbook) == 7


def test_what_a_hook_adds_to_the_logbook_is_stored_whatever_it_is(tmp_path):
    def add(generation):
        generation.logbook[-1].update(mine=np.float32("nan"), words=("a", {1}), flag=True, number=np.int64(3))

    run = search(tmp_path / "run", hooks=Hooks(on_generation=(add,)))
    assert run.logbook.select("mine") == [None] * 5
    assert run.logbook[0]["words"] == ["a", [1]]
    assert (run.logbook[0]["flag"], run.logbook[0]["number"]) == (True, 3)
    assert (
        resume(tmp_path / "run", evaluate=search_stubs.fitness, hooks=Hooks(on_generation=(add,))).status == "finished"
    )


def test_where_nothing_can_be_evaluated_the_search_ends_and_says_why(tmp_path):
    with pytest.raises(RunFailed, match=r"no evaluation .* succeeded; the most common .*8 times.*: the fitness is nan"):
        search(tmp_path / "run", search_stubs.never_finite)
    assert Run(tmp_path / "run").status == "failed"


def test_home_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    search("~/run", cache="~/cache.sqlite")
    assert (tmp_path / "cache.sqlite").exists()
    assert Run("~/run").path == tmp_path / "run"
    assert resume("~/run", evaluate=search_stubs.fitness, cache="~/cache.sqlite").status == "finished"


def test_to_minimise_is_to_maximise_the_negative(tmp_path):
    low = search(tmp_path / "low", search_stubs.loss, minimize=True, seed=2)
    high = search(tmp_path / "high", search_stubs.negated_loss, seed=2)
    assert low.info["settings"]["minimize"] is True
    assert low.best["genome"] == high.best["genome"]
    assert low.best["fitness"] == -high.best["fitness"] == low.logbook[-1]["best"] == -high.logbook[-1]["best"]
    assert 0 < low.best["fitness"] < 1
    for a, b in zip(low.checkpoint["halloffame"], high.checkpoint["halloffame"], strict=True):
        assert (a["genome"], a["fitness"][0]) == (b["genome"], -b["fitness"][0])
    worst = {values[0] for _, values in low.evaluations() if values.status == "failed"}
    assert worst == {sys.float_info.max}
    assert low.logbook[-1]["max"] < 1  # what failed enters no figure


def test_a_minimising_run_stops_at_its_score_and_goes_on_as_one(tmp_path):
    whole = search(tmp_path / "whole", search_stubs.loss, minimize=True, generations=8)
    scores = [row["best"] for row in whole.logbook]
    reached = next(row for row in range(1, 9) if scores[row] < scores[0])
    run = search(tmp_path / "run", search_stubs.loss, minimize=True, generations=8, stop_at=scores[reached])
    assert [row["best"] for row in run.logbook] == scores[: reached + 1]
    again = resume(tmp_path / "run", evaluate=search_stubs.loss, stop_at=-1.0)
    assert outcome(again) == outcome(whole)
    with pytest.raises(ValueError, match="keeps its minimize"):
        resume(tmp_path / "run", evaluate=search_stubs.loss, minimize=False)


def test_of_a_search_that_is_stopped_within_a_generation_the_lowest_is_the_best(tmp_path):
    seen = []
    hooks = Hooks(on_evaluation=(lambda _, values: seen.append(values[0]) or len(seen) == 6,))
    run = search(tmp_path / "run", search_stubs.loss, minimize=True, hooks=hooks)
    assert run.best["fitness"] == min(seen)
