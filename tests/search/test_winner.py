"""The end of a search on stub trainings, in this process."""

import pytest
import search_stubs

from deap_nn import Individual, Run
from deap_nn.engines import make_engine
from deap_nn.evaluation import Ensemble, FinalPlan, Winner
from deap_nn.evolution import FitnessValues
from deap_nn.search import BrokenProgram, Settings
from deap_nn.search.budget import Budget
from deap_nn.search.final import FinalTraining
from deap_nn.search.finalists import Ranking
from deap_nn.search.objective import Objective
from deap_nn.search.winner import write_winner
from deap_nn.tasks import Classification

REPORT = {"test_accuracy": 0.875, "class_accuracy": [0.75, 1.0], "confusion_matrix": [[3, 1], [0, 4]]}


def train(individual, plan):
    return Winner(
        b"model", ["layer"], f"validation {plan.with_validation}", plan.epochs, 1, plan.views, plan.width, REPORT, 0.1
    )


def train_only_without_validation(individual, plan):
    if plan.with_validation:
        raise RuntimeError("too much data")
    return train(individual, plan)


def out_of_memory_with_validation(individual, plan):
    if plan.with_validation:
        raise MemoryError("no room")
    return train(individual, plan)


def never_train(individual, plan):
    raise RuntimeError("cannot be trained at all")


def train_only_large_ones(individual, plan):
    if individual[0].genes["units"] < 256:
        raise RuntimeError("cannot be trained at all")
    return train(individual, plan)


def join(models):
    return Ensemble(b"+".join(models), {"test_accuracy": 0.9375})


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "run", {})


def drawn(fitness=0.5, **genes):
    individual = Individual(search_stubs.SPACE.sample())
    individual[-1].genes["epochs"] = 7
    individual[0].genes |= genes
    individual.fitness.values = (fitness,)
    return individual


def write(run, train_winner, *individuals, again=None, **settings):
    individuals = individuals or (drawn(),)
    ranking = Ranking(individuals, again or [None] * len(individuals))
    objective = Objective(
        search_stubs.fitness, {"evaluate": "x"}, task=Classification(2), train_winner=train_winner, join_winners=join
    )
    with make_engine("serial") as engine:
        final = FinalTraining(run, Settings(engine="serial", **settings), engine, Budget(run, None), objective)
        write_winner(run, ranking, objective, final, run.best or {})
    return individuals[0]


def test_model_and_figures_are_written(run):
    individual = write(run, train)
    assert (run.path / "best.keras").read_bytes() == b"model"
    assert run.best == {
        "genome": individual.to_json(),
        "search_validation_accuracy": 0.5,
        "test_accuracy": 0.875,
        "trained_on": "validation True",
        "epochs": 14,
        "threads": 1,
        "views": 1,
        "width": 1.0,
        "asked": {"genome": individual.to_json(), "epochs": 14, "width": 1.0, "ensemble": 1},
        "test_evaluations": 1,
        "class_accuracy": [0.75, 1.0],
        "confusion_matrix": [[3, 1], [0, 4]],
        "layers": ["layer"],
    }


def test_if_the_training_fails_that_of_the_search_is_repeated(run):
    write(run, train_only_without_validation)
    assert run.best["trained_on"] == "validation False"
    assert run.best["epochs"] == 7


def test_a_training_that_runs_out_of_memory_has_failed(run):
    write(run, out_of_memory_with_validation)
    assert run.best["trained_on"] == "validation False"


def test_the_child_of_a_final_training_finds_no_memory_taken_by_those_of_the_search(run, monkeypatch):
    with make_engine("serial") as engine:
        rested = []
        monkeypatch.setattr(engine, "rest", lambda: rested.append(True))
        objective = Objective(search_stubs.fitness, {"evaluate": "x"})
        final = FinalTraining(run, Settings(engine="processes"), engine, Budget(run, None), objective)
        with final.engine(drawn(), FinalPlan()) as its_own:
            assert its_own is not engine
            assert rested


def test_if_that_fails_too_the_next_best_is_taken(run):
    best, second, third = drawn(0.9, units=16), drawn(0.8, units=256), drawn(0.7, units=256)
    write(run, train_only_large_ones, best, second, third)
    assert run.best["genome"] == second.to_json()
    assert run.best["search_validation_accuracy"] == 0.8
    write(run, never_train, best, second, third)  # what was asked for has been answered


def test_if_that_fails_too_the_traceback_is_shown(run):
    with pytest.raises(BrokenProgram, match="(?s)winner ended as error: .*cannot be trained at all.*Traceback"):
        write(run, never_train)


def test_the_test_split_is_opened_once_for_a_winner_and_the_times_are_counted(run):
    individual = write(run, train)
    write(run, never_train, individual)
    assert run.best["test_evaluations"] == 1
    write(run, train)
    assert run.best["test_evaluations"] == 2


def test_the_epochs_may_be_given_and_others_are_another_training(run):
    individual = write(run, train, final_epochs=50)
    assert run.best["epochs"] == 50
    write(run, train, individual, final_epochs=60)
    assert (run.best["epochs"], run.best["test_evaluations"]) == (60, 2)


def test_the_width_may_be_given_and_another_one_is_another_training(run):
    individual = write(run, train, final_width=1.5)
    assert run.best["width"] == 1.5
    write(run, train, individual, final_width=2.0)
    assert (run.best["width"], run.best["test_evaluations"]) == (2.0, 2)


def test_a_winner_of_an_earlier_version_is_not_trained_again(run):
    individual = write(run, train)
    asked = {name: it for name, it in run.best["asked"].items() if name != "width"}
    run.write_best(None, run.best | {"asked": asked})
    write(run, never_train, individual)
    assert run.best["test_evaluations"] == 1


@pytest.mark.parametrize(
    ("measured", "number"),
    [(None, 1), ({"2": 0.5}, 1), ({"2": 0.6}, 2), ({"2": 0.6, "6": 0.54}, 2), ({"2": 0.4, "6": 0.7}, 6)],
)
def test_several_views_are_judged_where_that_helped_on_validation_data(run, measured, number):
    write(run, train, drawn(), again=[FitnessValues((0.5,), {"views": measured})])
    assert run.best["views"] == number


def test_the_best_few_are_joined(run):
    write(run, train, drawn(0.9), drawn(0.8), drawn(0.7), ensemble=2)
    assert (run.path / "best.keras").read_bytes() == b"model"
    assert (run.path / "ensemble.keras").read_bytes() == b"model+model"
    best = run.best
    assert (best["test_accuracy"], best["ensemble_test_accuracy"], best["ensemble_of"]) == (0.875, 0.9375, 2)
    assert best["test_evaluations"] == 3  # two networks and both together


def test_those_that_can_be_trained_are_joined(run):
    write(run, train_only_large_ones, drawn(0.9, units=256), drawn(0.8, units=16), drawn(0.7, units=256), ensemble=2)
    assert run.best["ensemble_of"] == 2
    write(run, train_only_large_ones, drawn(0.9, units=256), drawn(0.8, units=16), ensemble=2)
    assert "ensemble_of" not in run.best  # nobody is left to be joined with
