"""What a run shows, on a terminal and in a pipe; on stubs of run and engine."""

import io
import re
from types import SimpleNamespace

import pytest
import search_stubs
from deap import tools

from deap_nn.evolution import FitnessValues, Generation
from deap_nn.search.progress import Progress

DATA = {"source": "digits", "input_shape": [8, 8, 1], "classes": 10, "note": ""}
SETTINGS = {"generations": 2, "population": 5, "survivors": 0.2, "algorithm": "truncation"}
ENGINE = SimpleNamespace(description="processes: 2 workers on this host")


class Terminal(io.StringIO):
    """A text stream that says it is one."""

    def isatty(self):
        return True


def fake_run(**data):
    info = {"settings": SETTINGS, "data": DATA | data}
    return SimpleNamespace(path="runs/full-1", info=info)


def row(number, best=0.5, nevals=3, avg=0.4):
    counts = {"pruned": 3 * (number == 2), "failed": 1, "cached": 2}
    return {"gen": number, "nevals": nevals, "avg": avg, "best": best, "seconds": 1.26} | counts


def play(stream, generations=3, **data):
    """A run of so many generations, as `evolve` calls the hooks."""
    progress = Progress(stream)
    (start,), (evaluation,), (generation,) = (
        progress.hooks.on_start, progress.hooks.on_evaluation, progress.hooks.on_generation
    )  # fmt: skip
    start(fake_run(**data), ENGINE)
    logbook = tools.Logbook()
    for number in range(generations):
        for accuracy in (0.1, 0.2 + number / 10, 0.15):
            assert evaluation(None, FitnessValues((accuracy,))) is not True
        logbook.record(**row(number, best=0.2 + number / 10, nevals=3 if number else 5))
        assert generation(Generation(number, [], None, logbook)) is not True
    progress.close()
    return stream.getvalue()


def screens(text):
    """What a bar showed, one after the other."""
    return [part for part in re.split(r"[\r\n]", text) if " networks [" in part]


def test_a_pipe_gets_plain_lines():
    lines = play(io.StringIO()).splitlines()
    assert lines == [
        "run directory: runs/full-1",
        "data: digits, inputs 8x8x1, 10 classes",
        "engine: processes: 2 workers on this host",
        "generation 0/2: best 0.2000, mean 0.4000, 5 networks (1 failed, 2 known) in 1.3 s",
        "generation 1/2: best 0.3000, mean 0.4000, 3 networks (1 failed, 2 known) in 1.3 s",
        "generation 2/2: best 0.4000, mean 0.4000, 3 networks (3 pruned, 1 failed, 2 known) in 1.3 s",
    ]


def test_lines_come_as_they_happen():
    class Log(io.StringIO):
        flushed = 0

        def flush(self):
            self.flushed = len(self.getvalue())

    log = Log()
    shown = play(log)
    assert log.flushed == len(shown) > 0


def test_the_note_on_the_data_is_told():
    assert "10 classes (a fifth is the test split)" in play(io.StringIO(), note="a fifth is the test split")


def test_a_generation_in_which_all_failed_has_no_mean():
    stream = io.StringIO()
    progress = Progress(stream)
    progress.hooks.on_start[0](fake_run(), ENGINE)
    logbook = tools.Logbook()
    logbook.record(**row(0, best=0.0, avg=None))
    progress.hooks.on_generation[0](Generation(0, [], None, logbook))
    assert "generation 0/2: best 0.0000, mean none, " in stream.getvalue()


def test_a_run_without_data_is_told_too():
    stream = io.StringIO()
    run = SimpleNamespace(path="runs/full-1", info={"settings": SETTINGS, "evaluate": "module:function"})
    Progress(stream).hooks.on_start[0](run, ENGINE)
    assert stream.getvalue().splitlines() == ["run directory: runs/full-1", f"engine: {ENGINE.description}"]


def test_a_terminal_gets_a_bar_with_generation_count_best_and_time(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    shown = screens(play(Terminal()))
    # 5 networks at first and 3 in each of 2 further generations
    assert re.fullmatch(r"generation 0/2 .*\| 0/11 networks \[00:00<\?\]", shown[0])
    assert all("/11 networks [" in screen for screen in shown)
    assert shown[-1].startswith("generation 2/2")
    assert "11/11 networks" in shown[-1]
    assert shown[-1].endswith("best 0.4000]")
    assert any(re.search(r"\[\d\d:\d\d<\d\d:\d\d", screen) for screen in shown)


def test_the_bar_names_the_generation_that_is_under_way_and_the_best_so_far(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    terminal = Terminal()
    progress = Progress(terminal)
    progress.hooks.on_start[0](fake_run(), ENGINE)
    assert screens(terminal.getvalue())[-1].startswith("generation 0/2")
    progress._bar.mininterval = 0  # show every update
    for accuracy in (0.3, 0.2):
        progress.hooks.on_evaluation[0](None, FitnessValues((accuracy,)))
    progress._bar.refresh()
    assert screens(terminal.getvalue())[-1].endswith("best 0.3000]")
    assert "2/11 networks" in terminal.getvalue()
    logbook = tools.Logbook()
    logbook.record(**row(0, best=0.5, nevals=5))
    progress.hooks.on_generation[0](Generation(0, [], None, logbook))
    last = screens(terminal.getvalue())[-1]
    assert last.startswith("generation 1/2")  # generation 0 is over
    assert "5/11 networks" in last  # those that were known already are done too
    assert last.endswith("best 0.5000]")
    progress.close()


def test_a_terminal_gets_no_line_per_generation():
    assert "known" not in play(Terminal())


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_it_can_be_closed_before_it_began_and_twice(stream):
    progress = Progress(stream())
    progress.close()
    progress.hooks.on_start[0](fake_run(), ENGINE)
    progress.close()
    progress.close()


class Gone(io.StringIO):
    """A terminal or pipe that is gone after its first lines."""

    def __init__(self, error):
        super().__init__()
        self._error = error

    def write(self, text):
        if self.tell() > 60:
            raise self._error
        return super().write(text)


@pytest.mark.parametrize("error", [BrokenPipeError(32, "Broken pipe"), OSError(5, "Input/output error")])
def test_a_search_goes_on_when_nobody_sees_its_progress_any_more(tmp_path, monkeypatch, error):
    monkeypatch.setattr("sys.stdout", Gone(error))
    run = search_stubs.search(tmp_path / "run", progress=True)
    assert run.status == "finished"
    monkeypatch.setattr("sys.stdout", None)
    assert search_stubs.search(tmp_path / "none", progress=True).status == "finished"
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr("sys.stdout", closed)
    assert search_stubs.search(tmp_path / "closed", progress=True).status == "finished"
