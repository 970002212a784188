"""Runs that are killed, all processes at once, at random moments, and go on; with processes and under SCOOP."""

import json
import os
import random
import signal
import time
from collections import Counter

import pytest
import search_stubs
from search_stubs import outcome
from sessions import HERE, Session, wait_until

from deap_nn import Run

pytestmark = pytest.mark.slow

SCRIPT = HERE.parent / "script_search.py"
ENGINES = {"processes": (), "scoop": ("-m", "scoop", "-n", "3")}
LAUNCHERS = {"serial": (), **ENGINES}
WORKERS = "2"


def start(folder, path, engine, objective, *limit, late="0.1"):
    count = folder / f"count-{path.name}"
    environment = {search_stubs.COUNT_FILE: str(count), search_stubs.LATE_SECONDS: late, "PYTHONPATH": str(HERE.parent)}
    return Session(folder, *LAUNCHERS[engine], SCRIPT, path, engine, objective, WORKERS, *limit, **environment)


def run_to_the_end(folder, path, engine, objective, *limit, **late):
    with start(folder, path, engine, objective, *limit, **late) as session:
        session.wait(120)
        assert "finished" in session.output.splitlines(), session.output
        session.assert_nothing_left()
    return Run(path)


def journaled(path):
    journal = path / "evaluations.jsonl"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def kill_at(folder, path, engine, objective, lines, after=0.0):
    """Begin or go on, and kill everything so many seconds after the journal holds so many lines."""
    with start(folder, path, engine, objective) as session:
        wait_until(lambda: journaled(path) >= lines or session.process.poll() is not None, 60)
        time.sleep(after)
        for number in session.members():
            os.kill(number, signal.SIGKILL)


def finished_genomes(path):
    if not (path / "run.json").exists():
        return set()
    return {individual.canonical() for individual, _ in Run(path).evaluations()}


def counts(folder, path):
    count = folder / f"count-{path.name}"
    return Counter(count.read_text().splitlines() if count.exists() else ())


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_that_is_killed_again_and_again_ends_as_if_nothing_had_happened(tmp_path, engine):
    whole = run_to_the_end(tmp_path, tmp_path / "whole", engine, "stub")
    total = journaled(whole.path)
    path = tmp_path / "killed"
    moments = sorted(random.Random(7).sample(range(1, total), 5))
    for moment in moments:
        kill_at(tmp_path, path, engine, "stub", moment)
        finished = finished_genomes(path)
        before = counts(tmp_path, path)
        assert len(finished) >= moment
    killed = run_to_the_end(tmp_path, path, engine, "stub")
    assert outcome(killed) == outcome(whole)
    after = counts(tmp_path, path)
    assert all(after[genome] == before[genome] for genome in finished)
    # a death costs at most what was being evaluated
    assert after.total() <= total + len(moments) * int(WORKERS)


@pytest.mark.parametrize("engine", ["serial", "processes"])
def test_a_run_that_is_killed_while_groups_are_written_loses_nothing_that_the_loop_or_a_hook_has_seen(tmp_path, engine):
    whole = run_to_the_end(tmp_path, tmp_path / "whole", engine, "quick")
    total = journaled(whole.path)
    assert len((tmp_path / "whole.synced").read_bytes()) < total / 2  # groups there were
    path, deaths = tmp_path / "killed", random.Random(8)
    for moment in sorted(deaths.sample(range(1, total), 5)):
        kill_at(tmp_path, path, engine, "quick", moment, after=deaths.uniform(0, 0.05))
        finished, before = finished_genomes(path), counts(tmp_path, path)
        told = (tmp_path / "killed.told").read_text().splitlines() if (tmp_path / "killed.told").exists() else []
        assert len(finished) >= moment
        assert set(told) <= finished
    killed = run_to_the_end(tmp_path, path, engine, "quick")
    assert outcome(killed) == outcome(whole)
    after = counts(tmp_path, path)
    assert all(after[genome] == before[genome] for genome in finished)


@pytest.mark.parametrize("engine", ["scoop"])  # stubs show the others
def test_a_real_search_that_is_killed_ends_as_if_nothing_had_happened(tmp_path, engine):
    whole = run_to_the_end(tmp_path, tmp_path / "whole", engine, "digits")
    path = tmp_path / "killed"
    kill_at(tmp_path, path, engine, "digits", 5)
    lines = (path / "evaluations.jsonl").read_text()
    killed = run_to_the_end(tmp_path, path, engine, "digits")
    assert outcome(killed) == outcome(whole)
    assert (path / "evaluations.jsonl").read_text().startswith(lines[: lines.rfind("\n") + 1])
    assert histories(killed) == histories(whole)


def histories(run):
    return {individual.canonical(): values.record.history for individual, values in run.evaluations()}


def test_a_run_whose_time_limit_is_raised_ends_as_if_it_had_had_that_time_from_the_beginning(tmp_path):
    whole = run_to_the_end(tmp_path, tmp_path / "whole", "processes", "late", "60")
    path = tmp_path / "short"
    short = run_to_the_end(tmp_path, path, "processes", "late", "5", late="100")  # 5 s: a new child's imports count
    assert sum(row["limits"] for row in short.logbook) > 0
    raised = run_to_the_end(tmp_path, path, "processes", "late", "60")
    assert sum(row["limits"] for row in raised.logbook) == 0
    assert outcome(raised) == outcome(whole)
    assert raised.info["settings"]["time_limit"] == 60


def test_a_second_process_on_the_same_directory_is_refused_and_the_first_goes_on(tmp_path):
    path = tmp_path / "run"
    with start(tmp_path, path, "processes", "stub") as first:
        wait_until(lambda: journaled(path) >= 2, 60)
        (tmp_path / "second").mkdir()
        with start(tmp_path / "second", path, "processes", "stub") as second:
            assert second.wait(60) != 0
            assert "in use by another process" in second.output
        first.wait(120)
        assert first.output.splitlines()[-1] == "finished"
    assert json.loads((path / "run.json").read_text())["status"] == "finished"
