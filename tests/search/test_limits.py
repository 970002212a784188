"""Networks that are known to be too large: never evaluated, in whatever way they come about."""

import json
import random
from dataclasses import replace
from functools import partial

import pytest
import search_stubs

import deap_nn.search.resuming
import deap_nn.search.starting
from deap_nn import PRESETS, Block, Hooks, Individual, InputError, LayerKind, Run, SearchSpace, evolve, resume
from deap_nn.data import DataSpec
from deap_nn.evaluation import Pace, Problem, Size, size_of
from deap_nn.pruning import NoPruning
from deap_nn.search import Settings, dry_run, objective, outlook
from deap_nn.search.limits import SizeLimit, size_limit

DENSE = PRESETS["dense"]
PROBLEM = Problem(DENSE, DataSpec("digits"))
SMALLEST = 64 * 16 + 16 + 2 * (16 * 16 + 16) + 16 * 10 + 10
LOOPS = pytest.mark.parametrize(
    "loop",
    [
        {"algorithm": "truncation"},
        {"algorithm": "steady-state", "screen": 0},
        {"algorithm": "steady-state", "screen": 4},
    ],
    ids=["truncation", "steady", "screened"],
)
SHORT = Hooks(on_generation=(lambda generation: generation.number == 2,))


def measured(individual):
    return Pace(0.01, 1e9)


@pytest.fixture(autouse=True)
def untrained(monkeypatch):
    """Searches of networks in which nothing is trained."""

    def made(*arguments):
        true = objective.keras_objective(*arguments)
        nothing = dict.fromkeys(("evaluate_again", "train_winner", "join_winners"))
        return replace(true, evaluate=search_stubs.fitness, calibrate=measured, make_pruner=NoPruning, **nothing)

    for module in (deap_nn.search.starting, deap_nn.search.resuming):
        monkeypatch.setattr(module, "keras_objective", made)
    monkeypatch.setattr(outlook, "timed", lambda *_: Pace(1.0, 1e7))


def search(path, space="dense", **options):
    small = {"population": 8, "generations": 4, "engine": "serial", "progress": False, "algorithm": "truncation"}
    return evolve(space, "digits", run_dir=path, **{**small, **options})


def sizes(run):
    return [size_of(individual, PROBLEM) for individual, _ in run.evaluations()]


@LOOPS
@pytest.mark.parametrize("most", [{"max_parameters": 20_000}, {"max_multiply_adds": 15_000}])
def test_no_network_of_a_search_is_larger_and_what_was_bred_again_is_counted(tmp_path, most, loop):
    limited, free = search(tmp_path / "limited", **most, **loop), search(tmp_path / "free", **loop)
    (name, limit), = most.items()  # fmt: skip
    field = name.removeprefix("max_")
    assert max(getattr(size, field) for size in sizes(limited)) <= limit
    assert max(getattr(size, field) for size in sizes(free)) > limit
    assert limited.logbook[0]["too_large"] > 0  # of what was drawn
    assert sum(row["too_large"] for row in limited.logbook[1:]) > 0  # of children
    assert {row["too_large"] for row in free.logbook} == {0}
    assert limited.status == "finished"


@LOOPS
def test_both_limits_hold_together(tmp_path, loop):
    most = {"max_parameters": 20_000, "max_multiply_adds": 15_000}
    found = sizes(search(tmp_path / "run", **most, **loop))
    assert all(size.parameters <= 20_000 and size.multiply_adds <= 15_000 for size in found)


@LOOPS
def test_a_limit_that_nothing_drawn_keeps_to_is_kept_and_the_networks_are_not_all_one(tmp_path, loop):
    run = search(tmp_path / "run", max_parameters=2 * SMALLEST, **loop)
    assert max(size.parameters for size in sizes(run)) <= 2 * SMALLEST
    assert len({size.parameters for size in sizes(run)}) > 3


@LOOPS
def test_a_limit_that_only_the_smallest_keeps_to_is_kept_even_without_mutation(tmp_path, loop):
    run = search(tmp_path / "run", max_parameters=SMALLEST, mutation_probability=0.0, **loop)
    assert {size.parameters for size in sizes(run)} == {SMALLEST}


def test_a_space_in_which_everything_is_too_large_is_refused_and_nothing_is_left(tmp_path):
    with pytest.raises(InputError) as caught:
        search(tmp_path / "run", max_parameters=SMALLEST - 1)
    assert str(caught.value) == (
        "the smallest network found in the space 'dense' has 1,754 weights, more than max_parameters = 1,753: raise "
        "the limit, or give a space with smaller networks"
    )
    assert not (tmp_path / "run").exists()


