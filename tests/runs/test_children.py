"""The files of a steady state: chosen genomes, and results that are ahead of their turn."""

import json
import tracemalloc

import pytest

from deap_nn.evolution import MINIMIZE, FitnessValues, Individual, Key, Origin
from deap_nn.runs import Ahead, Children
from deap_nn.space import Chromosome
from deap_nn.status import LIMITS


def individual(units):
    return Individual([Chromosome("dense", {"units": units})])


def never():
    pytest.fail("bred again")


@pytest.fixture
def path(tmp_path):
    file = Children(tmp_path / "children.jsonl")
    for number in range(1, 6):
        assert file.chosen(number, lambda number=number: individual(number)) == individual(number)
    file.close()
    return tmp_path / "children.jsonl"


def numbers(path):
    return [json.loads(line)["number"] for line in path.read_text().splitlines()]


def test_what_was_chosen_is_in_the_file_at_once_and_taken_from_there(path):
    file = Children(path, MINIMIZE)
    for number in range(1, 6):
        child = file.chosen(number, never)
        assert (child, child.fitness.weights) == (individual(number), MINIMIZE)
    assert file.chosen(6, lambda: individual(99)) == individual(99)
    assert numbers(path) == [1, 2, 3, 4, 5, 6]  # before it is synced, or closed
    file.close()


ORIGINS = [
    Origin(0.1 + 0.2, ("whole_layer", "numbers"), 3, 1),
    Origin(-1e300, ("depth",)),
    Origin(too_large=2, expected=-0.25),
    None,
]


def test_what_is_known_of_a_childs_origin_is_kept_with_it(tmp_path):
    file = Children(tmp_path / "children.jsonl")
    for number, origin in enumerate([*ORIGINS, Origin()], start=1):
        child = individual(number)
        child.origin = origin
        file.chosen(number, lambda child=child: child)
    file.close()
    file = Children(tmp_path / "children.jsonl")
    assert [file.chosen(number, never).origin for number in range(1, 6)] == [*ORIGINS, None]
    file.close()
    lines = [json.loads(line) for line in (tmp_path / "children.jsonl").read_text().splitlines()]
    assert lines[0]["origin"] == {
        "parent": 0.1 + 0.2, "operators": ["whole_layer", "numbers"], "avoided": 3, "too_large": 1,
    }  # fmt: skip
    assert ["origin" in line for line in lines] == [True, True, True, False, False]


def test_that_there_was_no_child_is_not_written(path):
    file = Children(path)
    for number in range(1, 6):
        file.chosen(number, never)
    assert file.chosen(6, lambda: None) is None
    file.close()
    assert numbers(path) == [1, 2, 3, 4, 5]


def test_a_torn_last_line_is_dropped_and_bred_again(path):
    whole = path.read_bytes()
    for cut in (1, 9, len(whole) // 2):
        path.write_bytes(whole[:-cut])
        file = Children(path)
        children = [file.chosen(number, lambda number=number: individual(number)) for number in range(1, 7)]
        file.close()
        assert children == [individual(number) for number in range(1, 7)]
        assert path.read_bytes().startswith(whole)


def test_a_line_that_is_missing_is_bred_again_and_the_others_stay(path):
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:2] + lines[3:]))
    file, bred = Children(path), []
    children = [file.chosen(number, lambda n=number: bred.append(n) or individual(n)) for number in range(1, 7)]
    file.close()
    assert children == [individual(number) for number in range(1, 7)]
    assert bred == [3, 6]
    assert numbers(path) == [1, 2, 4, 5, 6]


