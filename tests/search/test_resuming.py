"""Searches that ended early and go on, on stub objectives, in this process."""

import json
from collections import Counter

import numpy as np
import pytest
import search_stubs
from search_stubs import outcome, search

from deap_nn import Hooks, Run, evolve, resume
from deap_nn.runs import write_json
from deap_nn.search import RunFailed
from deap_nn.space import PRESETS
from deap_nn.space.presets import FULL


@pytest.mark.parametrize("stop_at", [1, 5, 8, 9, 13, 21])
def test_a_stopped_run_goes_on_as_if_nothing_had_happened(tmp_path, counted, stop_at):
    whole = search(tmp_path / "whole")
    alone = counted()
    told = []
    hooks = Hooks(on_evaluation=(lambda *args: told.append(args) or len(told) == stop_at,))
    stopped = search(tmp_path / "stopped", hooks=hooks)
    assert stopped.status == "stopped"
    assert stopped.best["fitness"] == max(values[0] for _, values in told)
    again = resume(tmp_path / "stopped", evaluate=search_stubs.fitness)
    assert outcome(again) == outcome(whole)
    assert counted() == Counter({genome: 2 * times for genome, times in alone.items()})


def test_a_run_whose_last_line_is_torn_goes_on(tmp_path, counted):
    whole = search(tmp_path / "whole")
    search(tmp_path / "torn")
    journal = tmp_path / "torn" / "evaluations.jsonl"
    journal.write_bytes(journal.read_bytes()[:-9])
    (tmp_path / "torn" / "checkpoint.json").unlink()
    before = counted().total()
    assert outcome(resume(tmp_path / "torn", evaluate=search_stubs.fitness)) == outcome(whole)
    assert counted().total() == before + 1


def test_more_generations_continue_a_finished_run(tmp_path, counted):
    whole = search(tmp_path / "whole", generations=6)
    search(tmp_path / "run", generations=3)
    run = resume(tmp_path / "run", evaluate=search_stubs.fitness, generations=6)
    assert outcome(run) == outcome(whole)
    assert set(counted().values()) == {2}
    assert run.info["settings"]["generations"] == 6


def test_seconds_of_generations_that_are_played_again_stay_what_they_were(tmp_path):
    before = search(tmp_path / "run").logbook
    after = resume(tmp_path / "run", evaluate=search_stubs.fitness, generations=5).logbook
    assert after[: len(before)] == before


def test_the_checkpoint_does_not_grow_with_the_logbook(tmp_path):
    run = search(tmp_path / "run", generations=1)
    short = len((run.path / "checkpoint.json").read_bytes())
    resume(run.path, evaluate=search_stubs.fitness, generations=60)
    assert len(run.logbook) == 61
    assert len((run.path / "checkpoint.json").read_bytes()) < 1.5 * short


def test_a_checkpoint_that_still_holds_the_logbook_is_read(tmp_path):
    """As those of version 0.1 do."""
    whole = search(tmp_path / "whole", generations=3)
    run = search(tmp_path / "run", generations=2)
    write_json(run.path / "checkpoint.json", run.checkpoint | {"logbook": list(run.logbook)})
    assert outcome(resume(run.path, evaluate=search_stubs.fitness, generations=3)) == outcome(whole)


def test_a_logbook_that_was_edited_is_noticed_and_one_that_was_deleted_written_again(tmp_path):
    run = search(tmp_path / "run")
    rows, path = list(run.logbook), run.path / "logbook.csv"
    path.unlink()
    resume(run.path, evaluate=search_stubs.fitness)
    assert [row["best"] for row in run.logbook] == [row["best"] for row in rows]
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], lines[2].replace("1,", "1,9", 1), *lines[3:]]))
    with pytest.raises(RunFailed, match=r"generation 4 .* comes out differently than the first time \(logbook\)"):
        resume(run.path, evaluate=search_stubs.fitness)


def test_fewer_generations_than_there_are_is_refused(tmp_path):
    search(tmp_path / "run")
    with pytest.raises(ValueError, match="generations is 2, but .* has 4 already"):
        resume(tmp_path / "run", evaluate=search_stubs.fitness, generations=2)


@pytest.mark.parametrize(
    "name, value", [("seed", 3), ("population", 9), ("mutation_probability", 0.5), ("nonsense", 1)]
)
def test_what_is_fixed_cannot_change_at_a_resume(tmp_path, name, value):
    search(tmp_path / "run")
    with pytest.raises(ValueError, match=f"keeps its {name}; only generations"):
        resume(tmp_path / "run", evaluate=search_stubs.fitness, **{name: value})


