"""The same seed, the same result: with any engine and any number of workers, down to every epoch's loss."""

from functools import cache

import pytest
import search_stubs
from search_stubs import outcome
from sessions import HERE, Session

from deap_nn import Run

pytestmark = pytest.mark.slow

SCRIPT = HERE.parent / "script_search.py"
WAYS = {
    "serial": ("serial", "1", ()),
    "1 process": ("processes", "1", ()),
    "2 processes": ("processes", "2", ()),
    "3 processes": ("processes", "3", ()),
    "scoop": ("scoop", "2", ("-m", "scoop", "-n", "3")),
    "dask": ("dask", "2", ()),
}


def search(folder, name, objective):
    engine, workers, launcher = WAYS[name]
    path = folder / name.replace(" ", "-")
    environment = {"PYTHONPATH": str(HERE.parent), search_stubs.COUNT_FILE: str(folder / "count")}
    with Session(folder, *launcher, SCRIPT, path, engine, objective, workers, **environment) as session:
        session.wait(150)
        assert "finished" in session.output.splitlines(), session.output
    return Run(path)


CASES = [(objective, way) for objective in ("stub", "steady") for way in WAYS if way != "2 processes"]
CASES += [("digits", way) for way in ("serial", "scoop", "dask")]  # how many there are matters to the loop alone


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What a run with two local processes comes to, by objective."""
    return cache(lambda objective: search(tmp_path_factory.mktemp(objective), "2 processes", objective))


@pytest.mark.parametrize(("objective", "name"), CASES)
def test_the_result_is_the_same(tmp_path, expected, objective, name):
    reference = expected(objective)
    run = search(tmp_path, name, objective)
    assert outcome(run) == outcome(reference)
    assert histories(run) == histories(reference)
    assert not any(row["limits"] for row in run.logbook)
    if objective == "steady":
        assert genomes(run) == genomes(reference)


def genomes(run):
    """In the order of the journal."""
    return [individual.canonical() for individual, _ in run.evaluations()]


def histories(run):
    return {individual.canonical(): values.record.history for individual, values in run.evaluations()}
