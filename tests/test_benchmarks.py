"""What benchmarks compute from searches and tables, without the hours that they take."""

import importlib
import importlib.util
import math
import random
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import search_stubs

from deap_nn import Individual, Run, evolve
from deap_nn.engines import make_engine
from deap_nn.evolution import FitnessValues, Record
from deap_nn.search import Settings, breeding
from deap_nn.space import TRAINING, Block, Choice, Chromosome, Float, Integer, LayerKind, SearchSpace
from deap_nn.tasks import Classification

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_a_starting_space_is_where_first_networks_come_from(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    starting = importlib.import_module("starting").starting
    genes = {
        "units": Integer(16, 256, step=16, start=(64, 32, 32)),
        "kernel_size": Integer(1, 7, start=(3,)),
        "filters": Integer(16, 256, start=(16, 32, 128)),
        "rate": Float(1e-5, 0.1, log=True, start=(1e-4, 1e-2)),
        "strides": Integer(1, 3),
        "batch": Integer(values=(8, 16, 64, 512), start=(64, 8, 8)),
        "cutout": Integer(values=(0, 4, 16), start=(4,)),
        "decay": Float(values=(1e-4, 1e-2)),
        "activation": Choice(("relu", "tanh")),
        "pooling": Choice(("none", "max", "average"), start=("max", "average", "max")),
    }
    training = LayerKind(TRAINING, {"epochs": Integer(5, 25, start=(10, 11))})
    kind = LayerKind("own", genes)
    blocks = (Block(kind, 0, 9, start_layers=(1, 3)), Block(kind, 0, 1, start_layers=(0, 0), name="empty"))
    space = starting(SearchSpace("wide", blocks, training))
    (block,) = space.blocks
    assert (block.min_layers, block.max_layers, block.start_layers) == (1, 3, None)
    assert block.kind.genes == {
        "units": Integer(32, 64, step=32),
        "kernel_size": Integer(3, 3),
        "filters": Choice((16, 32, 128)),
        "rate": Float(1e-4, 1e-2, log=True),
        "strides": genes["strides"],
        "batch": Integer(values=(8, 64)),
        "cutout": Integer(4, 4),
        "decay": genes["decay"],
        "activation": genes["activation"],
        "pooling": Choice(("max", "average")),
    }
    assert space.training.genes == {"epochs": Integer(10, 11)}


def test_a_starting_space_holds_the_networks_that_are_known(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    starting = importlib.import_module("starting").starting
    genes = {
        "filters": Integer(16, 256, start=(16, 32)),
        "rate": Float(1e-5, 0.1, log=True, start=(1e-4, 1e-2)),
        "pooling": Choice(("none", "max", "average"), start=("max",)),
    }
    known = Chromosome("own", {"filters": 128, "rate": 0.05, "pooling": "none"})
    training = LayerKind(TRAINING, {"epochs": Integer(5, 25, start=(10, 11))})
    blocks = (Block(LayerKind("own", genes), 1, 1),)
    space = SearchSpace("wise", blocks, training, [(known, Chromosome(TRAINING, {"epochs": 12}))])
    found = starting(space)
    found.validate(space.known[0])
    assert found.kind("own").genes["rate"] == Float(1e-4, 0.05, log=True)
    assert (found.training.genes["epochs"], found.known) == (Integer(10, 12), ())


def test_optuna_names_the_networks_of_a_steady_state_and_hears_what_came_of_them(monkeypatch, tmp_path):
    pytest.importorskip("optuna", reason="the extra `benchmarks` has it")
    monkeypatch.syspath_prepend(BENCHMARKS)
    optuna_way = importlib.import_module("optuna_way")
    heard = []

    class Parzen(optuna_way.Parzen):
        def tell(self, child):
            trial = self._trials[child.canonical()]
            super().tell(child)
            heard.append((child.canonical(), self._study.trials[trial.number]))

    monkeypatch.setattr(optuna_way, "Parzen", Parzen)
    monkeypatch.setattr(breeding, "_steady_state", optuna_way._asking(breeding._steady_state))
    run = search_stubs.search(
        tmp_path / "run", search_stubs.not_finite, algorithm="steady-state", screen=0, population=12, generations=2
    )
    journal = [(individual.canonical(), values) for individual, values in run.evaluations()]
    assert [genome for genome, _ in heard] == [genome for genome, _ in journal]
    assert len(heard) == 36
    for (_, trial), (_, values) in zip(heard, journal, strict=True):
        assert trial.values == (list(values) if values.status == "ok" else None)
    assert {trial.state.name for _, trial in heard} == {"COMPLETE", "FAIL"}


def test_optuna_hears_of_what_a_search_began_with_and_draws_the_rest(monkeypatch, tmp_path):
    pytest.importorskip("optuna", reason="the extra `benchmarks` has it")
    monkeypatch.syspath_prepend(BENCHMARKS)
    optuna_way = importlib.import_module("optuna_way")
    random.seed(1)
    known = Individual(search_stubs.SPACE.sample())
    space = replace(search_stubs.SPACE, known=[known])
    studies = []

    class Parzen(optuna_way.Parzen):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            studies.append(self._study)

    monkeypatch.setattr(optuna_way, "Parzen", Parzen)
    monkeypatch.setattr(breeding, "_steady_state", optuna_way._asking(breeding._steady_state))
    options = search_stubs.SMALL | {"algorithm": "steady-state", "screen": 0}
    run = evolve(space, evaluate=search_stubs.fitness, run_dir=tmp_path / "run", **options)
    first, *_ = run.evaluations()
    assert first[0] == known
    values = [trial.values for trial in studies[0].trials if trial.values]
    assert list(first[1]) in values
    assert len(values) == 40


def test_a_measure_of_finalists_is_worth_what_its_choice_is_after_a_long_training(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    finalists = importlib.import_module("finalists")
    found = [
        {"epochs": 40, "search": 0.7, "again": 0.6, "longer": 0.8, "long": 0.81},
        {"epochs": 40, "search": 0.6, "again": 0.7, "longer": 0.7, "long": 0.85},
        {"epochs": 40, "search": 0.5, "again": 0.5, "longer": 0.9, "long": 0.83},
    ]
    heading, *lines = finalists.shown(found)
    assert heading == "the best 3 of a search after 40 epochs: best 0.8500, mean 0.8300"
    assert lines[2:5] == [
        "| search | -0.50 | 0.8100 | 0.0400 |",
        "| again | 0.50 | 0.8500 | 0.0000 |",
        "| longer | -0.50 | 0.8300 | 0.0200 |",
    ]


def test_finalists_are_networks_of_a_search_with_what_they_were_worth_in_it_and_other_epochs(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(BENCHMARKS)
    finalists = importlib.import_module("finalists")
    run = search_stubs.search(tmp_path / "run")
    (best, values), (second, less) = finalists.best_of_search(run, 2)
    assert best.to_json() == run.best["genome"]
    assert values[0] >= less[0]
    longer = finalists.with_epochs(second, lambda own: 3 * own)
    assert longer[-1].genes == second[-1].genes | {"epochs": 3 * second[-1].genes["epochs"]}
    assert longer[:-1] == second[:-1]


def test_what_was_measured_as_a_finalist_is_no_network_of_the_search(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    finalists = importlib.import_module("finalists")
    one, mirrored = (Individual([Chromosome(TRAINING, {"flip": flip})]) for flip in ("none", "random"))
    entries = [(one, FitnessValues((0.7,), Record()))]
    entries += [(each, FitnessValues((0.8,), Record(repetition=1))) for each in (one, mirrored)]
    assert finalists.best_of_search(SimpleNamespace(evaluations=lambda: entries), 8) == entries[:1]


def better_with_epochs(individual, repetition, budget):
    assert repetition == 2
    return FitnessValues((min(0.9, budget * individual[-1].genes["epochs"] / 100),), Record())


def test_what_more_epochs_are_worth_is_trained_once_and_said_in_points(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(BENCHMARKS)
    final_epochs = importlib.import_module("final_epochs")
    run = search_stubs.search(tmp_path / "run")
    run.info["data"] = {"source": "none", "fingerprint": "f"}
    monkeypatch.setattr(final_epochs, "objective_of", lambda *_: SimpleNamespace(evaluate=better_with_epochs))
    monkeypatch.setattr(final_epochs, "make_engine", lambda *_, **__: make_engine("serial"))
    networks = [individual for individual, _ in final_epochs.best_of_search(run, 2)]
    results = tmp_path / "results.jsonl"
    for _ in range(2):
        found = [final_epochs.measured(run, networks, times, results) for times in (1, 3)]
        assert found == [[min(0.9, times * one[-1].genes["epochs"] / 100) for one in networks] for times in (1, 3)]
        assert len(results.read_text().splitlines()) == 4
    assert final_epochs.line("run", [[0.5, 0.7], [0.6, 0.8]]) == "| run | 0.6000 | 0.7000 (+10.00) |"


def replayed(curves, population, lag=1):
    """A race through a search whose networks had these measures after each epoch, weights and running mean alike."""
    race_replay = importlib.import_module("race_replay")
    task = Classification(10)
    trained = []
    for curve in curves:
        individual = Individual()
        history = {task.validation_measure: curve, task.running_measure: curve}
        individual.fitness.values = FitnessValues((curve[-1],), Record(history=history))
        trained.append(individual)
    search = race_replay.FullSearch(trained, Settings(population=population, lag=lag), task, 0.1)
    return race_replay.replayed(search, race_replay.OtherRace(search, usual=0.9))


GOOD = [[0.5, 0.6, 0.7, 0.8 + number / 100] for number in range(4)]
CHANCE = [[0.1] * 4] * 2
LATE = [0.1, 0.1, 0.4, 0.9]  # a leader that has to gain more than any before it


def test_the_race_is_replayed_on_a_search_in_which_all_were_trained_in_full(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    saved, leaders, lost, best = replayed([*GOOD, *CHANCE, LATE], 6)
    assert saved == pytest.approx(28 / 25)
    assert (leaders, lost) == (1, 1)
    assert best == pytest.approx(0.83 - 0.9)


def test_what_begins_before_results_are_in_is_replayed_by_the_rule_before_them(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    saved, _, lost, best = replayed([*GOOD, *CHANCE, LATE], 6, lag=2)
    assert (saved, lost, best) == (pytest.approx(28 / 26), 0, 0)


def test_a_replay_trains_the_best_of_a_first_generation_in_full_where_too_few_are_left(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    saved, _, lost, _ = replayed([[0.1, 0.1, 0.1 + number / 1000, 0.2] for number in range(6)], 6)
    assert saved == pytest.approx(24 / (18 + 16))
    assert lost == 0  # all end alike, so none is ahead of the others


def test_networks_are_of_equal_shape_whatever_their_rates_and_recipes(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS / "gpu")
    shapes = importlib.import_module("shapes")

    def line(filters, rate, **training):
        network = [f"Conv2D(filters={filters}) -> 8x8x{filters}", f"Dropout(rate={rate}) -> 8x8x{filters}"]
        return {"genome": [{"kind": "training", "genes": training}], "record": {"network": network}}

    lines = [line(16, 0.1, batch_size=32), line(16, 0.2, batch_size=64, optimizer="adam"), line(32, 0.1, batch_size=32)]
    row = shapes._row("a journal", 0, lines)
    assert (row["share"], row["mean group"]) == (2 / 3, 1.5)
    assert (row["share, equal batch"], row["mean group, equal batch"]) == (0, 1)


class TrainingTimes:
    """What a clock asks of a table; a network is the number of its place."""

    def __init__(self, *seconds):
        self.times, self.seen = seconds, set()

    def place(self, individual):
        return individual

    def knows(self, place):
        return place in self.seen

    def seconds(self, place):
        return self.times[place]

    def __call__(self, individual):
        self.seen.add(individual)
        return (-individual,)


def test_simulated_workers_take_as_long_as_the_trainings_of_the_table(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    table = TrainingTimes(5.0, 1.0, 2.0, 4.0)
    clock = importlib.import_module("tables.clock").Clock(table, workers=2)
    for place in range(4):
        assert clock.submit(table, place) == place
    assert not clock.is_idle
    assert [clock.next() for _ in range(4)] == [(1, (-1,)), (2, (-2,)), (0, (0,)), (3, (-3,))]
    assert clock.is_idle
    assert clock.finished == [(1.0, 1), (3.0, 2), (5.0, 0), (7.0, 3)]
    assert clock.last_begun == 3
    assert clock.busy(until=100) == 1  # what follows the last beginning does not count
    assert clock.busy(until=2) == 1


def test_a_simulated_generation_ends_with_its_last_training_and_known_networks_take_no_time(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    table = TrainingTimes(5.0, 1.0, 2.0)
    clock = importlib.import_module("tables.clock").Clock(table, workers=2)
    assert clock.map(table, [0, 1, 1]) == [(0,), (-1,), (-1,)]
    assert clock.finished == [(1.0, 1), (5.0, 0)]
    assert clock.map(table, [1, 2]) == [(-1,), (-2,)]
    assert clock.finished[2:] == [(7.0, 2)]
    assert clock.busy(until=100) == (1 + 5) / (2 * 5)


def test_searches_of_tables_that_are_in_the_results_are_not_repeated(monkeypatch, tmp_path, capsys):
    monkeypatch.syspath_prepend(BENCHMARKS)
    search_quality = importlib.import_module("search_quality")
    searched = []

    def search(task, way, seed):
        searched.append((task, way, seed))
        return {"task": task, "way": way, "seed": seed, "regret": [0.04 + seed, 0.002, 0.001], "milliseconds": 1.5}

    monkeypatch.setattr(search_quality, "_search", search)
    argv = ["", "--tasks", "naval", "--ways", "random", "--results", str(tmp_path / "results.jsonl"), "--seeds"]
    for seeds in ("1", "2"):
        monkeypatch.setattr(sys, "argv", [*argv, seeds])
        search_quality.main()
    assert searched == [("naval", "random", 0), ("naval", "random", 1)]
    first, _, report, last = capsys.readouterr().out.splitlines()
    assert first == "random, 1 seeds: @50 4.0e-02, @100 2.0e-03, @200 1.0e-03; 1.5 ms of CPU an evaluation"
    assert report.startswith("random, 2 seeds: @50 5.4e-01 ± 5e-01, @100 2.0e-03")
    assert last == "naval regret @50 5.4e-01 @100 2.0e-03"


def test_small_tables_measure_each_way_once_and_rank_them(monkeypatch, tmp_path, capsys):
    monkeypatch.syspath_prepend(BENCHMARKS)
    small_tables = importlib.import_module("small_tables")
    measured = []

    def measure(options, way, seed):
        measured.append((way, seed))
        arrays = dict(np.load(options.dataset))
        assert np.bincount(arrays["y_train"]).tolist() == [40, 40, 40]
        assert np.bincount(arrays["y_test"]).tolist() == [10, 10, 10]
        return {"accuracy": 1.0, "wall": 1.0, "cpu": 1.0}

    monkeypatch.setattr(small_tables.prize, "measured", measure)
    argv = ["", "--tables", "iris", "--splits", "2", "--results", str(tmp_path / "results.jsonl")]
    for ways in (["random"], ["random", "svc"]):
        monkeypatch.setattr(sys, "argv", [*argv, "--ways", *ways])
        small_tables.main()
    assert measured == [("random", 0), ("random", 1)]
    head, _, searched, fitted = capsys.readouterr().out.splitlines()[-4:]
    assert head == "| | iris | mean rank |"
    assert searched == "| random | 1.000 | 1.25 |"  # in one of the splits, the support vectors are right 30 times, too
    assert fitted.startswith("| svc | 0.9") and fitted.endswith("| 1.75 |")


def test_the_epochs_of_a_training_in_parts_are_counted_once(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(BENCHMARKS)
    race = importlib.import_module("race")
    run = Run.create(tmp_path / "run", {"settings": {}})
    one, other = (Individual([Chromosome(TRAINING, {"epochs": epochs})]) for epochs in (9, 18))
    parts = [(one, 1, 0.0), (other, 2, 0.0), (one, 3, 0.0), (other, 6, 0.0), (one, 9, 0.7), (other, 18, 0.6)]
    with run.writing() as journal:
        for individual, epochs, value in parts:
            status = "ok" if value else "paused"
            journal.append(individual, FitnessValues((value,), {"status": status, "history": {"loss": [0.1] * epochs}}))
    points = list(race.curve(run))
    assert points == [(1, 0.0), (3, 0.0), (5, 0.0), (9, 0.0), (15, 0.7), (27, 0.7)]
    assert (race.epochs_to(0.6, points), race.epochs_to(0.8, points)) == (15, math.inf)
    arguments = SimpleNamespace(generations=9)
    assert [race.generations(arguments, pruner) for pruner in ("none", "race", "halving")] == [9, 9, 55]  # by 39/7
