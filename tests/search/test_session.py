"""One sitting at a search: what is opened, ended and written, on stub functions."""

import pytest
import search_stubs
from search_stubs import SPACE

from deap_nn import Hooks, Run
from deap_nn.evaluation import Winner
from deap_nn.search import Settings
from deap_nn.search.objective import Objective
from deap_nn.search.search import Search
from deap_nn.search.session import perform
from deap_nn.tasks import Classification

REPORT = {"test_accuracy": 1.0, "class_accuracy": [1.0, 1.0], "confusion_matrix": [[1, 0], [0, 1]]}


def train_winner(individual, with_validation):
    return Winner(b"model", ["layer"], "training", REPORT, 0.1)


def search(path, hooks=None, **settings):
    chosen = Settings(engine="serial", population=6, generations=2, race=False, **settings)
    info = {"settings": chosen.to_json(), "space": SPACE.to_json(), "evaluate": "stub", "start_with": []}
    objective = Objective(search_stubs.fitness, {"evaluate": "stub"}, task=Classification(2), train_winner=train_winner)
    run = Run.create(path, info)
    return Search(run, SPACE, objective, chosen, hooks=hooks or Hooks())


def test_a_winner_does_not_wait_for_evaluations_that_nobody_wants_any_more(tmp_path, counted):
    run = perform(search(tmp_path / "run", Hooks(on_evaluation=(lambda *_: True,))))
    assert (run.status, run.best["test_accuracy"]) == ("stopped", 1.0)
    assert sum(counted().values()) == 1


def test_a_picture_that_fails_is_a_warning_and_the_search_goes_on(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("no fonts here")

    monkeypatch.setattr("deap_nn.plots.plot_fitness", fail)
    with pytest.warns(RuntimeWarning, match=r"the picture could not be drawn \(no fonts here\); the search goes on"):
        run = perform(search(tmp_path / "run"))
    assert run.status == "finished"
    assert len(run.logbook) == 3


def test_the_folder_of_the_picture_may_have_been_removed(tmp_path):
    begun = search(tmp_path / "run")
    (tmp_path / "run" / "plots").rmdir()
    perform(begun)
    assert (tmp_path / "run" / "plots" / "fitness.png").read_bytes().startswith(b"\x89PNG")


def test_the_picture_is_drawn_once_at_the_end_of_a_quick_search(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr("deap_nn.search.picture.Picture._draw", lambda _, generation: drawn.append(generation.number))
    perform(search(tmp_path / "run"))
    assert drawn == [2]


def test_a_slow_search_is_drawn_on_the_way(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr("deap_nn.search.picture.Picture._draw", lambda _, generation: drawn.append(generation.number))
    monkeypatch.setattr("deap_nn.search.picture.SHARE", float("inf"))
    perform(search(tmp_path / "run"))
    assert drawn == [0, 1, 2]
