"""The race in a steady state: the same with any number of workers, wherever it is cut off, and it spares epochs."""

import shutil
from copy import deepcopy
from functools import partial

import pytest
import search_stubs
from search_stubs import SPACE
from test_steady_search import Death, Jumbled, files

from deap_nn.evolution import FitnessValues, Individual
from deap_nn.runs import Run
from deap_nn.search import Hooks, Settings
from deap_nn.search.judging import Judging
from deap_nn.search.objective import Objective, make_pruner
from deap_nn.search.search import Search
from deap_nn.search.session import perform
from deap_nn.tasks import Classification

VERSIONS = dict.fromkeys(("deap_nn", "backend", "keras", "numpy", "tensorflow"), "1")


@pytest.fixture
def search(monkeypatch):
    """Runs a raced search of a stub with curves, or the rest of one, on a jumbled engine; returns run and engine."""

    def perform_it(path, workers=1, seed=0, deadly=None, *, chance=0.3, screen=0, hooks=None):
        engine = Jumbled(workers, seed, deadly)
        monkeypatch.setattr("deap_nn.search.session.engine_of", lambda *_: engine)
        settings = Settings(algorithm="steady-state", population=8, generations=4, screen=screen, seed=3)
        info = {"settings": settings.to_json(), "space": SPACE.to_json(), "evaluate": "stub", "start_with": []}
        run = Run(path) if path.exists() else Run.create(path, info | {"versions": VERSIONS})
        race = partial(make_pruner, Classification(10), chance, settings)
        objective = Objective(search_stubs.raced, {"evaluate": "stub"}, make_pruner=race)
        return perform(Search(run, SPACE, objective, settings, None, hooks=hooks or Hooks())), engine

    return perform_it


FEW_SURVIVE_THE_FIRST = 0.97


@pytest.mark.parametrize(("chance", "screen"), [(0.3, 0), (FEW_SURVIVE_THE_FIRST, 0), (0.3, 5)])
def test_what_is_pruned_does_not_depend_on_the_number_of_workers(tmp_path, search, chance, screen):
    run, _ = search(tmp_path / "one", chance=chance, screen=screen)
    statuses = [values.status for _, values in run.evaluations()]
    assert set(statuses) == {"ok", "pruned"}
    for workers, seed in [(2, 1), (4, 3)]:
        other, _ = search(tmp_path / f"{workers}", workers, seed, chance=chance, screen=screen)
        assert files(other) == files(run)
        assert other.checkpoint["thresholds"] == run.checkpoint["thresholds"] != []


@pytest.mark.parametrize("chance", [0.3, FEW_SURVIVE_THE_FIRST])
def test_wherever_it_is_cut_off_the_rest_comes_out_the_same(tmp_path, search, chance):
    whole, _ = search(tmp_path / "whole", chance=chance)
    for deadly in [*range(8, 20), 25, 30, 39]:
        with pytest.raises(Death):
            search(tmp_path / "run", 4, deadly, deadly, chance=chance)
        run, engine = search(tmp_path / "run", 4, deadly + 100, chance=chance)
        assert files(run) == files(whole)
        assert len(engine.evaluated) == 40 - deadly
        shutil.rmtree(run.path)


@pytest.mark.parametrize("chance", [0.3, FEW_SURVIVE_THE_FIRST])
def test_of_the_first_too_few_survivors_are_made_up_for_in_the_next_numbers(tmp_path, search, chance):
    run, _ = search(tmp_path / "run", chance=chance)
    genomes = [individual.canonical() for individual, _ in run.evaluations()]
    values = [one for _, one in run.evaluations()]
    assert len(genomes) == 40
    twice = {genome for genome in genomes if genomes.count(genome) == 2}
    first = [number for number in range(8) if values[number].status == "pruned"]
    assert len(twice) == 4 - (8 - len(first)) > 0
    assert twice == set(genomes[8 + 3 : 8 + 3 + len(twice)])  # three had begun when the eighth came in
    assert twice < {genomes[number] for number in first}
    assert {values[number].status for number in range(11, 11 + len(twice))} == {"ok"}


def test_what_is_pruned_may_be_a_parent_by_what_it_would_have_come_to(tmp_path, search):
    populations = []
    hooks = Hooks(on_generation=(lambda one: populations.append(deepcopy(one.population)),))
    run, _ = search(tmp_path / "run", hooks=hooks)
    ended = [values[0] for _, values in run.evaluations() if values.status == "ok"]
    last = populations[-1]
    assert len(last) == 8 < len(ended)
    assert {one.fitness.status for one in last} == {"ok", "pruned"}
    worst = min(one.estimate[0] for one in last)
    assert min(ended) < worst <= max(ended)


def test_the_screen_hears_what_the_pruned_would_have_come_to():
    class Pruner:
        def estimate(self, individual):
            return 0.4 if individual.fitness.status == "pruned" else None

    judging = Judging(Pruner(), None, 8)
    for status, value, expected in [("ok", 0.7, 0.7), ("failed", 0.0, 0.0), ("pruned", 0.0, 0.4)]:
        individual = Individual(SPACE.sample())
        individual.fitness.values = FitnessValues((value,), {"status": status})
        assert judging.score(individual) == (expected,)
