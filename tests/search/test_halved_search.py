"""Halving in a steady state: the same with any number of workers, wherever it is cut off; nothing is trained twice."""

import shutil
from collections import Counter, defaultdict
from functools import partial

import pytest
import search_stubs
from search_stubs import SPACE
from test_judging import VERSIONS
from test_steady_search import Death, Jumbled, files

from deap_nn.evolution import Individual
from deap_nn.runs import Run
from deap_nn.search import Settings
from deap_nn.search.objective import Objective, make_pruner
from deap_nn.search.search import Search
from deap_nn.search.session import perform
from deap_nn.tasks import Classification

FULL = 60


@pytest.fixture
def search(monkeypatch, tmp_path):
    """Runs a halved search of a stub, or the rest of one, on a jumbled engine; returns run, engine and epochs."""

    def perform_it(path, workers=1, seed=0, deadly=None, *, screen=0, evaluations=FULL):
        engine, counted = Jumbled(workers, seed, deadly), tmp_path / "epochs"
        counted.unlink(missing_ok=True)
        monkeypatch.setenv(search_stubs.COUNT_FILE, str(counted))
        monkeypatch.setattr("deap_nn.search.session.engine_of", lambda *_: engine)
        settings = Settings(pruner="halving", population=10, generations=evaluations // 10 - 1, screen=screen, seed=3)
        info = {"settings": settings.to_json(), "space": SPACE.to_json(), "evaluate": "stub", "start_with": []}
        run = Run(path) if path.exists() else Run.create(path, info | {"versions": VERSIONS})
        halving = partial(make_pruner, Classification(10), 0.1, settings)
        objective = Objective(search_stubs.halved, {"evaluate": "stub"}, make_pruner=halving)
        perform(Search(run, SPACE, objective, settings, None))
        return run, engine, Counter(counted.read_text().splitlines())

    return perform_it


def budgets(run):
    """The budgets of each genome's evaluations, in order."""
    found = defaultdict(list)
    for individual, values in run.evaluations():
        found[individual.canonical()].append(values.record.budget or 1.0)
    return found


def test_the_best_third_goes_on_from_each_rung(tmp_path, search):
    run, _, epochs = search(tmp_path / "run")
    found = budgets(run)
    assert set(map(tuple, found.values())) == {(1 / 9,), (1 / 9, 1 / 3), (1 / 9, 1 / 3, 1.0)}
    first = list(found)[:9]
    order = sorted(first, key=lambda genome: value_of(run, genome), reverse=True)
    assert [len(found[genome]) for genome in order] == [3, 2, 2, 1, 1, 1, 1, 1, 1]
    assert len(run.logbook) == FULL / 10
    assert sum(map(len, found.values())) == FULL
    assert set(epochs.values()) == {1}  # of none is an epoch trained twice
    assert run.logbook[-1]["best"] == max(values[0] for _, values in run.evaluations())
    assert not (run.path / "paused").exists()


def value_of(run, genome):
    (one, *_) = [individual for individual, _ in run.evaluations() if individual.canonical() == genome]
    return search_stubs.fitness_of(one)


@pytest.mark.parametrize("screen", [0, 5])
def test_who_goes_on_does_not_depend_on_the_number_of_workers(tmp_path, search, screen):
    run, *_ = search(tmp_path / "one", screen=screen)
    for workers, seed in [(2, 1), (4, 3)]:
        other, *_ = search(tmp_path / f"{workers}", workers, seed, screen=screen)
        assert files(other) == files(run)
        assert other.checkpoint["rungs"] == run.checkpoint["rungs"] != []


def test_wherever_it_is_cut_off_the_rest_comes_out_the_same_and_no_epoch_is_trained_twice(tmp_path, search):
    whole, *_ = search(tmp_path / "whole")
    for deadly in [*range(7, 30), 40, 59]:
        with pytest.raises(Death):
            search(tmp_path / "run", 4, deadly, deadly)
        before = Counter((tmp_path / "epochs").read_text().splitlines())
        run, engine, after = search(tmp_path / "run", 4, deadly + 100)
        assert files(run) == files(whole)
        assert len(engine.evaluated) == FULL - deadly
        assert set((before + after).values()) == {1}
        shutil.rmtree(run.path)


def test_what_is_decided_has_no_state_any_more(tmp_path, search):
    """After 34 evaluations, two nines are decided, and their best trained to the end."""
    with pytest.raises(Death):
        search(tmp_path / "run", 1, 0, 34)
    done = [values.record.budget or 1.0 for _, values in Run(tmp_path / "run").evaluations()]
    assert (done.count(1 / 9), done.count(1.0)) == (26, 2)
    assert len(list((tmp_path / "run" / "paused").iterdir())) == 26 - 2 * 9


def test_lost_states_are_made_up_for_from_the_seed(tmp_path, search):
    whole, *_, epochs = search(tmp_path / "whole")
    with pytest.raises(Death):
        search(tmp_path / "run", 1, 0, 20)
    lost = list((tmp_path / "run" / "paused").iterdir())
    assert lost
    for file in lost:
        file.unlink()
    before = Counter((tmp_path / "epochs").read_text().splitlines())
    run, _, after = search(tmp_path / "run")
    assert files(run) == files(whole)
    assert set(before + after) == set(epochs)
    assert (before + after).total() > epochs.total()


def test_a_search_that_was_over_goes_on_for_longer_as_if_it_had_not_been(tmp_path, search):
    whole, *_ = search(tmp_path / "whole")
    short, *_ = search(tmp_path / "run", evaluations=30)
    assert not (short.path / "paused").exists()
    run, *_ = search(tmp_path / "run", 3, 5)
    assert files(run) == files(whole)


def test_parents_and_survivors_are_those_that_would_come_furthest(tmp_path, search):
    run, *_ = search(tmp_path / "run")
    values = [search_stubs.fitness_of(individual) for individual, _ in run.evaluations()]
    genomes = [Individual.from_json(one["genome"]).canonical() for one in run.checkpoint["population"]]
    survivors = [search_stubs.fitness_of(Individual.from_json(one["genome"])) for one in run.checkpoint["population"]]
    assert len(set(genomes)) == len(genomes)
    assert sum(survivors) / len(survivors) > sorted(values)[len(values) * 2 // 3]
