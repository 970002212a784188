"""Records: plain data both ways, and what hooks that were written for a dictionary still find."""

import json
from dataclasses import fields

import pytest

from deap_nn.evolution import Individual, Key, Record
from deap_nn.evolution.individual import FitnessValues
from deap_nn.space import Chromosome
from deap_nn.status import Status

FULL = Record(
    Status.PRUNED, "pruned in epoch 3", 7, "host:1", "cpu", {"load": 0.1}, ["Dense() -> 10"], 42,
    {"loss": [1.0, 0.5], "val_accuracy": [0.1, 0.2]}, 2, 50, {"2": 0.3}, 1, 0.5, 3, True, 900, 0.001, {"mine": [1]},
)  # fmt: skip
JOURNALLED = {
    "status": "pruned", "reason": "pruned in epoch 3", "seed": 7, "worker": "host:1", "device": "cpu",
    "seconds": {"load": 0.1}, "network": ["Dense() -> 10"], "parameters": 42,
    "history": {"loss": [1.0, 0.5], "val_accuracy": [0.1, 0.2]}, "epochs": 2, "batch_size": 50,
    "views": {"2": 0.3}, "repetition": 1, "budget": 0.5, "attempts": 3, "from_cache": True,
    "multiply_adds": 900, "latency": 0.001, "mine": [1],
}  # fmt: skip


def test_a_record_goes_to_json_and_back():
    assert all(getattr(FULL, field.name) is not None for field in fields(Record))
    written = json.dumps(FULL.to_json())
    assert json.loads(written) == JOURNALLED
    assert list(json.loads(written)) == list(JOURNALLED)
    assert Record.from_json(json.loads(written)) == FULL
    assert type(Record.from_json(JOURNALLED).status) is Status


def test_what_has_no_value_is_not_written():
    assert Record().to_json() == {"status": "ok", "reason": ""}
    assert Record(network=["Own() -> 3"]).to_json()["parameters"] is None  # nobody could count them


def test_a_status_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="status is 'fine', expected one of ok, failed, pruned, paused, timeout, lost"):
        Record.from_json({"status": "fine"})


def test_a_curve_is_empty_where_none_was_recorded():
    assert FULL.curve("val_accuracy") == [0.1, 0.2]
    assert Record().curve("val_accuracy") == FULL.curve("nothing") == []


def test_hooks_that_read_a_dictionary_go_on_working():
    with pytest.warns(DeprecationWarning, match=r"record\['reason'\] is deprecated: write record.reason"):
        assert FULL["reason"] == "pruned in epoch 3"
    with pytest.warns(DeprecationWarning, match="write record.history"):
        assert FULL.get("history") == JOURNALLED["history"]
    with pytest.warns(DeprecationWarning, match="write record.nothing"):
        assert FULL.get("nothing", 5) == 5
    with pytest.warns(DeprecationWarning), pytest.raises(KeyError):
        Record()["seed"]
    assert "seed" in FULL and "seed" not in Record()
    with pytest.warns(DeprecationWarning):
        assert dict(FULL) == JOURNALLED


def test_the_key_of_the_first_full_evaluation_is_the_genome():
    individual = Individual([Chromosome("training", {"epochs": 3})])
    genome = individual.canonical()
    assert Key.of(individual).text == genome
    texts = {Key.of(individual, *which).text for which in [(0, 1.0), (1, 1.0), (0, 0.5), (1, 0.5), (2, 1.0)]}
    assert len(texts) == 5
    for which in ({}, {"repetition": 1}, {"budget": 0.5}, {"repetition": 0, "budget": 0.5}):
        record = Record(**which)
        expected = Key.of(individual, which.get("repetition", 0), which.get("budget", 1.0))
        assert Key.of_result(individual, FitnessValues((0.5,), record)) == expected
