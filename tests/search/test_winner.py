"""The end of a search on stub trainings, in this process."""

import pytest
import search_stubs

from deap_nn import Individual, Run
from deap_nn.engines import make_engine
from deap_nn.evaluation import Winner
from deap_nn.search import BrokenProgram
from deap_nn.search.objective import Objective
from deap_nn.search.winner import write_winner
from deap_nn.tasks import Classification

REPORT = {"test_accuracy": 0.875, "class_accuracy": [0.75, 1.0], "confusion_matrix": [[3, 1], [0, 4]]}


def train(individual, with_validation):
    return Winner(b"model", ["layer"], f"validation {with_validation}", REPORT, 0.1)


def train_only_without_validation(individual, with_validation):
    if with_validation:
        raise RuntimeError("too much data")
    return train(individual, with_validation)


def never_train(individual, with_validation):
    raise RuntimeError("cannot be trained at all")


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "run", {})


def write(run, train_winner, individual=None):
    if individual is None:
        individual = Individual(search_stubs.SPACE.sample())
        individual.fitness.values = (0.5,)
    objective = Objective(search_stubs.fitness, {"evaluate": "x"}, task=Classification(2), train_winner=train_winner)
    with make_engine("serial") as engine:
        write_winner(run, individual, objective, engine, run.best or {})
    return individual


def test_model_and_figures_are_written(run):
    individual = write(run, train)
    assert (run.path / "best.keras").read_bytes() == b"model"
    assert run.best == {
        "genome": individual.to_json(),
        "search_validation_accuracy": 0.5,
        "test_accuracy": 0.875,
        "trained_on": "validation True",
        "test_evaluations": 1,
        "class_accuracy": [0.75, 1.0],
        "confusion_matrix": [[3, 1], [0, 4]],
        "layers": ["layer"],
    }


def test_if_the_training_fails_that_of_the_search_is_repeated(run):
    write(run, train_only_without_validation)
    assert run.best["trained_on"] == "validation False"


def test_if_that_fails_too_the_traceback_is_shown(run):
    with pytest.raises(BrokenProgram, match="(?s)winner ended as error: .*cannot be trained at all.*Traceback"):
        write(run, never_train)


def test_the_test_split_is_opened_once_for_a_winner_and_the_times_are_counted(run):
    individual = write(run, train)
    write(run, never_train, individual)
    assert run.best["test_evaluations"] == 1
    write(run, train)
    assert run.best["test_evaluations"] == 2
