"""The directory of paused trainings: bounded, and never needed."""

import os

import pytest
from search_stubs import SPACE

from deap_nn.evolution import Individual, Key
from deap_nn.runs.paused import Paused


@pytest.fixture
def keys():
    return [Key.of(Individual(SPACE.sample()), budget=1 / 9) for _ in range(4)]


def held(paused, keys):
    return [paused.get(key) for key in keys]


def test_a_state_is_there_for_every_budget_until_it_is_dropped(tmp_path, keys):
    paused = Paused(tmp_path / "paused")
    first, other, *_ = keys
    assert paused.get(first) == b""
    paused.put(first, b"one")
    paused.put(other, b"other")
    paused.put(first._replace(budget=1 / 3), b"two")
    for key in (first, first._replace(budget=1.0)):
        assert paused.get(key) == b"two"
        assert Paused(tmp_path / "paused").get(key) == b"two"
    assert paused.get(first._replace(repetition=1)) == b""
    paused.drop(first._replace(budget=1.0))
    paused.drop(first)
    assert held(paused, keys) == [b"", b"other", b"", b""]
    paused.clear()
    assert not (tmp_path / "paused").exists()


def test_it_takes_up_no_more_than_it_may_and_lets_go_of_the_oldest(tmp_path, keys):
    paused = Paused(tmp_path / "paused", most=10)
    for key in keys[:3]:
        paused.put(key, b"123")
    paused.put(keys[0], b"1234")  # it is the latest now
    assert held(paused, keys) == [b"1234", b"123", b"123", b""]
    paused.put(keys[3], b"123")
    assert held(paused, keys) == [b"1234", b"", b"123", b"123"]
    paused.put(keys[1], b"1234567890")
    assert held(paused, keys) == [b"", b"1234567890", b"", b""]
    paused.put(keys[1], b"12345678901")  # more than there is room for
    assert held(paused, keys) == [b""] * 4
    assert not (tmp_path / "paused").exists()


def test_another_sitting_counts_what_is_there_and_knows_which_is_the_oldest(tmp_path, keys):
    first = Paused(tmp_path / "paused")
    seen = set()
    for age, key in enumerate(keys[:3]):
        first.put(key, b"123")
        (new,) = set((tmp_path / "paused").iterdir()) - seen
        os.utime(new, (100 - age, 100 - age))
        seen.add(new)
    paused = Paused(tmp_path / "paused", most=10)
    paused.put(keys[3], b"1234")
    assert held(paused, keys) == [b"123", b"123", b"", b"1234"]


def test_what_cannot_be_read_is_lost(tmp_path, keys):
    paused = Paused(tmp_path / "paused")
    paused.put(keys[0], b"one")
    (file,) = (tmp_path / "paused").iterdir()
    file.unlink()
    os.mkfifo(file)
    assert paused.get(keys[0]) == b""
    paused.put(keys[0], b"two")
    assert paused.get(keys[0]) == b"two"


def test_what_is_none_of_its_files_stays(tmp_path, keys):
    paused = Paused(tmp_path / "paused")
    paused.put(keys[0], b"one")
    (tmp_path / "paused" / "notes.txt").write_text("mine")
    paused.clear()
    assert [file.name for file in (tmp_path / "paused").iterdir()] == ["notes.txt"]
