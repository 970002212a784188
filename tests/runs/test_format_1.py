"""Runs that version 0.1 wrote, with the setting `target`: read, plotted and resumed.

`whole` and `stopped` are one search with the stub function, the latter stopped after 17 evaluations; `digits` is a
small search of real networks with the race, without its `best.keras`.
"""

import shutil
from pathlib import Path

import pytest
import search_stubs
from search_stubs import outcome

from deap_nn import Run, plot_fitness, resume
from deap_nn.runs.format import FORMAT
from deap_nn.search import RunFailed

HERE = Path(__file__).parent / "format_1"


@pytest.fixture
def old(tmp_path):
    """A function that gives the copy of an old run."""

    def copied(name, source=None):
        shutil.copytree(HERE / (source or name), tmp_path / name)
        return tmp_path / name

    return copied


def test_the_setting_has_its_new_name_and_the_data_its_task(old):
    info = Run(old("digits")).info
    assert (info["format"], info["settings"]["stop_at"]) == (FORMAT, 0.99)
    assert "target" not in info["settings"]
    assert info["settings"]["min_steps"] == 0  # batches were what the genome said
    assert "race" not in info["settings"]
    assert info["settings"]["pruner"] == "race"
    assert Run(old("whole")).info["settings"]["pruner"] == "none"
    assert (info["data"]["task"], info["data"]["classes"]) == ("classification", 10)


def test_reading_changes_nothing(old):
    path = old("digits")
    run = Run(path)
    assert len(list(run.evaluations())) == 9
    assert {values.status for _, values in run.evaluations()} == {"ok", "pruned"}
    assert len(plot_fitness(run.logbook).lines) == 2
    assert (path / "run.json").read_bytes() == (HERE / "digits" / "run.json").read_bytes()


def test_a_search_that_was_stopped_goes_on_as_if_it_had_not_been(old, counted):
    rest = resume(old("stopped"), evaluate=search_stubs.fitness)
    (rows, *others), (before, *others_before) = outcome(rest), outcome(Run(HERE / "whole"))
    assert [{name: row[name] for name in past} for row, past in zip(rows, before, strict=True)] == before
    assert others == others_before
    assert sum(counted().values()) == 4
    assert (rest.info["format"], rest.info["settings"]["stop_at"]) == (FORMAT, 0.9999)


def test_a_search_of_networks_is_played_again_to_the_same_end(old):
    path = old("digits")
    before = (path / "checkpoint.json").read_bytes()
    run = resume(path, engine="serial")
    assert run.status == "finished"
    assert (path / "checkpoint.json").read_bytes() == before
    assert (path / "evaluations.jsonl").read_bytes() == (HERE / "digits" / "evaluations.jsonl").read_bytes()


def test_columns_that_an_old_logbook_lacks_are_filled_in_and_what_it_has_must_still_agree(old):
    path = old("stopped")
    logbook = path / "logbook.csv"
    assert "new" not in Run(path).logbook.header
    lines = logbook.read_text().splitlines()
    lines[1] = lines[1].replace("0.58", "0.59", 1)
    logbook.write_text("\n".join(lines) + "\n")
    with pytest.raises(RunFailed, match=r"comes out differently than the first time \(logbook\)"):
        resume(path, evaluate=search_stubs.fitness)
    rest = resume(old("stopped again", "stopped"), evaluate=search_stubs.fitness)
    assert rest.logbook.select("new") == [8, 5, 2, 3, 3]
    again = (rest.path / "logbook.csv").read_text()
    resume(rest.path, evaluate=search_stubs.fitness)
    assert (rest.path / "logbook.csv").read_text() == again
    assert len(plot_fitness(rest.logbook).lines) == 2


@pytest.mark.slow
def test_and_goes_on_for_more_generations(old):
    run = resume(old("digits"), generations=3, workers=2)
    assert run.status == "finished"
    assert len(run.logbook) == 4
    assert run.best["test_evaluations"] in (1, 2)
