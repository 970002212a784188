"""The journal: what an earlier part of a search has found out, by key, without holding it in memory."""

import json
import tracemalloc

import pytest

from deap_nn.evolution import FitnessValues, Individual, Key
from deap_nn.runs import Journal, Run
from deap_nn.runs.journal import RunJournal
from deap_nn.space import Chromosome
from deap_nn.status import LIMITS


def individual(units):
    return Individual([Chromosome("dense", {"units": units})])


def result(value, status="ok", **record):
    return FitnessValues((value,), {"status": status, **record})


class OnDisk:
    """A journal that a run left, opened again."""

    def __init__(self, folder):
        self._path, self._opened = folder / "journal", []

    def __call__(self, past, again=()):
        self.close()
        self._path.unlink(missing_ok=True)
        journal = self._open()
        for one in past:
            journal.append(*one)
        journal.close()
        return self._open(again)

    def _open(self, again=()):
        self._opened.append(RunJournal(self._path, again))
        return self._opened[-1]

    def close(self):
        while self._opened:
            self._opened.pop().close()


@pytest.fixture
def on_disk(tmp_path):
    made = OnDisk(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=["memory", "disk"])
def make(request, on_disk):
    return Journal if request.param == "memory" else on_disk


def taken(journal, one, repetition=0, budget=1.0):
    place = journal.take(Key.of(one, repetition, budget))
    return None if place is None else journal.values(place)


def test_each_result_of_before_is_taken_once(make):
    one, two = individual(1), individual(2)
    journal = make([(one, result(0.1)), (two, result(0.2))])
    assert taken(journal, two) == (0.2,)
    assert taken(journal, two) is None
    assert taken(journal, one) == (0.1,)
    assert taken(journal, individual(3)) is None


def test_places_ascend_and_what_is_new_is_not_of_before(make):
    one, two = individual(1), individual(2)
    journal = make([(one, result(0.1))])
    places = [journal.take(Key.of(one)), journal.append(two, result(0.2)), journal.append(one, result(0.3))]
    assert places == sorted(places)
    assert [journal.values(place)[0] for place in places] == [0.1, 0.2, 0.3]
    assert taken(journal, two) is None


def test_repetitions_and_budgets_have_results_of_their_own(make):
    one = individual(1)
    journal = make([(one, result(0.1)), (one, result(0.2, repetition=1, budget=0.5))])
    assert taken(journal, one, 1, 0.5) == (0.2,)
    assert taken(journal, one, 1) is None
    assert taken(journal, one) == (0.1,)


def test_what_was_pruned_may_have_a_second_result(make):
    one = individual(1)
    journal = make([(one, result(0.0, "pruned")), (one, result(0.2))])
    assert [taken(journal, one) for _ in range(3)] == [(0.0,), (0.2,), None]


def test_of_what_was_tried_again_the_last_result_counts_in_the_place_of_the_first(make):
    one, two = individual(1), individual(2)
    journal = make([(one, result(0.0, "timeout")), (two, result(0.2)), (one, result(0.0, "lost")), (one, result(0.3))])
    place = journal.take(Key.of(one))
    assert place < journal.take(Key.of(two))
    assert journal.values(place) == (0.3,)
    assert taken(journal, one) is None


def test_what_is_to_be_tried_again_does_not_count(on_disk):
    one, two, three = individual(1), individual(2), individual(3)
    past = [(one, result(0.0, "timeout")), (two, result(0.0, "lost")), (two, result(0.2)), (three, result(0.3))]
    journal = on_disk(past, again=LIMITS)
    assert [taken(journal, one), taken(journal, two), taken(journal, three)] == [None, (0.2,), (0.3,)]


def test_values_are_those_that_were_written(on_disk):
    journal = on_disk([])
    values = result(1 / 3, history={"loss": [0.1, 1e-300]}, mine=[1, "ö"])
    back = journal.values(journal.append(individual(1), values))
    assert back == values
    assert back.record == values.record


def test_memory_does_not_hold_what_the_file_holds(tmp_path):
    """20 MB of records; what is kept of each is a digest and a place."""
    record = {"status": "ok", "mine": "x" * 10_000}
    with (tmp_path / "journal").open("w") as file:
        for number in range(2_000):
            line = {"genome": individual(number).to_json(), "fitness": [0.5], "record": record}
            file.write(json.dumps(line) + "\n")
    tracemalloc.start()
    try:
        journal = RunJournal(tmp_path / "journal")
        assert taken(journal, individual(1_999)) == (0.5,)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    journal.close()
    assert kept < 1_000_000
    assert peak < 2_000_000


def test_a_damaged_line_of_a_long_journal_is_named(tmp_path):
    run = Run.create(tmp_path, {})
    line = json.dumps({"genome": individual(1).to_json(), "fitness": [0.5], "record": {}})
    path = tmp_path / "evaluations.jsonl"
    path.write_text("\n".join([line, line, '{"genome": 1}', line]) + "\n")
    with pytest.raises(ValueError, match="evaluations.jsonl, line 3, is damaged"), run.writing():
        pass
    path.write_text(f"{line}\n")
    with run.writing():  # the lock was given back
        pass