@pytest.mark.parametrize(
    "line", ["{", "7", "{}", '{"number": 3}', '{"number": "3", "genome": []}', '{"number": 2, "genome": []}', "null",
             '{"number": 3, "genome": 4}', '{"number": true, "genome": []}',
             '{"number": 3, "genome": [], "origin": 5}', '{"number": 3, "genome": [], "origin": {"who": 5}}',
             '{"number": 3, "genome": [], "origin": {"parent": "a"}}',
             '{"number": 3, "genome": [], "origin": {"avoided": 0.5}}',
             '{"number": 3, "genome": [], "origin": {"operators": 7}}'],
)  # fmt: skip
def test_a_garbled_line_is_named_with_the_way_out_before_anything_is_changed(path, line):
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], line + "\n", *lines[3:], "torn"]))
    before = path.read_bytes()
    with pytest.raises(
        ValueError, match=r"children.jsonl, line 3, is damaged .*: delete that line, and the child is bred again"
    ):
        Children(path)
    assert path.read_bytes() == before


def test_memory_does_not_hold_what_the_file_holds(tmp_path):
    path = tmp_path / "children.jsonl"
    path.write_text(
        "".join(json.dumps({"number": n, "genome": individual(n).to_json()}) + "\n" for n in range(1, 8000))
    )
    tracemalloc.start()
    file = Children(path)
    for number in range(1, 8000):
        file.chosen(number, never)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    file.close()
    assert most < 100_000 < path.stat().st_size


# --- ahead of their turn ---


def result(value, status="ok"):
    return FitnessValues((value,), {"status": status})


@pytest.fixture
def ahead():
    opened = []

    def make(*arguments):
        opened.append(Ahead(*arguments))
        return opened[-1]

    yield make
    for file in opened:
        file._lines._file.close()


def test_results_that_wait_survive_and_are_taken_once(tmp_path, ahead):
    file = ahead(tmp_path / "ahead.jsonl")
    file.put(individual(1), result(0.1))
    file.put(individual(2), result(0.2))
    again = ahead(tmp_path / "ahead.jsonl")  # the first was never closed
    assert again.take(Key.of(individual(2))) == (0.2,)
    assert again.take(Key.of(individual(2))) is None
    assert again.take(Key.of(individual(3))) is None
    assert again.take(Key.of(individual(1), 1)) is None
    again.keep([])  # one of them has not been asked for yet
    again.close()
    assert ahead(tmp_path / "ahead.jsonl").take(Key.of(individual(1))) == (0.1,)


def test_the_file_goes_when_nothing_waits_any_more_and_does_not_grow_while_something_does(tmp_path, ahead):
    path = tmp_path / "ahead.jsonl"
    file = ahead(path)
    for number in range(1000):
        file.put(individual(number), result(0.5))
        file.keep([(individual(number), result(0.5))])
    assert len(path.read_text().splitlines()) <= 103
    assert ahead(path).take(Key.of(individual(999))) == (0.5,)
    file.keep([])
    assert path.read_text() == ""
    file.close()
    assert not path.exists()


def test_what_was_ended_by_a_limit_is_not_kept_where_it_is_tried_again(tmp_path, ahead):
    file = ahead(tmp_path / "ahead.jsonl")
    file.put(individual(1), result(0.0, "timeout"))
    file.close()
    assert ahead(tmp_path / "ahead.jsonl", LIMITS).take(Key.of(individual(1))) is None
    assert ahead(tmp_path / "ahead.jsonl").take(Key.of(individual(1))) == (0.0,)


def test_a_torn_line_is_dropped_and_a_garbled_one_named(tmp_path, ahead):
    path = tmp_path / "ahead.jsonl"
    file = ahead(path)
    file.put(individual(1), result(0.1))
    file.put(individual(2), result(0.2))
    file.close()
    path.write_bytes(path.read_bytes()[:-3])
    torn = ahead(path)
    assert torn.take(Key.of(individual(2))) is None
    assert torn.take(Key.of(individual(1))) == (0.1,)
    torn.close()
    path.write_text("{}\n")
    with pytest.raises(ValueError, match=r"ahead.jsonl, line 1, is damaged .*: delete that line, and what it told is"):
        ahead(path)
