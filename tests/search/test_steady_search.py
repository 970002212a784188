"""Whole searches in a steady state on stub objectives: workers that end in any order, kills, stops, resumes."""

import itertools
import json
import os
import random
import shutil
import signal
from collections import Counter

import pytest
import search_stubs
from search_stubs import SPACE, outcome
from sessions import HERE, Session, wait_until

from deap_nn import PRESETS, Hooks, Individual, Run, resume
from deap_nn.data import DataSpec
from deap_nn.engines import Outcome, make_engine
from deap_nn.pruning import Race, RaceInOrder
from deap_nn.screening import Screen
from deap_nn.search import RunFailed, Settings, sizing
from deap_nn.search.budget import SEARCHED
from deap_nn.search.evaluations import Evaluations
from deap_nn.search.objective import keras_objective
from deap_nn.space import Block, Choice, Integer, LayerKind, SearchSpace

STEADY = {"algorithm": "steady-state", "population": 6, "generations": 4, "screen": 0}


class Death(BaseException):
    """The end of the process, as far as the files are concerned."""


class Jumbled:
    """An engine of so many workers, any of which may be the next to end.

    It may die after so many results, or be so slow that the time is over then.
    """

    description = "jumbled"

    def __init__(self, workers, seed=0, deadly=None, late=None):
        self.capacity, self.evaluated = workers, []
        self._random, self._tickets, self._waiting = random.Random(seed), itertools.count(), []
        self._deadly, self._late = deadly, late

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, function, individual):
        self._waiting.append((next(self._tickets), function, individual))
        return self._waiting[-1][0]

    def as_completed(self, until=None):
        while self._waiting and len(self.evaluated) != self._late:
            place = self._random.randrange(min(self.capacity, len(self._waiting)))
            ticket, function, individual = self._waiting.pop(place)
            if len(self.evaluated) == self._deadly:
                raise Death
            self.evaluated.append(individual.canonical())
            yield ticket, Outcome("ok", function(individual))

    def map(self, function, individuals):
        return [Outcome("ok", function(one)) for one in individuals]

    def clear(self):
        self._waiting.clear()


@pytest.fixture
def on(monkeypatch):
    """Have the next searches run on a jumbled engine."""

    def use(workers=1, seed=0, deadly=None, late=None):
        engine = Jumbled(workers, seed, deadly, late)
        monkeypatch.setattr("deap_nn.search.session.engine_of", lambda *_: engine)
        return engine

    return use


def search(path, evaluate=search_stubs.fitness, **options):
    return search_stubs.search(path, evaluate, **STEADY | options)


def again(path, evaluate=search_stubs.fitness, **options):
    return resume(path, evaluate=evaluate, progress=False, **options)


def files(run):
    """The journal and the file of children, byte for byte, and what all equal runs share."""
    return *((run.path / name).read_bytes() for name in ("evaluations.jsonl", "children.jsonl")), outcome(run)


def genomes(run):
    return [individual.canonical() for individual, _ in run.evaluations()]


def stop_after_eleven(run):
    seen = []
    return Hooks(on_evaluation=(lambda *one: seen.append(one) or len(seen) == 11,))


def stop_with_the_third(run):
    return Hooks(on_generation=(lambda one: one.number == 2,))


STOPS = {
    "generations": {},
    "target": {"stop_at": 0.93},
    "evaluations": {"evaluations": 20},
    "patience": {"patience": 6},
    "a hook of evaluations": {"hooks": stop_after_eleven},
    "a hook of generations": {"hooks": stop_with_the_third},
}


def options_of(stop):
    options = dict(STOPS[stop])
    if "hooks" in options:
        options["hooks"] = options["hooks"](None)
    return options


# --- the same with any number of workers ---


