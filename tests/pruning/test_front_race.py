"""The race with several objectives, on stubs: what is pruned depends on size, and the front loses nothing by it."""

import json
import pickle
import random
from functools import partial

import pytest
import search_stubs
from deap import tools
from search_stubs import SPACE

from deap_nn import Individual
from deap_nn.evolution import FitnessValues, Record
from deap_nn.pruning import FrontRace, Race, Thresholds
from deap_nn.runs import Run
from deap_nn.search import Settings
from deap_nn.search.judging import Judging
from deap_nn.search.objective import Objective, make_pruner
from deap_nn.search.search import Search
from deap_nn.search.session import perform
from deap_nn.tasks import Classification

TASK = Classification(10)
OBJECTIVES = ("accuracy", "parameters")


def individual(accuracy, parameters):
    """A training that gained a tenth in its second half."""
    made = Individual(SPACE.sample(), (1.0, -1.0))
    record = {"history": {"val_accuracy": [accuracy - 0.1, accuracy]}, "parameters": parameters}
    made.fitness.values = FitnessValues((accuracy, parameters), record)
    return made


def learnt(*networks, names=("parameters",)):
    """A race of four pacemakers that has seen a first generation."""
    race = FrontRace(TASK, 0.1, 2, names)
    population = [individual(*one) for one in networks]
    race.reprieve([FitnessValues(one.fitness.values, one.fitness.record) for one in population])
    race.learn(population)
    return race


KNOWN = [(0.9, 1000), (0.8, 300), (0.7, 100), (0.6, 60), (0.5, 20), (0.55, 30), (0.3, 10), (0.4, 2000), (0.2, 500)]


def goal(race, size):
    return race.rule.goal(Record(parameters=size))


@pytest.mark.parametrize(("size", "expected"), [(9, None), (59, None), (60, 0.3), (100, 0.5), (300, 0.55), (9999, 0.6)])
def test_the_goal_is_the_fourth_best_of_those_that_are_no_larger(size, expected):
    race = learnt(*KNOWN)
    assert goal(race, size) == expected
    values = race.rule.of(Record(parameters=size)).values
    assert values == () if expected is None else values[10] == pytest.approx(expected - 0.1)


def test_of_networks_of_one_size_it_is_the_race_with_one_objective():
    race, other = learnt(*((accuracy, 7) for accuracy, _ in KNOWN)), Race(TASK, 0.1, 2, tools.selBest)
    other.learn([individual(accuracy, 7) for accuracy, _ in KNOWN])
    assert race.rule.of(Record(parameters=7)) == other.rule


@pytest.mark.parametrize("seed", range(5))
def test_what_is_kept_gives_the_goals_of_all_that_there_were(seed):
    stream = random.Random(seed)
    networks = [(stream.random(), stream.randrange(1, 100)) for _ in range(80)]
    race = learnt(*networks[:8])
    for one in networks[8:]:
        race.learn([individual(*one)])
    assert len(race.rule.known) < 60
    for size in range(0, 110, 5):
        smaller = sorted((accuracy for accuracy, its in networks if its <= size), reverse=True)
        assert goal(race, size) == (smaller[3] if len(smaller) > 3 else None)


def test_by_generation_or_one_by_one_it_learns_the_same():
    together, one_by_one = learnt(*KNOWN), learnt(*KNOWN[:1])
    for network in KNOWN[1:]:
        one_by_one.learn([individual(*network)])
    assert one_by_one.rule == together.rule


def test_survivors_are_learnt_from_once():
    population = [individual(*one) for one in KNOWN]
    race = learnt()
    race.learn(population)
    before = race.state
    race.learn(population[:3])
    assert race.state == before


def test_until_the_first_are_in_all_are_judged_by_chance_level():
    race = FrontRace(TASK, 0.1, 2, ("parameters",))
    for one in KNOWN[:4]:
        race.learn([individual(*one)])
    assert race.rule.of(Record(parameters=1)).pruned_after([0.1] * 4) == 3
    worst = [{"status": "pruned", "history": {"val_accuracy": [number / 10] * 3}} for number in (1, 2)]
    pruned = [FitnessValues((0.0, 1e308), record) for record in worst]
    assert race.reprieve([FitnessValues((0.9, 1000)), *pruned]) == [2, 1]
    race = learnt((0.9, 1000))
    assert race.rule.of(Record(parameters=5000)).pruned_after([0.0] * 9) is None  # places are vacant


def test_all_sizes_count():
    race = FrontRace(TASK, 0.1, 2, ("parameters", "multiply_adds"))
    race.reprieve([])
    for _ in range(4):
        one = Individual(SPACE.sample(), (1.0, -1.0, -1.0))
        record = {"history": {"val_accuracy": [0.8, 0.9]}, "parameters": 100, "multiply_adds": 7}
        one.fitness.values = FitnessValues((0.9, 100, 7), record)
        race.learn([one])
    assert race.rule.goal(Record(parameters=200, multiply_adds=8)) == 0.9
    assert race.rule.goal(Record(parameters=200, multiply_adds=6)) is None


