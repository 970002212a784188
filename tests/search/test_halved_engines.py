"""Halving on real networks: wherever the parts of a training are done, they come to what one training would."""

import os
import signal
from collections import defaultdict
from functools import partial

import pytest
from sessions import HERE, Session, wait_until

from deap_nn import PRESETS, Run
from deap_nn.engines import make_engine
from deap_nn.pruning import Thresholds
from deap_nn.search import Settings
from deap_nn.search.objective import data_spec, keras_objective

pytestmark = pytest.mark.slow

SCRIPT = HERE.parent / "script_search.py"
LAUNCHERS = {"serial": (), "processes": (), "scoop": ("-m", "scoop", "-n", "3"), "dask": ()}
FIRST_RUNG = 9


def start(folder, path, engine):
    environment = {"PYTHONPATH": str(HERE.parent)}
    return Session(folder, *LAUNCHERS[engine], SCRIPT, path, engine, "halved", "2", **environment)


def to_the_end(folder, path, engine):
    with start(folder, path, engine) as session:
        session.wait(150)
        assert "finished" in session.output.splitlines(), session.output
        session.assert_nothing_left()
    return Run(path)


def killed_after_the_first_rung(folder, path, engine):
    """Begin, and kill everything when nine trainings have paused; whatever goes on then is another process."""
    journal = path / "evaluations.jsonl"
    with start(folder, path, engine) as session:
        assert wait_until(lambda: journal.exists() and journal.read_bytes().count(b"\n") >= FIRST_RUNG, 120)
        for number in session.members():
            os.kill(number, signal.SIGKILL)
    assert list((path / "paused").glob("*.npz"))


def results(run):
    return [
        (individual.canonical(), tuple(values), values.status, values.record.budget, values.record.history)
        for individual, values in run.evaluations()
    ]


def in_one_go(run, individuals):
    """The histories of the same trainings without a pause."""
    settings = Settings(**run.info["settings"])
    objective = keras_objective(PRESETS["dense"], data_spec("digits", run.path, settings), settings)
    with make_engine("processes", workers=1) as engine:
        outcomes = engine.map(partial(objective.evaluate, rule=Thresholds()), individuals)
    return [(tuple(outcome.value), outcome.value.record.history) for outcome in outcomes]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return to_the_end(folder, folder / "run", "serial")


def test_what_has_come_to_its_end_is_what_a_training_in_one_go_would_have_been(whole):
    ended = [(individual, values) for individual, values in whole.evaluations() if values.status == "ok"]
    assert ended
    expected = [(tuple(values), values.record.history) for _, values in ended]
    assert in_one_go(whole, [individual for individual, _ in ended]) == expected
    assert not (whole.path / "paused").exists()
    assert whole.best["search_validation_accuracy"] == max(values[0] for _, values in ended)


@pytest.mark.parametrize("engine", ["processes", "scoop", "dask"])
def test_a_training_goes_on_in_another_worker_as_if_nothing_had_happened(tmp_path, whole, engine):
    path = tmp_path / "run"
    killed_after_the_first_rung(tmp_path, path, engine)
    run = to_the_end(tmp_path, path, engine)
    assert results(run) == results(whole)
    workers = defaultdict(list)
    for individual, values in run.evaluations():
        workers[individual.canonical()].append(values.record.worker)
    moved = [those for those in workers.values() if len(set(those)) > 1]
    assert any(len(those) == 3 for those in moved), workers