@pytest.mark.parametrize("stop", STOPS)
def test_journal_and_result_are_the_same_with_any_number_of_workers(tmp_path, on, stop):
    on(1)
    expected = files(search(tmp_path / "one", **options_of(stop)))
    for workers, seed in [(2, 1), (3, 2), (4, 3), (4, 4), (9, 5)]:
        engine = on(workers, seed)
        run = search(tmp_path / f"{workers}-{seed}", **options_of(stop))
        assert files(run) == expected
        assert len(set(engine.evaluated)) == len(engine.evaluated)
        assert set(genomes(run)) <= set(engine.evaluated)
        assert not (run.path / "ahead.jsonl").exists()


def test_the_stops_end_where_they_should(tmp_path, on):
    on(4, 1)
    count = {name: len(genomes(search(tmp_path / name, **options_of(name)))) for name in STOPS}
    whole = [values[0] for _, values in Run(tmp_path / "generations").evaluations()]
    assert count["generations"] == len(whole) == 30
    assert count["target"] == next(number for number, value in enumerate(whole, 1) if value >= 0.93) < 30
    assert (count["evaluations"], count["a hook of evaluations"], count["a hook of generations"]) == (20, 11, 18)
    assert whole.index(max(whole[: count["patience"]])) == count["patience"] - 1 - 6 < 23
    status = {name: Run(tmp_path / name).status for name in STOPS}
    assert [name for name in STOPS if status[name] == "stopped"] == ["a hook of evaluations", "a hook of generations"]


@pytest.mark.parametrize("stop", STOPS)
def test_the_winner_is_the_best_up_to_the_stop_and_the_logbook_has_it(tmp_path, on, stop):
    on(3, 1)
    run = search(tmp_path / "run", **options_of(stop))
    best = max(values[0] for _, values in run.evaluations())
    assert run.best["fitness"] == run.logbook[-1]["best"] == best
    assert sum(row["nevals"] for row in run.logbook) == len(genomes(run))


@pytest.mark.parametrize(("late", "rows"), [(3, [3]), (6, [6]), (15, [6, 6, 3])])
def test_the_logbook_has_what_the_clock_cut_off_and_the_search_goes_on_from_there(tmp_path, on, late, rows):
    on(1)
    whole = files(search(tmp_path / "whole"))
    on(1, late=late)
    run = search(tmp_path / "run")
    assert [row["nevals"] for row in run.logbook] == rows
    assert run.best["fitness"] == run.logbook[-1]["best"] == max(values[0] for _, values in run.evaluations())
    before = files(run)
    on(1, late=0)
    assert files(again(run.path)) == before
    on(3)
    assert files(again(run.path)) == whole


@pytest.mark.parametrize(
    "stop", ["target", "evaluations", "patience", "a hook of evaluations", "a hook of generations"]
)
@pytest.mark.parametrize("workers", [1, 4])
def test_what_has_stopped_goes_on_as_if_it_had_not(tmp_path, on, stop, workers):
    on(1)
    whole = files(search(tmp_path / "whole", **({"evaluations": 30} if stop == "evaluations" else {})))
    on(workers, 1)
    search(tmp_path / "run", **options_of(stop))
    engine = on(workers, 2)
    more = {"target": {"stop_at": 1.0}, "evaluations": {"evaluations": 30}, "patience": {"patience": 99}}
    run = again(tmp_path / "run", **more.get(stop, {}))
    assert files(run) == whole
    assert len(engine.evaluated) < 30
    assert [row["gen"] for row in run.logbook] == [0, 1, 2, 3, 4]
    assert files(again(tmp_path / "run")) == whole


def test_an_incomplete_generation_that_stops_again_agrees_with_itself(tmp_path, on):
    on(3)
    before = files(search(tmp_path / "run", evaluations=20))
    engine = on(2)
    assert files(again(tmp_path / "run")) == before
    assert engine.evaluated == []
    assert [row["nevals"] for row in again(tmp_path / "run", evaluations=22).logbook] == [6, 6, 6, 4]
    with pytest.raises(ValueError, match="evaluations is 21, but .* has 22 already"):
        again(tmp_path / "run", evaluations=21)