def test_another_function_is_refused(tmp_path):
    search(tmp_path / "run")
    with pytest.raises(ValueError, match="search_stubs:fitness.*search_stubs:bare"):
        resume(tmp_path / "run", evaluate=search_stubs.bare)
    with pytest.raises(ValueError, match="search_stubs:fitness: give this function"):
        resume(tmp_path / "run")


def test_another_space_is_refused(tmp_path):
    search(tmp_path / "run")
    with pytest.raises(ValueError, match="searches the space 'stub', not this 'full'"):
        resume(tmp_path / "run", evaluate=search_stubs.fitness, space=FULL)


def test_a_run_directory_alone_runs_no_code(tmp_path):
    path = search(tmp_path / "run").path / "run.json"
    as_it_was = path.read_text()
    info = json.loads(as_it_was)
    info["space"]["blocks"][0]["kind"]["build"] = "os:abort"
    path.write_text(json.dumps(info))
    with pytest.raises(ValueError, match="is built by os:abort, and no description brings code along"):
        resume(tmp_path / "run", evaluate=search_stubs.fitness)
    assert Run(tmp_path / "run").status == "finished"

    info = json.loads(as_it_was)
    info["settings"] |= {"engine": "dask", "dask_scheduler": "tcp://somewhere:1"}
    path.write_text(json.dumps(info))
    with pytest.raises(ValueError, match="used the Dask scheduler tcp://somewhere:1, which .* name it, or another"):
        resume(tmp_path / "run", evaluate=search_stubs.fitness)
    run = resume(tmp_path / "run", evaluate=search_stubs.fitness, engine="serial")
    assert run.info["settings"]["dask_scheduler"] is None


def test_an_edited_journal_is_noticed(tmp_path):
    search(tmp_path / "run")
    journal = tmp_path / "run" / "evaluations.jsonl"
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    for line in lines:
        line["fitness"] = [0.999 - line["fitness"][0]]
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(RunFailed, match="comes out differently than the first time"):
        resume(tmp_path / "run", evaluate=search_stubs.fitness)
    assert Run(tmp_path / "run").status == "failed"


def test_a_run_in_use_is_refused(tmp_path):
    run = search(tmp_path / "run")
    with run.writing(), pytest.raises(ValueError, match="in use by another process"):
        resume(tmp_path / "run", evaluate=search_stubs.fitness)
    assert Run(tmp_path / "run").status == "finished"


def test_failures_are_tried_again_only_when_asked(tmp_path, counted):
    run = search(tmp_path / "run")
    genome = search_stubs.edited(run, 2, fitness=[0.0], status="timeout")
    (run.path / "checkpoint.json").unlink()
    before = counted()
    resume(run.path, evaluate=search_stubs.fitness)
    assert (counted() - before)[genome] == 0
    resume(run.path, evaluate=search_stubs.fitness, retry_failed=True)
    assert (counted() - before)[genome] == 1


def test_a_refused_resume_leaves_the_status_as_it_was(tmp_path):
    search(tmp_path / "run")
    (tmp_path / "cache").write_text("no database at all" * 100)
    with pytest.raises(ValueError, match="cannot be used as a cache"):
        resume(tmp_path / "run", evaluate=search_stubs.fitness, cache=tmp_path / "cache")
    assert Run(tmp_path / "run").status == "finished"


def test_other_arrays_at_a_resume_are_refused_and_leave_those_of_the_run(tmp_path):
    x, y = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32), np.arange(60) % 3
    settings = {"population": 3, "generations": 0, "engine": "serial"}
    with pytest.raises(StopIteration):  # begun, and abandoned before anything is trained
        evolve(PRESETS["dense"], (x, y), run_dir=tmp_path / "run", hooks=Hooks(on_start=(give_up,)), **settings)
    before = (tmp_path / "run" / "data.npz").read_bytes()
    with pytest.raises(ValueError, match="made with other data than these arrays"):
        resume(tmp_path / "run", data=(x + 1, y))
    assert (tmp_path / "run" / "data.npz").read_bytes() == before


def give_up(run, engine):
    raise StopIteration


def test_a_run_that_was_moved_takes_its_data_from_inside(tmp_path):
    x, y = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32), np.arange(60) % 3
    settings = {"population": 3, "generations": 0, "engine": "serial"}
    with pytest.raises(StopIteration):
        evolve(PRESETS["dense"], (x, y), run_dir=tmp_path / "run", hooks=Hooks(on_start=(give_up,)), **settings)
    (tmp_path / "run").rename(tmp_path / "elsewhere")
    seen = []

    def look(run, engine):
        seen.append(run.path)
        raise StopIteration

    with pytest.raises(StopIteration):
        resume(tmp_path / "elsewhere", hooks=Hooks(on_start=(look,)))
    assert seen == [tmp_path / "elsewhere"]
