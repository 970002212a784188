"""One session of a search: what is opened, ended and written, on stub functions."""

import threading

import pytest
import search_stubs
from search_stubs import SPACE

from deap_nn import Hooks, Run, evolve, resume
from deap_nn.evaluation import Winner
from deap_nn.evolution import Generation
from deap_nn.search import Settings, picture
from deap_nn.search.objective import Objective
from deap_nn.search.picture import Picture
from deap_nn.search.search import Search
from deap_nn.search.session import perform
from deap_nn.tasks import Classification

REPORT = {"test_accuracy": 1.0, "class_accuracy": [1.0, 1.0], "confusion_matrix": [[1, 0], [0, 1]]}


def train_winner(individual, plan):
    return Winner(b"model", ["layer"], "training", 1, 1, 1, 1.0, REPORT, 0.1)


def search(path, hooks=None, **settings):
    chosen = Settings(engine="serial", population=6, generations=2, pruner="none", **settings)
    info = {"settings": chosen.to_json(), "space": SPACE.to_json(), "evaluate": "stub", "start_with": []}
    objective = Objective(search_stubs.fitness, {"evaluate": "stub"}, task=Classification(2), train_winner=train_winner)
    run = Run.create(path, info)
    return Search(run, SPACE, objective, chosen, hooks=hooks or Hooks())


def test_a_winner_does_not_wait_for_evaluations_that_nobody_wants_any_more(tmp_path, counted):
    run = perform(search(tmp_path / "run", Hooks(on_evaluation=(lambda *_: True,))))
    assert (run.status, run.best["test_accuracy"]) == ("stopped", 1.0)
    assert sum(counted().values()) == 1


@pytest.fixture
def drawn(monkeypatch):
    """The generations that are drawn, in place of drawing them."""
    numbers = []
    monkeypatch.setattr(Picture, "_draw", lambda self: numbers.append(self._undrawn.number))
    return numbers


def test_progress_is_shown_unless_told_otherwise(tmp_path, capsys):
    search_stubs.search(tmp_path / "run", progress=False)
    assert capsys.readouterr().out == ""
    resume(tmp_path / "run", evaluate=search_stubs.fitness, progress=False)
    assert capsys.readouterr().out == ""
    resume(tmp_path / "run", evaluate=search_stubs.fitness)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"run directory: {tmp_path / 'run'}"
    assert [line.partition(":")[0] for line in lines[2:]] == [f"generation {number}/4" for number in range(5)]
    evolve(SPACE, evaluate=search_stubs.fitness, run_dir=tmp_path / "new", **search_stubs.SMALL)
    assert len(capsys.readouterr().out.splitlines()) == 7


def test_a_second_search_in_another_thread_is_refused_and_the_first_is_what_it_is_alone(tmp_path):
    under_way, tried = threading.Event(), threading.Event()

    def wait(generation):
        under_way.set()
        assert tried.wait(30)

    first = threading.Thread(
        target=search_stubs.search, args=(tmp_path / "first",), kwargs={"hooks": Hooks(on_generation=(wait,))}
    )
    first.start()
    assert under_way.wait(30)
    with pytest.raises(ValueError, match="another thread of this process runs a search"):
        search_stubs.search(tmp_path / "second")
    tried.set()
    first.join()
    assert not (tmp_path / "second").exists()
    alone = search_stubs.search(tmp_path / "alone")
    assert search_stubs.outcome(Run(tmp_path / "first")) == search_stubs.outcome(alone)


def test_a_hook_may_run_a_search_of_its_own(tmp_path):
    alone = search_stubs.search(tmp_path / "alone")
    inner = Hooks(on_generation=(lambda one: search_stubs.search(tmp_path / f"inner{one.number}") and None,))
    assert search_stubs.outcome(search_stubs.search(tmp_path / "outer", hooks=inner)) == search_stubs.outcome(alone)


def test_a_picture_that_fails_is_a_warning_and_the_search_goes_on(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("no fonts here")

    monkeypatch.setattr("deap_nn.plots.plot_fitness", fail)
    monkeypatch.setattr(picture, "QUICK", 0.0)
    with pytest.warns(RuntimeWarning, match=r"the picture could not be drawn \(no fonts here\); the search goes on"):
        run = perform(search(tmp_path / "run"))
    assert run.status == "finished"
    assert len(run.logbook) == 3


def test_the_folder_of_the_picture_may_have_been_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(picture, "QUICK", 0.0)
    begun = search(tmp_path / "run")
    (tmp_path / "run" / "plots").rmdir()
    perform(begun)
    assert (tmp_path / "run" / "plots" / "fitness.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("quick", "expected"), [(0.0, [2]), (3600.0, [])])
def test_a_search_is_drawn_at_its_end_unless_it_was_over_in_a_moment(tmp_path, monkeypatch, drawn, quick, expected):
    monkeypatch.setattr(picture, "QUICK", quick)
    monkeypatch.setattr(picture, "SHARE", 0.0)  # on a busy machine there is time to draw on the way
    perform(search(tmp_path / "run"))
    assert drawn == expected


def test_a_slow_search_is_drawn_on_the_way(tmp_path, monkeypatch, drawn):
    monkeypatch.setattr(picture, "SHARE", float("inf"))
    perform(search(tmp_path / "run"))
    assert drawn == [0, 1, 2]


def test_drawing_waits_until_it_takes_a_small_share_of_the_time(tmp_path, monkeypatch, drawn):
    now = [0.0]
    monkeypatch.setattr(picture.time, "monotonic", lambda: now[0])
    drawing = Picture(Run.create(tmp_path / "run", {}), "fitness")
    for number, moment in enumerate([1.0, 3.9, 4.0, 5.0]):
        now[0] = moment
        drawing.generation(Generation(number, [], None, []))
    assert drawn == [2, 3]  # from 4 s on, a picture of a fifth of a second is a twentieth; the stub's take no time