def test_where_an_objective_is_not_known_before_only_the_first_are_pruned():
    made = make_pruner(TASK, 0.1, Settings(objectives=("accuracy", "parameters", "latency")))
    assert made.rule.of(Record()).pruned_after([0.1] * 4) == 3
    made.reprieve([])
    made.learn([individual(*one) for one in KNOWN])
    assert made.rule.of(Record(parameters=10**6)) == Thresholds()


def test_a_pruned_training_is_thought_to_have_come_short_of_its_goal():
    race = learnt(*KNOWN)
    pruned = individual(0.35, 100)
    record = {"status": "pruned", "history": {"val_accuracy": [0.2, 0.3, 0.45]}, "parameters": 100}
    pruned.fitness.values = FitnessValues((0.0, 1e308), record)
    assert 0.45 <= race.estimate(pruned) < 0.5
    assert race.estimate(individual(0.9, 100)) is None
    judging = Judging(race, None, 8, Settings(objectives=("accuracy", "parameters")).criteria)
    assert judging.score(pruned) == (race.estimate(pruned), -100)  # its size is known
    assert judging.score(individual(0.9, 7)) == (0.9, -7)


def test_the_rule_travels_and_is_plain_in_the_checkpoint():
    race = learnt(*KNOWN)
    assert pickle.loads(pickle.dumps(race.rule)) == race.rule
    assert json.loads(json.dumps(race.state))["known"][0] == [1000, 0.9]
    assert make_pruner(TASK, 0.1, Settings()).state.keys() == {"thresholds"}


def sized(individual, rule=None):
    """A network that is the better the larger it is, up to a stub's luck, with its curve; pruned as the rule says."""
    final = 0.9 * search_stubs.fitness(individual)[0]
    record = Record(parameters=sum(layer.genes["units"] for layer in individual[:-1]))
    curve = [final / 4, final / 3, final / 2, final]
    last = None if rule is None else rule.of(record).pruned_after(curve)
    history, status = {"val_accuracy": curve[:last]}, "ok" if last is None else "pruned"
    return FitnessValues(
        (final if last is None else 0.0,), {"status": status, "parameters": record.parameters, "history": history}
    )


def search(path, algorithm, *, cache=None, race=True):
    """A search with the race, or the rest of one."""
    shared = {"engine": "serial", "population": 12, "generations": 8, "seed": 2, "screen": 0}
    settings = Settings(**shared, objectives=OBJECTIVES, algorithm=algorithm)
    info = {"settings": settings.to_json(), "space": SPACE.to_json(), "evaluate": "stub", "start_with": []}
    info["versions"] = dict.fromkeys(("deap_nn", "backend", "keras", "numpy", "tensorflow"), "1")
    run = Run(path) if path.exists() else Run.create(path, info)
    race = {"make_pruner": partial(make_pruner, TASK, 0.3, settings)} if race else {}
    return perform(Search(run, SPACE, Objective(sized, {"evaluate": "stub"}, **race), settings, cache))


BOTH = pytest.mark.parametrize("algorithm", ["truncation", "steady-state"])


@BOTH
def test_a_search_with_the_race_prunes_and_what_it_prunes_was_dominated(tmp_path, algorithm):
    run = search(tmp_path / "run", algorithm)
    everyone = list(run.evaluations())
    pruned = [(sized(one)[0], values.record.parameters) for one, values in everyone if values.status == "pruned"]
    assert len(pruned) >= 5
    front = [(one["accuracy"], one["parameters"]) for one in run.front["networks"]]
    first = sum(row["pruned"] for row in run.logbook[:1])
    for accuracy, size in pruned[first:]:
        assert any(other >= accuracy and its_size <= size for other, its_size in front)


@BOTH
def test_wherever_it_is_cut_off_the_rest_comes_out_the_same(tmp_path, algorithm):
    whole = search(tmp_path / "whole", algorithm)
    lines = (whole.path / "evaluations.jsonl").read_bytes().splitlines(keepends=True)
    for kept in range(3, len(lines), 5):
        path = tmp_path / f"cut-{kept}"
        path.mkdir()
        for name in ("run.json", "checkpoint.json", "logbook.csv", "children.jsonl"):
            if (whole.path / name).exists():
                (path / name).write_bytes((whole.path / name).read_bytes())
        (path / "evaluations.jsonl").write_bytes(b"".join(lines[:kept]))
        assert search_stubs.outcome(search(path, algorithm)) == search_stubs.outcome(whole)


@BOTH
def test_results_from_a_cache_are_pruned_where_the_trainings_would_have_been(tmp_path, algorithm):
    cache = tmp_path / "cache.sqlite"
    search(tmp_path / "full", algorithm, cache=cache, race=False)
    without, with_results = search(tmp_path / "without", algorithm), search(tmp_path / "with", algorithm, cache=cache)
    for name in ("population", "halloffame", "thresholds", "known", "random_state"):
        assert with_results.checkpoint[name] == without.checkpoint[name]
    some = {values.record.status for _, values in with_results.evaluations() if values.record.from_cache}
    assert some == {"ok", "pruned"}
