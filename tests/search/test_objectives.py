"""Searches with several objectives on a stub whose true front is known: Zitzler's ZDT1, of six genes."""

import json
import math
import shutil

import pytest
from deap import tools
from search_stubs import outcome
from test_steady_search import Death, Jumbled

from deap_nn import Criterion, InputError, Run, evolve, resume
from deap_nn.evolution import FitnessValues, Individual
from deap_nn.search import BrokenProgram
from deap_nn.search.settings import Settings
from deap_nn.space import Block, Float, Integer, LayerKind, SearchSpace

POINT = LayerKind("dense", {f"x{n}": Float(0.0, 1.0) for n in range(6)}, takes="flat")
SPACE = SearchSpace("zdt1", (Block(POINT, 1, 1),), LayerKind("training", {"epochs": Integer(1, 2)}))
LOOPS = {
    "truncation": {"algorithm": "truncation", "population": 20, "generations": 30},
    "steady-state": {"algorithm": "steady-state", "population": 20, "generations": 24, "screen": 0},
}
SHORT = {
    "truncation": {"algorithm": "truncation", "population": 8, "generations": 5},
    "steady-state": {**LOOPS["steady-state"], "population": 8, "generations": 4},
    "screened": {"algorithm": "steady-state", "population": 6, "generations": 2, "screen": 5},
}


def zdt1(individual):
    """The first value, to be minimised; the second is in the record. Some networks fail."""
    x = [individual[0].genes[f"x{n}"] for n in range(6)]
    g = 1 + 9 * sum(x[1:]) / 5
    status = "failed" if x[1] > 0.9 else "ok"
    return FitnessValues((x[0],), {"status": status, "f2": g * (1 - math.sqrt(x[0] / g)), "g": g})


def f2(record):
    return record.extra["f2"]


F2 = Criterion("f2", f2)
TWO = ("fitness", F2)


def search(path, loop, **options):
    options = {"objectives": TWO, "minimize": True, "engine": "serial", "progress": False, **SHORT[loop], **options}
    return evolve(SPACE, evaluate=zdt1, run_dir=path, **options)


def again(path, **options):
    return resume(path, evaluate=zdt1, objectives=TWO, progress=False, **options)


def gap(points):
    """The mean distance from the true front, in the second objective."""
    return sum(second - (1 - math.sqrt(first)) for first, second in points) / len(points)


def points_of(run):
    return [(one["fitness"], one["f2"]) for one in run.front["networks"]]


def everything(run):
    names = ("evaluations.jsonl", "front.json")
    return *((run.path / name).read_bytes() for name in names), outcome(run)


# --- the front ---


@pytest.mark.parametrize("loop", LOOPS)
def test_a_search_comes_close_to_the_true_front_and_a_random_one_does_not(tmp_path, loop):
    run = search(tmp_path / "run", loop, **LOOPS[loop])
    points = points_of(run)
    assert gap(points) < 0.25
    assert len(points) >= 10
    assert min(first for first, _ in points) < 0.1 < 0.7 < max(first for first, _ in points)
    at_random = tools.ParetoFront()
    for _ in run.evaluations():
        individual = Individual(SPACE.sample(), (-1.0, -1.0))
        value = zdt1(individual)
        individual.fitness.values = (value[0], f2(value.record))
        at_random.update([individual])
    assert gap([one.fitness.values for one in at_random]) > 1


@pytest.mark.parametrize("loop", LOOPS)
def test_the_volume_grows_and_never_falls(tmp_path, loop):
    volumes = search(tmp_path / "run", loop).logbook.select("hypervolume")
    assert volumes == sorted(volumes)
    assert volumes[-1] > volumes[0] > 0


