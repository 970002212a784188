"""What is written of a front: on stub trainings, in this process."""

import json

import matplotlib.image
import pytest
import search_stubs
from deap import tools

from deap_nn import Individual, Run
from deap_nn.engines import make_engine
from deap_nn.evaluation import Winner
from deap_nn.evolution import FitnessValues
from deap_nn.reports import draw_run, print_report
from deap_nn.search import Settings, draw_front
from deap_nn.search.budget import Budget
from deap_nn.search.final import FinalTraining
from deap_nn.search.finalists import Ranking
from deap_nn.search.front import write_front
from deap_nn.search.objective import Objective
from deap_nn.search.winner import write_winner
from deap_nn.tasks import Classification

WEIGHTS = (1.0, -1.0)
SETTINGS = {"objectives": ["accuracy", "parameters"], "engine": "serial"}


DONE = []
"""The genomes that were trained a final time, in order."""


def train(individual, plan):
    if individual[0].genes["units"] == 16:
        raise RuntimeError("cannot be trained")
    DONE.append(individual.canonical())
    report = {"test_accuracy": 0.5 + len(DONE) / 100}
    return Winner(f"model {len(DONE)}".encode(), ["layer"], "all", plan.epochs, 1, plan.views, plan.width, report, 0.1)


@pytest.fixture(autouse=True)
def nothing_done():
    DONE.clear()


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "run", {"settings": SETTINGS, "data": {"task": "classification", "classes": 2}})


def member(accuracy, parameters, units=32, status="ok"):
    individual = Individual(search_stubs.SPACE.sample(), WEIGHTS)
    individual[0].genes["units"], individual[-1].genes["epochs"] = units, 7
    individual.fitness.values = FitnessValues((accuracy, parameters), {"status": status})
    return individual


def write(run, train, members, **settings):
    objective = Objective(search_stubs.fitness, {"evaluate": "x"}, task=Classification(2), train_winner=train)
    chosen = Settings(**SETTINGS, **settings)
    with make_engine("serial") as engine:
        final = FinalTraining(run, chosen, engine, Budget(run, None), objective)
        write_winner(run, Ranking(members, [None] * len(members)), objective, final, run.best or {})
        write_front(run, members, objective, final, chosen)


def test_each_member_has_its_genome_and_its_values(run):
    members = [member(0.9, 500), member(0.8, 100), member(0.0, 1e308, status="failed")]
    write(run, train, members)
    assert run.front == {
        "objectives": [{"name": "accuracy", "maximize": True}, {"name": "parameters", "maximize": False}],
        "networks": [
            {"genome": members[0].to_json(), "accuracy": 0.9, "parameters": 500},
            {"genome": members[1].to_json(), "accuracy": 0.8, "parameters": 100},
        ],
    }
    assert len(DONE) == 1
    assert not (run.path / "front").exists()


def test_on_request_each_is_trained_once(run):
    members = [member(0.9, 500), member(0.8, 100, units=48), member(0.7, 50, units=16), member(0.6, 20, units=64)]
    write(run, train, members, train_front=True)
    first, second, third, fourth = run.front["networks"]
    assert (first["file"], first["test_accuracy"], first["epochs"]) == ("best.keras", 0.51, 14)
    assert (run.path / second["file"]).read_bytes() == b"model 2"
    assert (second["test_accuracy"], fourth["test_accuracy"]) == (0.52, 0.53)
    assert third["reason"].startswith("the final training ended as error: ")
    assert "file" not in third
    assert run.best["test_evaluations"] == 3
    write(run, train, members, train_front=True)
    assert len(DONE) == 3
    assert run.front["networks"][1] == second
    assert run.best["test_evaluations"] == 3


def test_when_the_front_moves_on_only_what_is_new_is_trained(run):
    old = [member(0.9, 500), member(0.8, 100), member(0.6, 20)]
    write(run, train, old, train_front=True)
    before = run.front["networks"]
    new = [member(0.95, 600), *old[:2]]
    write(run, train, new, train_front=True)
    assert [one.canonical() for one in [*old, new[0], old[0]]] == DONE  # that one lies in best.keras no more
    after = run.front["networks"]
    assert [one["file"] for one in after if one["file"] == "best.keras"] == ["best.keras"]
    assert after[2] == before[1]
    assert sorted(path.name for path in (run.path / "front").iterdir()) == sorted(
        one["file"].removeprefix("front/") for one in after[1:]
    )


def test_what_was_the_best_once_lies_in_its_file_no_more(run):
    old = [member(0.9, 500), member(0.8, 100)]
    write(run, train, old, train_front=True)
    write(run, train, [member(0.95, 600), *old])
    assert "file" not in run.front["networks"][1]
    assert "file" in run.front["networks"][2]


def test_a_later_session_that_trains_none_keeps_what_is_there(run):
    members = [member(0.9, 500), member(0.8, 100)]
    write(run, train, members, train_front=True)
    before = run.front
    write(run, train, members)
    assert run.front == before
    (run.path / before["networks"][1]["file"]).unlink()
    write(run, train, members)
    assert "file" not in run.front["networks"][1]


def test_the_report_names_the_smallest_that_is_nearly_as_good(run, capsys):
    write(run, train, [member(0.9, 51_500), member(0.893, 12_000), member(0.892, 8_000), member(0.889, 100)])
    best = json.loads((run.path / "best.json").read_text()) | {"layers": ["one"]}
    run.write_best(None, best)
    print_report(run, "again")
    shown = capsys.readouterr().out
    assert "the smallest network within 1 % of the best: 8,000 weights, validation accuracy 0.8920\n" in shown
    assert "front.json" in shown


def test_the_picture_is_drawn_from_the_journal(run):
    write(run, train, [member(0.9, 500)])
    with run.writing() as journal:
        for accuracy, parameters, status in [
            (0.9, 500, "ok"),
            (0.5, 20, "ok"),
            (0.4, 900, "ok"),
            (0.0, 1e308, "failed"),
        ]:
            one = member(accuracy, parameters, status=status)
            journal.append(one, FitnessValues(one.fitness.values, {"status": status}))
        journal.sync()
    path = draw_front(run, "validation accuracy")
    assert path == run.path / "plots" / "front.png"
    assert matplotlib.image.imread(path).std() > 0.01
    path.unlink()
    run.write_logbook(_logbook())
    draw_run(run)
    assert path.exists()


def test_a_run_with_one_objective_has_none(tmp_path):
    assert draw_front(search_stubs.search(tmp_path / "run"), "fitness") is None
    assert not (tmp_path / "run" / "plots" / "front.png").exists()


def _logbook():
    logbook = tools.Logbook()
    logbook.header = ["gen", "nevals", "avg", "std", "min", "max"]
    logbook.record(gen=0, nevals=3, avg=0.5, std=0.1, min=0.4, max=0.9)
    return logbook
