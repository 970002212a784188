import os
import sqlite3
import subprocess
import sys

import pytest
from search_stubs import SPACE

from deap_nn.evolution import FitnessValues, Individual, Key, Record
from deap_nn.runs import Cache


@pytest.fixture
def key():
    return Key.of(Individual(SPACE.sample()))


def ok(value=0.5):
    return FitnessValues((value,), {"status": "ok", "reason": "", "epochs": 3})


def test_a_result_comes_back_with_its_record(tmp_path, key):
    cache = Cache(tmp_path / "cache", {"seed": 1})
    assert cache.get(key) is None
    cache.put(key, ok())
    values = cache.get(key)
    assert values == (0.5,)
    assert values.record == Record(epochs=3, from_cache=True)
    cache.close()


def test_another_connection_finds_it(tmp_path, key):
    first = Cache(tmp_path / "cache", {"seed": 1})
    first.put(key, ok())
    second = Cache(tmp_path / "cache", {"seed": 1})
    assert second.get(key) == (0.5,)
    first.close()
    second.close()


def test_other_circumstances_are_other_results(tmp_path, key):
    first, second = (Cache(tmp_path / "cache", {"seed": seed}) for seed in (1, 2))
    first.put(key, ok())
    assert second.get(key) is None
    first.close()
    second.close()


@pytest.mark.parametrize("status", ["failed", "pruned", "timeout", "lost"])
def test_only_full_trainings_that_ended_ok_are_kept(tmp_path, key, status):
    cache = Cache(tmp_path / "cache", {})
    cache.put(key, FitnessValues((0.5,), {"status": status}))
    assert cache.get(key) is None
    cache.close()


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "cache").write_text("something else, and long enough to be no database" * 50)
    with pytest.raises(ValueError, match="cannot be used as a cache"):
        Cache(tmp_path / "cache", {})


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(ValueError, match="cannot be used as a cache"):
        Cache(tmp_path / "nowhere" / "cache", {})


WRITER = """
import random, sys
from search_stubs import SPACE
from deap_nn.runs import Cache
from deap_nn.evolution import FitnessValues, Individual, Key, Record
random.seed(int(sys.argv[2]) % 2)  # two processes write the same keys
cache = Cache(sys.argv[1], {})
for _ in range(50):
    cache.put(Key.of(Individual(SPACE.sample())), FitnessValues((0.5,), {"status": "ok"}))
"""


def test_several_runs_write_at_once(tmp_path):
    command = [sys.executable, "-c", WRITER, str(tmp_path / "cache")]
    env = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
    writers = [subprocess.Popen([*command, str(i)], env=env, stderr=subprocess.PIPE) for i in range(4)]
    try:
        errors = [writer.communicate(timeout=60)[1] for writer in writers]
    finally:
        for writer in writers:
            writer.kill()
    assert errors == [b""] * 4
    cache = Cache(tmp_path / "cache", {})
    assert cache._database.execute("SELECT count(*) FROM results").fetchone() == (100,)
    cache.close()


def test_a_cache_that_fails_is_left_alone_with_a_warning(tmp_path, key):
    cache = Cache(tmp_path / "cache", {})
    other = sqlite3.connect(tmp_path / "cache")
    other.execute("CREATE TRIGGER full BEFORE INSERT ON results BEGIN SELECT RAISE(ABORT, 'no room'); END")
    other.close()
    with pytest.warns(RuntimeWarning, match=r"cache can no longer be used as a cache \(no room\); the search goes on"):
        cache.put(key, ok())
    cache.put(key, ok())
    assert cache.get(key) is None


def test_a_statement_that_never_ends_is_ended(tmp_path, key, monkeypatch):
    database = sqlite3.connect(tmp_path / "cache")
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    database.execute(f"CREATE VIEW results AS SELECT i AS key, '' AS fitness, '' AS record FROM ({numbers})")
    database.close()
    monkeypatch.setattr("deap_nn.runs.cache.BUSY", 0.0)
    monkeypatch.setattr("deap_nn.runs.cache.PATIENCE", 0.2)
    cache = Cache(tmp_path / "cache", {})
    with pytest.warns(RuntimeWarning, match="interrupted"):
        assert cache.get(key) is None


@pytest.mark.parametrize("fitness", ["[NaN]", "[0.5, 0.5]", '["0.5x"]', "0.5", "{", "[null]", "[1e999]", "[]"])
def test_what_is_no_fitness_is_not_believed(tmp_path, key, fitness):
    cache = Cache(tmp_path / "cache", {})
    cache.put(key, ok())
    cache._database.execute("UPDATE results SET fitness = ?", (fitness,))
    assert cache.get(key) is None
    cache.close()


@pytest.mark.parametrize("record", ['{"status": "lost"}', '{"status": "fine"}', "[1]", "7", "{"])
def test_what_is_no_record_of_a_good_end_is_not_believed(tmp_path, key, record):
    cache = Cache(tmp_path / "cache", {})
    cache.put(key, ok())
    cache._database.execute("UPDATE results SET record = ?", (record,))
    assert cache.get(key) is None
    cache.close()


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "cache")
    with pytest.raises(ValueError, match="cannot be used as a cache"):
        Cache(tmp_path / "cache", {})