@pytest.mark.parametrize("loop", LOOPS)
def test_the_front_is_that_of_the_journal_and_begins_with_the_best(tmp_path, loop):
    run = search(tmp_path / "run", loop)
    working = [tuple(values) for _, values in run.evaluations() if values.status == "ok"]
    true = {a for a in working if not any(b != a and b[0] <= a[0] and b[1] <= a[1] for b in working)}
    assert points_of(run) == sorted(points_of(run))
    assert set(points_of(run)) == true
    assert run.front["objectives"] == [{"name": "fitness", "maximize": False}, {"name": "f2", "maximize": False}]
    assert run.best["genome"] == run.front["networks"][0]["genome"]
    assert run.best["fitness"] == min(first for first, _ in working)
    assert [one["genome"] for one in run.checkpoint["halloffame"]] == [one["genome"] for one in run.front["networks"]]


@pytest.mark.parametrize("loop", LOOPS)
def test_what_failed_is_worse_than_whatever_has_worked(tmp_path, loop):
    run = search(tmp_path / "run", loop, seed=3)
    by_status = {"ok": [], "failed": []}
    for _, values in run.evaluations():
        by_status[values.status.value].append(values)
    assert by_status["failed"]
    assert all(math.isfinite(value) for values in by_status["failed"] for value in values)
    assert all(a[0] < b[0] and a[1] < b[1] for a in by_status["ok"] for b in by_status["failed"])


# --- promises ---


@pytest.mark.parametrize("loop", SHORT)
def test_it_is_the_same_with_any_number_of_workers(tmp_path, monkeypatch, loop):
    results = []
    for workers, seed in [(1, 0), (2, 1), (4, 2)]:
        monkeypatch.setattr("deap_nn.search.session.engine_of", lambda *_, w=workers, s=seed: Jumbled(w, s))
        run = search(tmp_path / f"{workers}-{seed}", loop)
        journal = sorted((run.path / "evaluations.jsonl").read_text().splitlines())
        results.append((journal, run.front, outcome(run)))
    assert results[1:] == results[:1] * 2


@pytest.mark.parametrize("loop", SHORT)
@pytest.mark.parametrize("after", [3, 14])
def test_killed_and_resumed_it_ends_as_if_it_had_not_been(tmp_path, monkeypatch, loop, after):
    whole = search(tmp_path / "whole", loop)
    monkeypatch.setattr("deap_nn.search.session.engine_of", lambda *_: Jumbled(1, deadly=after))
    with pytest.raises(Death):
        search(tmp_path / "killed", loop)
    monkeypatch.undo()
    done = len(list(Run(tmp_path / "killed").evaluations()))
    assert 0 < done <= after
    assert everything(again(tmp_path / "killed")) == everything(whole)


def test_patience_ends_it_when_the_front_stands_still(tmp_path):
    run = search(tmp_path / "run", "steady-state", patience=5, generations=50)
    *_, last = run.logbook
    assert last["since_best"] == 5


def test_a_run_stopped_within_a_generation_has_the_front_of_what_is_done(tmp_path):
    run = search(tmp_path / "run", "truncation", evaluations=21)
    assert len(list(run.evaluations())) == 21
    working = [tuple(values) for _, values in run.evaluations() if values.status == "ok"]
    true = {a for a in working if not any(b != a and b[0] <= a[0] and b[1] <= a[1] for b in working)}
    assert set(points_of(run)) == true


def test_a_cache_serves_searches_with_other_objectives(tmp_path):
    cache = tmp_path / "cache.sqlite"
    first = search(tmp_path / "one", "truncation", objectives=("fitness",), cache=cache)
    assert "hypervolume" not in first.logbook.header
    assert first.front is None
    second = search(tmp_path / "two", "truncation", cache=cache)
    assert second.logbook[0]["cached"] == sum(values.status == "ok" for _, values in list(first.evaluations())[:8]) > 0
    assert points_of(second) == points_of(search(tmp_path / "three", "truncation"))
    search(tmp_path / "four", "truncation", seed=5, cache=cache)
    again = search(tmp_path / "five", "truncation", seed=5, cache=cache, objectives=("fitness",), training_seed=0)
    assert again.logbook[0]["cached"] == 0  # of other trainings
    again = search(tmp_path / "six", "truncation", seed=5, cache=cache, objectives=("fitness",))
    assert again.logbook[0]["cached"] == again.logbook[0]["trained"] > 0