def test_an_edited_journal_is_noticed_in_an_incomplete_generation_too(tmp_path, on):
    on(1)
    run = search(tmp_path / "run", evaluations=9)
    search_stubs.edited(run, 1, fitness=[0.999])
    for evaluations in (9, 12):
        with pytest.raises(RunFailed, match="comes out differently than the first time"):
            again(tmp_path / "run", evaluations=evaluations)


# --- kills ---


@pytest.mark.parametrize("workers", [1, 3, 4])
def test_a_run_that_dies_anywhere_goes_on_and_evaluates_nothing_twice(tmp_path, on, workers):
    on(1)
    whole = files(search(tmp_path / "whole"))
    for deadly in range(30):
        path = tmp_path / str(deadly)
        first = on(workers, deadly, deadly)
        with pytest.raises(Death):
            search(path)
        second = on(workers, deadly + 100)
        assert files(again(path)) == whole
        assert len(first.evaluated) == deadly
        assert sorted(first.evaluated + second.evaluated) == sorted(genomes(Run(path)))
        shutil.rmtree(path)


def test_a_run_that_dies_again_and_again_goes_on(tmp_path, on):
    on(1)
    whole = files(search(tmp_path / "whole"))
    engines = [on(4, 0, 2)]
    with pytest.raises(Death):
        search(tmp_path / "run")
    while len(engines) < 40:
        engines.append(on(4, len(engines), 2))
        try:
            again(tmp_path / "run")
            break
        except Death:
            pass
    assert files(Run(tmp_path / "run")) == whole
    assert sorted(one for engine in engines for one in engine.evaluated) == sorted(genomes(Run(tmp_path / "run")))


def test_it_goes_on_wherever_journal_and_children_end(tmp_path, on):
    """Checkpoint and logbook may be of later; whatever the files hold is used."""
    on(1)
    whole = search(tmp_path / "whole")
    expected = files(whole)
    journal, children = (
        (whole.path / name).read_bytes().splitlines(keepends=True) for name in ("evaluations.jsonl", "children.jsonl")
    )
    rng = random.Random(1)
    cuts = [(kept, kept + more) for kept in range(0, 31, 3) for more in (-5, 0, 1, 4)]
    for results, chosen in cuts:
        chosen = max(0, chosen)
        torn = rng.random() < 0.5
        (whole.path / "evaluations.jsonl").write_bytes(b"".join(journal[:results]) + b'{"geno' * torn)
        (whole.path / "children.jsonl").write_bytes(b"".join(children[:chosen]) + b'{"number": 7' * torn)
        engine = on(4, results)
        assert files(again(whole.path)) == expected
        assert len(engine.evaluated) == 30 - results


