import errno
import json
import os
import subprocess
import sys
import time

import pytest
from deap import tools

from deap_nn.runs import Run
from deap_nn.runs.run import FORMAT


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "run", {"settings": {}})


def test_a_new_run_is_running(run):
    assert run.status == "running"
    assert json.loads((run.path / "run.json").read_text())["format"] == FORMAT
    assert (run.path / "logs").is_dir()
    assert (run.path / "plots").is_dir()


def test_a_directory_that_holds_a_run_is_refused(run):
    with pytest.raises(ValueError, match=f"{run.path} holds a run already: .* --resume {run.path}"):
        Run.create(run.path, {})


def test_a_directory_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="cannot be written"):
        Run.create(tmp_path / "file" / "run", {})


def test_a_directory_without_a_run_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no run that can be read"):
        Run(tmp_path)


def test_another_format_is_refused(run):
    run.update(format=99)
    with pytest.raises(ValueError, match="has the format 99, this version reads 1 to 2"):
        Run(run.path)


def test_updates_are_on_disk(run):
    run.update(status="failed", reason="because")
    assert Run(run.path).info["reason"] == "because"


def test_two_writers_are_refused_and_the_lock_ends_with_the_first(run):
    with run.writing(), pytest.raises(ValueError, match="in use by another process"), Run(run.path).writing():
        pass
    with run.writing():
        pass


def test_a_file_system_without_locks_is_told_from_a_run_in_use(tmp_path, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    run = Run.create(tmp_path / "run", {})
    monkeypatch.setattr("fcntl.flock", no_locks)
    with pytest.raises(ValueError, match=r"run cannot be locked \(No locks available\): choose"), run.writing():
        pass


def test_the_logbook_comes_back_as_it_was(run):
    assert run.logbook == []
    logbook = tools.Logbook()
    logbook.header = ["gen", "avg", "best"]
    logbook.record(gen=0, avg=None, best=0.1)
    logbook.record(gen=1, avg=1 / 3, best=0.5)
    run.write_logbook(logbook)
    again = run.logbook
    assert again == logbook
    assert again.header == logbook.header
    assert [type(value) for value in again[1].values()] == [int, float, float]


def test_nothing_is_best_before_the_winner_is_trained(run):
    assert run.best is None
    run.write_best(b"model", {"genome": [], "test_accuracy": 0.5})
    assert run.best == {"genome": [], "test_accuracy": 0.5}
    assert (run.path / "best.keras").read_bytes() == b"model"


def test_the_run_directory_holds_no_pickle(run):
    assert not [name for _, _, names in os.walk(run.path) for name in names if name.endswith((".pkl", ".pickle"))]


STARTS = """
import sys, time
from deap_nn.runs import Run
time.sleep(max(0.0, float(sys.argv[3]) - time.time()))
try:
    run = Run.create_named("x", {}) if sys.argv[1] == "-" else Run.create(sys.argv[1], {"who": sys.argv[2]})
    print("made", run.path, flush=True)
except ValueError as error:
    print("refused", error, flush=True)
"""


def starts(folder, place, count=6):
    """What so many processes say that start at the same moment."""
    moment = str(time.time() + 1.5)
    commands = [[sys.executable, "-c", STARTS, str(place), str(number), moment] for number in range(count)]
    processes = [subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) for command in commands]
    return [process.communicate(timeout=60)[0].strip() for process in processes]


def test_of_several_starts_in_one_directory_one_wins_and_its_run_stays(tmp_path):
    said = starts(tmp_path, tmp_path / "run")
    (winner,) = [number for number, line in enumerate(said) if line.startswith("made")]
    assert sum("holds a run already" in line for line in said) == len(said) - 1
    assert Run(tmp_path / "run").info["who"] == str(winner)


def test_starts_without_a_directory_get_one_each(tmp_path):
    said = starts(tmp_path, "-")
    assert len(set(said)) == len(said) == len(list((tmp_path / "runs").iterdir()))
    assert all(line.startswith("made runs/x-") for line in said)


def test_a_withdrawn_run_leaves_nothing_behind_but_what_was_there(tmp_path):
    Run.create(tmp_path / "new" / "deeper", {}).withdraw()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine" / "plots").mkdir(parents=True)
    (tmp_path / "mine" / "notes").write_text("mine")
    Run.create(tmp_path / "mine", {}).withdraw()
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["notes", "plots"]