# --- what is asked for ---


def test_a_resumed_run_keeps_its_objectives(tmp_path):
    run = search(tmp_path / "run", "truncation")
    with pytest.raises(InputError, match="has the objective f2, whose function a run directory does not hold"):
        resume(run.path, evaluate=zdt1, progress=False)
    for others in [("fitness",), ("fitness", "seconds"), ("fitness", Criterion("f2", f2, maximize=True))]:
        with pytest.raises(
            InputError, match="a resumed run keeps its objectives: .* has fitness, f2, received fitness"
        ):
            resume(run.path, evaluate=zdt1, objectives=others, progress=False)
    settings = json.loads((run.path / "run.json").read_text())["settings"]
    assert settings["objectives"] == ["fitness", {"name": "f2", "maximize": False}]


def test_runs_from_before_there_were_objectives_go_on(tmp_path):
    run = search(tmp_path / "run", "truncation", objectives=("fitness",))
    info = json.loads((run.path / "run.json").read_text())
    del info["settings"]["objectives"], info["settings"]["train_front"]
    shutil.copytree(run.path, tmp_path / "old")
    (tmp_path / "old" / "run.json").write_text(json.dumps(info))
    assert outcome(resume(tmp_path / "old", evaluate=zdt1, progress=False)) == outcome(run)


def test_an_objective_that_cannot_be_read_is_an_error_of_the_program(tmp_path):
    broken = Criterion("broken", lambda record: 1 / 0)
    with pytest.raises(BrokenProgram, match="the objective broken raised ZeroDivisionError"):
        search(tmp_path / "raises", "truncation", objectives=("fitness", broken))
    with pytest.raises(BrokenProgram, match="the objective parameters is None in a record, expected a number"):
        search(tmp_path / "lacks", "truncation", objectives=("fitness", "parameters"))


def test_a_value_that_is_no_number_is_a_failure(tmp_path):
    odd = Criterion("odd", lambda record: math.nan if f2(record) > 3 else f2(record), maximize=True)
    run = search(tmp_path / "run", "truncation", objectives=("fitness", odd))
    assert {values.record.reason for _, values in run.evaluations()} >= {"odd is nan", ""}
    assert all(math.isfinite(value) for _, values in run.evaluations() for value in values)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"objectives": ("accuracy", "seconds")}, "the first objective is 'accuracy', expected 'fitness'"),
        ({"objectives": ("seconds",)}, "objectives is ..seconds',., expected accuracy .fitness, of your own function"),
        ({"objectives": ("fitness", "size")}, "then any of parameters, multiply_adds, seconds, latency, each once"),
        ({"objectives": ("fitness", F2, F2)}, "each once"),
        ({"train_front": True}, "train_front is for networks"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing_behind(tmp_path, given, message):
    with pytest.raises(InputError, match=message):
        search(tmp_path / "run", "truncation", **given)
    assert not (tmp_path / "run").exists()


def test_objectives_are_named_by_a_text_too():
    assert Settings(objectives="accuracy, multiply-adds").objectives == ("accuracy", "multiply_adds")
    assert Settings(objectives=["accuracy", F2]).weights == (1.0, -1.0)
    assert Settings(**json.loads(json.dumps(Settings(objectives=("accuracy", F2)).to_json()))).criteria[0].name == "f2"


@pytest.mark.parametrize("given", [("",), (3,), ("a,b",), ("a", 3), ("a", f2, "yes")])
def test_a_criterion_is_checked_where_it_is_made(given):
    with pytest.raises(InputError, match="expected"):
        Criterion(*given)
