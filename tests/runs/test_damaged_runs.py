"""Damaged run directories: refused in one line that names the file and the way out, and left as they are."""

import json
import os

import pytest
import search_stubs
from search_stubs import outcome, search

from deap_nn import Run, cli, plot_fitness, resume

pytestmark = pytest.mark.timeout(60)  # what would wait for ever fails soon

GARBLED = ["", "{", "null", "[1, 2]", "7", '"text"', "\x00\x01", "{}"]


@pytest.fixture
def begun(tmp_path):
    """A run that was stopped after its third generation, and how it would end."""
    search(tmp_path / "whole")
    run = search(tmp_path / "run", generations=2)
    return run.path


def refused(path, match):
    """The run is refused, by `resume` and on the command line, and `run.json` says what it said."""
    before = (path / "run.json").read_bytes()
    with pytest.raises(ValueError, match=match):
        resume(path, evaluate=search_stubs.fitness, generations=4)
    assert (path / "run.json").read_bytes() == before


@pytest.mark.parametrize("content", GARBLED)
@pytest.mark.parametrize("name", ["checkpoint.json", "best.json"])
def test_a_garbled_file_is_named_with_the_way_out_which_works(begun, tmp_path, name, content):
    (begun / name).write_text(content)
    refused(
        begun, rf"{name} (cannot be read|is damaged) .*: delete the file; when the run is resumed, it is written again"
    )
    (begun / name).unlink()
    assert outcome(resume(begun, evaluate=search_stubs.fitness, generations=4)) == outcome(Run(tmp_path / "whole"))


@pytest.mark.parametrize("line", ["{", "7", "{}", '{"genome": 1}', '{"genome": [], "fitness": 3, "record": 4}'])
def test_a_garbled_line_of_the_journal_is_named_with_the_way_out_which_works(begun, tmp_path, line):
    lines = (begun / "evaluations.jsonl").read_text().splitlines(keepends=True)
    (begun / "evaluations.jsonl").write_text("".join([*lines[:3], line + "\n", *lines[4:]]))
    refused(begun, r"evaluations.jsonl, line 4, is damaged .*: delete that line, and what it told is evaluated again")
    (begun / "evaluations.jsonl").write_text("".join([*lines[:3], *lines[4:]]))
    assert outcome(resume(begun, evaluate=search_stubs.fitness, generations=4)) == outcome(Run(tmp_path / "whole"))


@pytest.mark.parametrize("text", ["gen,best\n0,{\n", "gen,best\n0,1,2,3\n", "\xff\xfe"])
def test_a_garbled_logbook_is_named(begun, text):
    (begun / "logbook.csv").write_bytes(text.encode("latin-1"))
    refused(begun, r"logbook.csv is damaged .*: delete the file")


@pytest.mark.parametrize("content", GARBLED)
def test_a_directory_whose_run_json_is_garbled_holds_no_run(begun, content):
    (begun / "run.json").write_text(content)
    with pytest.raises(ValueError, match=r"holds no run that can be read: .*run.json"):
        Run(begun)


WRONG = [(name, value) for name in ("settings", "space", "start_with") for value in (None, 7, "text", [1], "no entry")]


@pytest.mark.parametrize(
    ("name", "value"), [*WRONG, ("evaluate", None), ("evaluate", "no entry"), ("population", "many")]
)
def test_a_run_json_without_what_a_resume_needs_is_named_with_the_way_out(begun, name, value):
    info = json.loads((begun / "run.json").read_text())
    place = info if name in info else info["settings"]
    place[name] = value
    if value == "no entry":
        del place[name]
    (begun / "run.json").write_text(json.dumps(info))
    refused(begun, r"(?s)run\.json is damaged .*: restore it|was made with \{'evaluate': None\}")


@pytest.mark.parametrize("generation", [None, "2", [2], 2.0, True])
def test_a_checkpoint_of_no_generation_is_damaged(begun, generation):
    (begun / "checkpoint.json").write_text(json.dumps(Run(begun).checkpoint | {"generation": generation}))
    refused(begun, r"checkpoint.json is damaged \(its generation is .*\): delete the file")


@pytest.mark.parametrize("name", ["run.json", "checkpoint.json", "best.json", "logbook.csv", "evaluations.jsonl"])
def test_what_is_no_file_is_not_waited_for(begun, name):
    (begun / name).unlink()
    os.mkfifo(begun / name)
    with pytest.raises((ValueError, OSError), match=name):
        resume(begun, evaluate=search_stubs.fitness, generations=4)


def test_on_the_command_line_it_is_one_line_and_exit_code_2(begun, capsys):
    (begun / "logbook.csv").write_text("gen,best\n0,{\n")
    with pytest.raises(SystemExit) as end:
        cli.main(["plot", str(begun)])
    said = capsys.readouterr().err
    assert (end.value.code, said.count("\n")) == (2, 1)
    assert "logbook.csv is damaged" in said


def test_what_a_killed_writer_left_is_removed(begun):
    for place in (begun / ".run.json.0123.new", begun / "plots" / ".fitness.png.0123.new"):
        place.write_text("half")
    resume(begun, evaluate=search_stubs.fitness, generations=4)
    assert not list(begun.rglob("*.new"))


def test_a_run_tells_what_it_is(begun):
    run = Run(begun)
    best = json.loads((begun / "best.json").read_text())["fitness"]
    assert repr(run) == f"Run({str(begun)!r}, finished, 3 generations, best {best:.4f})"
    assert len(plot_fitness(run).lines) == 2