def test_genomes_to_start_with_that_are_too_large_are_named_and_nothing_is_left(tmp_path):
    small, large = (Individual(DENSE.sample()) for _ in range(2))
    for one, units in ((small, 16), (large, 256)):
        for layer in one[:-1]:
            layer.genes["units"] = units
    with pytest.raises(InputError, match=r"genome 2 of those to start with has .* more than max_parameters = 30,000"):
        search(tmp_path / "run", start_with=[small, large], max_parameters=30_000)
    assert not (tmp_path / "run").exists()
    assert search(tmp_path / "run", start_with=[small], max_parameters=30_000).info["start_with"] == [small.to_json()]


def test_the_smallest_is_no_larger_than_what_a_search_starts_with():
    start = Individual(DENSE.sample())

    def size(individual):  # mutation hardly leads there
        return Size(10, 10) if individual == start else Size(2000, 2000)

    SizeLimit(DENSE, size, {"parameters": 10}, [start]).check()
    with pytest.raises(InputError, match="the smallest network found in the space 'dense' has 2,000 weights"):
        SizeLimit(DENSE, size, {"parameters": 10}).check()


def own(genes, shape):
    return []


def test_layers_of_ones_own_cannot_be_counted(tmp_path):
    space = SearchSpace("own", (Block(LayerKind("own", {}, build=own), 1, 1),), DENSE.training)
    with pytest.raises(InputError, match="received max_parameters, but the space 'own' has layers of your own"):
        search(tmp_path / "run", space, max_parameters=10)
    with pytest.raises(InputError, match="received max_parameters, but the space 'own' has layers of your own"):
        dry_run(space, "digits", max_parameters=10)


def test_functions_have_no_networks_to_count(tmp_path):
    with pytest.raises(InputError, match="received max_multiply_adds, but a function of your own has no networks"):
        search_stubs.search(tmp_path / "run", max_multiply_adds=10)
    assert not (tmp_path / "run").exists()


@LOOPS
def test_a_budgets_own_limit_goes_on_beside_it(tmp_path, monkeypatch, loop):
    work = partial(objective.planned_work, problem=PROBLEM)

    def most(name, limit):
        monkeypatch.setattr("deap_nn.search.session.most_work", lambda *_: limit)
        run = search(tmp_path / name, max_parameters=20_000, budget="1h", hooks=SHORT, **loop)
        assert max(size.parameters for size in sizes(run)) <= 20_000
        return max(work(individual) for individual, _ in run.evaluations())

    assert most("limited", 3e9) <= 3e9 < most("free", None)


def test_what_a_budget_times_keeps_to_it(tmp_path, monkeypatch):
    timed = []
    monkeypatch.setattr("deap_nn.search.sizing.timed", lambda one, *_: timed.append(one) or Pace(0.01, 1e9))
    search(tmp_path / "run", max_parameters=5000, budget="1h", hooks=SHORT)
    assert size_of(timed[0], PROBLEM).parameters <= 5000


@LOOPS
def test_a_resumed_run_goes_on_with_it(tmp_path, loop):
    whole = search(tmp_path / "whole", max_parameters=5000, **loop)
    search(tmp_path / "part", max_parameters=5000, generations=2, **loop)
    resumed = resume(tmp_path / "part", generations=4, progress=False)
    assert search_stubs.outcome(resumed) == search_stubs.outcome(whole)
    with pytest.raises(InputError, match="a resumed run keeps its max_parameters"):
        resume(tmp_path / "part", max_parameters=6000)


def test_a_run_from_before_has_no_limit(tmp_path):
    search(tmp_path / "run", generations=1)
    path = tmp_path / "run" / "run.json"
    info = json.loads(path.read_text())
    del info["settings"]["max_parameters"], info["settings"]["max_multiply_adds"]
    path.write_text(json.dumps(info))
    assert len(resume(Run(path.parent).path, generations=2, progress=False).logbook) == 3


def test_a_dry_run_shows_what_it_does():
    said = dry_run("dense", "digits", engine="serial", max_parameters=9000)
    assert "larger ones were drawn again: at most 9,000 weights" in said
    largest = next(line for line in said.splitlines() if line.startswith("  weights")).split(" to ")[1]
    assert int(largest.rstrip(")").replace(",", "")) <= 9000
    assert "drawn again" not in dry_run("dense", "digits", engine="serial")
    with pytest.raises(InputError, match="the smallest network found"):
        dry_run("dense", "digits", engine="serial", max_multiply_adds=9)


@pytest.mark.parametrize("name", sorted(PRESETS.keys() - {"tabular"}))
def test_the_smallest_network_is_the_smallest_of_many_and_of_the_space(name):
    space = PRESETS[name]
    true = objective.keras_objective(space, DataSpec("digits"), Settings())
    limit = size_limit(Settings(max_multiply_adds=1), space, true)
    assert isinstance(limit, SizeLimit)
    space.validate(limit.smallest())
    random.seed(1)
    least = true.size(limit.smallest()).multiply_adds
    assert least <= min(true.size(Individual(space.sample())).multiply_adds for _ in range(200))
