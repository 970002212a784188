"""The same seed, the same result: with any engine and any number of workers, down to every epoch's loss."""

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


@pytest.fixture(scope="module", params=["stub", "steady", "digits"])
def expected(request, tmp_path_factory):
    """The objective, and what a run with two local processes comes to."""
    WAYS["2 processes"] = ("processes", "2", ())
    return request.param, search(tmp_path_factory.mktemp(request.param), "2 processes", request.param)


@pytest.mark.parametrize("name", list(WAYS))
def test_the_result_is_the_same(tmp_path, expected, name):
    objective, reference = expected
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