def test_what_was_chosen_is_taken_from_the_file_and_not_bred_again(tmp_path, on):
    """A file that says otherwise than breeding would is believed: another processor may have chosen."""
    on(1)
    run = search(tmp_path / "run", generations=1)
    (run.path / "checkpoint.json").unlink()
    (run.path / "logbook.csv").unlink()
    (run.path / "evaluations.jsonl").write_text("")
    lines = [json.loads(line) for line in (run.path / "children.jsonl").read_text().splitlines()]
    random.seed(9)
    other = Individual(SPACE.sample())
    lines[8]["genome"] = other.to_json()
    (run.path / "children.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    engine = on(2)
    again(tmp_path / "run")
    assert other.canonical() in engine.evaluated
    assert len(set(engine.evaluated)) == 12


@pytest.mark.parametrize("line", ["{", "7", "{}", '{"number": 1, "genome": []}'])
def test_a_garbled_line_of_the_children_is_named_with_the_way_out_which_works(tmp_path, on, line):
    on(1)
    expected = outcome(search(tmp_path / "whole"))
    path = search(tmp_path / "run", generations=2).path
    lines = (path / "children.jsonl").read_text().splitlines(keepends=True)
    (path / "children.jsonl").write_text("".join([*lines[:3], line + "\n", *lines[4:]]))
    before = (path / "run.json").read_bytes()
    with pytest.raises(ValueError, match=r"children.jsonl, line 4, is damaged .*: delete that line, and the child is"):
        again(path, generations=4)
    assert (path / "run.json").read_bytes() == before
    (path / "children.jsonl").write_text("".join([*lines[:3], *lines[4:]]))
    assert outcome(again(path, generations=4)) == expected
    assert outcome(again(path)) == expected


def test_a_line_of_the_journal_that_is_deleted_is_evaluated_again(tmp_path, on):
    on(1)
    expected = outcome(search(tmp_path / "whole"))
    path = search(tmp_path / "run", generations=2).path
    lines = (path / "evaluations.jsonl").read_text().splitlines(keepends=True)
    (path / "evaluations.jsonl").write_text("".join([*lines[:5], *lines[6:]]))
    engine = on(4, 1)
    assert outcome(again(path, generations=4)) == expected
    assert len(engine.evaluated) == 13


def test_failures_are_tried_again_only_when_asked(tmp_path, on):
    on(1)
    run = search(tmp_path / "run")
    genome = search_stubs.edited(run, 2, fitness=[0.0], status="timeout")
    (run.path / "checkpoint.json").unlink()
    engine = on(2)
    again(run.path)
    assert genome not in engine.evaluated
    engine = on(2)
    again(run.path, retry_failed=True)
    assert engine.evaluated.count(genome) == 1


def test_a_failure_that_waits_for_its_turn_is_tried_again_when_asked(tmp_path, on):
    on(1)
    run = search(tmp_path / "run")
    lines = (run.path / "evaluations.jsonl").read_text().splitlines()
    for name in ("checkpoint.json", "logbook.csv"):
        (run.path / name).unlink()
    for retry, times in ((False, 0), (True, 1)):
        late = json.loads(lines[7])
        late["record"]["status"], late["fitness"] = "timeout", [0.0]
        (run.path / "evaluations.jsonl").write_text("".join(line + "\n" for line in lines[:6]))
        (run.path / "ahead.jsonl").write_text(json.dumps(late) + "\n")
        (run.path / "checkpoint.json").unlink(missing_ok=True)
        engine = on(2)
        again(run.path, retry_failed=retry)
        assert engine.evaluated.count(Individual.from_json(late["genome"]).canonical()) == times


# --- screened ---


@pytest.fixture(scope="module")
def screened(tmp_path_factory):
    """What a screened search with one worker comes to."""
    patched = pytest.MonkeyPatch()
    patched.setattr("deap_nn.search.session.engine_of", lambda *_: Jumbled(1))
    run = search(tmp_path_factory.mktemp("screened") / "run", search_stubs.uphill, screen=8)
    patched.undo()
    return files(run)


@pytest.mark.parametrize(("workers", "seed"), [(2, 1), (4, 2), (4, 3), (9, 4)])
def test_a_screened_search_is_the_same_with_any_number_of_workers(tmp_path, on, screened, workers, seed):
    engine = on(workers, seed)
    run = search(tmp_path / "run", search_stubs.uphill, screen=8)
    assert files(run) == screened
    assert len(set(engine.evaluated)) == len(engine.evaluated)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_a_screened_search_that_is_killed_goes_on_to_the_same_end(tmp_path, on, screened, workers):
    for deadly in (0, 5, 11, 26):
        first, path = on(workers, deadly, deadly), tmp_path / str(deadly)
        with pytest.raises(Death):
            search(path, search_stubs.uphill, screen=8)
        second = on(workers, deadly + 100)
        assert files(again(path, search_stubs.uphill)) == screened
        assert sorted(first.evaluated + second.evaluated) == sorted(genomes(Run(path)))


def test_a_screened_search_that_stopped_goes_on_as_if_it_had_not(tmp_path, on, screened):
    on(4, 1)
    search(tmp_path / "run", search_stubs.uphill, screen=8, evaluations=14)
    assert files(again(tmp_path / "run", search_stubs.uphill, evaluations=30)) == screened


def test_a_replay_needs_no_choice(tmp_path, on, screened, monkeypatch):
    on(2)
    path = search(tmp_path / "run", search_stubs.uphill, screen=8).path
    monkeypatch.setattr("deap_nn.screening.Screen.choose", lambda *_: pytest.fail("asked again"))
    assert files(again(path, search_stubs.uphill)) == screened
    with pytest.raises(ValueError, match="a resumed run keeps its screen"):
        again(path, search_stubs.uphill, screen=9)


def test_the_screen_finds_better_networks_than_the_first_that_are_bred(tmp_path, on):
    def of(name, **options):
        on(4)
        runs = (search(tmp_path / f"{name}-{seed}", search_stubs.uphill, seed=seed, **options) for seed in range(5))
        return sum(run.best["fitness"] for run in runs) / 5

    assert of("screened", screen=20) > of("not", screen=0)


class Listener(Screen):
    """A screen that keeps what it is told, and with how many candidates it was asked."""

    made = ()

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.told, self.asked = [], []
        Listener.made = (*Listener.made, self)

    def tell(self, individual, values):
        self.told.append((individual.canonical(), values[0]))
        super().tell(individual, values)

    def choose(self, candidates, under_way, number):
        self.asked.append((len(candidates), len(under_way), number))
        return super().choose(candidates, under_way, number)


@pytest.fixture
def listeners(monkeypatch):
    monkeypatch.setattr(Listener, "made", ())
    monkeypatch.setattr("deap_nn.search.breeding.Screen", Listener)
    return lambda: Listener.made


def test_the_screen_hears_all_results_in_order_and_failures_as_the_worst(tmp_path, on, listeners):
    on(4, 3)
    options = STEADY | {"screen": 4, "generations": 2, "minimize": True}
    run = search_stubs.search(tmp_path / "run", search_stubs.loss, **options)
    (screen,) = listeners()
    assert screen.told == [(individual.canonical(), -values[0]) for individual, values in run.evaluations()]
    failed = [values.status != "ok" for _, values in run.evaluations()]
    assert any(failed)
    worst = min(value for _, value in screen.told)
    assert [value == worst for _, value in screen.told] == failed
    assert screen.asked == [(4, 3, number) for number in range(7, 19)]
    again(run.path, search_stubs.loss, generations=3)
    assert listeners()[1].told[:18] == screen.told
    assert [number for *_, number in listeners()[1].asked] == list(range(19, 25))


def test_by_itself_one_of_thirty_is_trained_and_in_generations_nothing_is_screened(tmp_path, on, listeners):
    on(1)
    search_stubs.search(tmp_path / "steady", algorithm="steady-state", population=6, generations=1)
    search_stubs.search(tmp_path / "none", **STEADY)
    search_stubs.search(tmp_path / "truncation")
    (screen,) = listeners()
    assert {count for count, *_ in screen.asked} == {30}


# --- what else belongs to a search ---


def test_nothing_is_evaluated_twice_and_small_spaces_come_to_an_end(tmp_path, on):
    small = SearchSpace(
        "small",
        (Block(LayerKind("dense", {"units": Integer(16, 64, step=16)}, takes="flat"), 1, 1),),
        LayerKind("training", {"optimizer": Choice(("adam", "sgd"))}),
    )
    engine = on(3)
    run = search_stubs.evolve_on(small, tmp_path / "run", **STEADY)
    assert len(engine.evaluated) == len(set(engine.evaluated)) == 8
    assert (run.status, [row["nevals"] for row in run.logbook]) == ("finished", [6, 2])
    assert all(row["diversity"] == 1.0 and row["cached"] == 0 for row in run.logbook)
    assert [row["new"] for row in run.logbook] == [6, 2]
    assert sum(row["avoided"] for row in run.logbook) > 0


def test_it_may_start_with_given_individuals_which_are_the_first_children(tmp_path, on):
    random.seed(4)
    given = [Individual(SPACE.sample()) for _ in range(3)]
    on(3, 1)
    run = search(tmp_path / "run", start_with=[*given, given[0]], generations=1)
    assert genomes(run)[:3] == [one.canonical() for one in given]
    assert len(set(genomes(run))) == 12


def test_it_minimises(tmp_path, on):
    on(4)
    up = search(tmp_path / "up", search_stubs.negated_loss)
    down = search(tmp_path / "down", search_stubs.loss, minimize=True)
    assert genomes(up) == genomes(down)
    assert down.best["fitness"] == -up.best["fitness"] == min(values[0] for _, values in down.evaluations())
    on(1)
    more = search(tmp_path / "whole", search_stubs.loss, minimize=True, generations=6)
    on(2)
    assert files(again(tmp_path / "down", search_stubs.loss, generations=6)) == files(more)


def test_a_cache_changes_no_result(tmp_path, on):
    on(1)
    first = search(tmp_path / "first", cache=tmp_path / "cache", generations=2)
    engine = on(4, 2)
    second = search(tmp_path / "second", cache=tmp_path / "cache")
    assert genomes(second)[:18] == genomes(first)
    assert len(engine.evaluated) == 12
    assert [row["cached"] for row in second.logbook] == [6, 6, 6, 0, 0]
    on(1)
    whole = search(tmp_path / "whole")
    assert outcome(whole)[1:] == outcome(second)[1:]


def test_counts_of_a_row_are_of_its_evaluations(tmp_path, on):
    on(1)
    expected = [row["failed"] for row in search(tmp_path / "one", search_stubs.not_finite).logbook]
    on(4, 3)
    run = search(tmp_path / "four", search_stubs.not_finite)
    statuses = [values.status for _, values in run.evaluations()]
    assert [row["failed"] for row in run.logbook] == expected
    assert expected == [statuses[place : place + 6].count("failed") for place in range(0, 30, 6)]
    assert sum(expected) > 0


def test_where_nothing_succeeds_the_run_fails(tmp_path, on):
    on(2)
    with pytest.raises(RunFailed, match="no evaluation of the first generation succeeded"):
        search(tmp_path / "run", search_stubs.never_finite)


def test_it_is_told_who_has_no_work(tmp_path, on, capsys):
    on(6)
    search(tmp_path / "run", progress=True)
    assert "4 of 6 workers have work: the others would with a larger --lag" in capsys.readouterr().out
    search(tmp_path / "other", progress=True, lag=6)
    assert "have work" not in capsys.readouterr().out


def test_a_search_with_a_budget_ends_in_time_and_can_be_repeated_from_its_journal(tmp_path):
    run = search(tmp_path / "run", search_stubs.slow_fitness, budget=2.0)
    assert run.info["decisions"] == {SEARCHED: True}
    best, journal = run.best, (run.path / "evaluations.jsonl").read_text()
    assert len(journal.splitlines()) > 8
    assert again(run.path, search_stubs.slow_fitness).best == best
    assert (run.path / "evaluations.jsonl").read_text() == journal
    again(run.path, search_stubs.slow_fitness, budget=4.0)
    assert (run.path / "evaluations.jsonl").read_text().startswith(journal)
    assert len((run.path / "evaluations.jsonl").read_text()) > len(journal)


def test_a_budget_counts_the_workers_that_have_work():
    steady = Settings(algorithm="steady-state", lag=2)
    assert sizing.population_for(steady, 100.0, 5.0, 8) == 10
    assert sizing.population_for(Settings(algorithm="truncation"), 100.0, 5.0, 8) == 20
    assert sizing.at_once(steady, 1) == 1


def test_each_algorithm_has_a_race_of_its_own():
    for algorithm, pruner in (("truncation", Race), ("steady-state", RaceInOrder)):
        chosen = Settings(algorithm=algorithm)
        objective = keras_objective(PRESETS["dense"], DataSpec("digits", train_samples=100), chosen)
        assert type(objective.make_pruner()) is pruner


def test_a_run_from_before_there_was_a_choice_goes_on_in_generations(tmp_path, on):
    on(1)
    path = search_stubs.search(tmp_path / "run", generations=2).path
    info = json.loads((path / "run.json").read_text())
    del info["settings"]["algorithm"]
    (path / "run.json").write_text(json.dumps(info))
    assert again(path).info["settings"]["algorithm"] == "truncation"


# --- the same settings with generations ---


def truncation(path, **options):
    return search_stubs.search(path, **{"algorithm": "truncation", "population": 6, "generations": 4} | options)


@pytest.mark.parametrize("evaluations", [1, 3, 6, 7, 20, 40])
def test_generations_end_after_so_many_evaluations(tmp_path, on, evaluations):
    on(1)
    expected = truncation(tmp_path / "one", evaluations=evaluations)
    whole = truncation(tmp_path / "whole", generations=20)
    assert len(genomes(expected)) == evaluations
    assert (expected.status, expected.info["reason"]) == ("finished", "")
    assert sorted(genomes(expected)) == sorted(genomes(whole)[:evaluations])
    assert expected.best["fitness"] == max(values[0] for _, values in expected.evaluations())
    on(4, 1)
    run = truncation(tmp_path / "four", evaluations=evaluations)
    assert sorted(genomes(run)) == sorted(genomes(expected))
    assert run.best == expected.best
    on(2, 2)
    more = again(tmp_path / "four", evaluations=50)
    assert sorted(genomes(more)) == sorted(genomes(whole)[:50])


def test_finalists_are_no_part_of_the_evaluations():
    assert Evaluations(make_engine("serial"), most=1)._allowed([]) == []


def test_generations_end_where_nothing_is_gained(tmp_path, on):
    on(1)
    run = truncation(tmp_path / "run", generations=60, patience=12)
    rows = run.logbook
    assert len(rows) < 61
    assert run.status == "finished"
    last_gain = max(row["gen"] for row in rows if row["gen"] == 0 or row["best"] > rows[row["gen"] - 1]["best"])
    without = [row["nevals"] for row in rows if row["gen"] > last_gain]
    assert sum(without) >= 12 > sum(without[:-1])
    assert len(again(run.path, patience=30).logbook) > len(rows)


# --- real processes ---


def real(folder, name, workers, deadly=None):
    """A search with real processes in a session of its own; all are killed once the journal has so many lines."""
    script, path = HERE.parent / "script_search.py", folder / name
    environment = {"PYTHONPATH": str(HERE.parent), search_stubs.COUNT_FILE: str(folder / f"count-{name}")}
    with Session(folder, script, path, "processes", "steady", workers, **environment) as session:
        if deadly is None:
            session.wait(120)
            assert "finished" in session.output.splitlines(), session.output
        else:
            wait_until(lambda: lines_of(path) >= deadly or session.process.poll() is not None, 60)
            for number in session.members():
                os.kill(number, signal.SIGKILL)
    return Run(path)


def lines_of(path):
    journal = path / "evaluations.jsonl"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["4"])
def test_real_processes_give_the_same_with_any_number_of_workers_and_after_kills(tmp_path, workers):
    expected = real(tmp_path, "one", "1")
    run = real(tmp_path, "several", workers)
    assert (outcome(run), genomes(run)) == (outcome(expected), genomes(expected))
    for deadly in (1, 7, 23, 41):
        real(tmp_path, "killed", workers, deadly)
    killed = real(tmp_path, "killed", workers)
    assert (outcome(killed), genomes(killed)) == (outcome(expected), genomes(expected))
    counts = Counter((tmp_path / "count-killed").read_text().splitlines())
    assert counts.total() <= 50 + 4 * int(workers)  # a death costs what was being evaluated
