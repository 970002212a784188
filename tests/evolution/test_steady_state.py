"""The steady state on stub fitness functions: no networks, milliseconds."""

import random
from contextlib import contextmanager
from copy import deepcopy

import numpy as np
import pytest
from deap import base, tools
from search_stubs import SPACE

from deap_nn.evolution import (
    Individual,
    Limit,
    NoMoreResults,
    eaSteadyState,
    limit_cost,
    make_steady,
    make_toolbox,
    selCrowdedTournament,
)
from deap_nn.random_stream import branch


class Fitness(base.Fitness):
    weights = (1.0,)


class Costs(base.Fitness):
    weights = (-1.0,)


class Genome(list):
    def __init__(self, genes=(), fitness=Fitness):
        super().__init__(genes)
        self.fitness = fitness()


def mean(genome):
    return (sum(genome) / len(genome),)


def mutate(genome):
    genome[random.randrange(len(genome))] = random.random()
    return (genome,)


def make(draw=lambda: Genome(random.random() for _ in range(5))):
    random.seed(1)
    toolbox = base.Toolbox()
    toolbox.register("individual", draw)
    toolbox.register("population", tools.initRepeat, list, draw)
    toolbox.register("mate", tools.cxTwoPoint)
    toolbox.register("mutate", mutate)
    toolbox.register("select", tools.selTournament, tournsize=3)
    toolbox.register("evaluate", mean)
    toolbox.register("stream", branch, 0)
    return toolbox


@pytest.fixture
def toolbox():
    return make()


class Workers:
    """So many workers, of which any may be the next to end; they note who was evaluated and how many were under way."""

    def __init__(self, toolbox, count, seed=0):
        self.evaluated, self.most = [], 0
        self._queue, self._count, self._random = [], count, random.Random(seed)
        toolbox.register("submit", self.submit)
        toolbox.register("next", self.next)

    def submit(self, function, genome):
        self._queue.append((object(), function, genome))
        self.most = max(self.most, len(self._queue))
        return self._queue[-1][0]

    def next(self):
        ticket, function, genome = self._queue.pop(self._random.randrange(min(self._count, len(self._queue))))
        self.evaluated.append(list(genome))
        return ticket, function(genome)


class Listener:
    """A screen that notes what it is told and asked, and takes the last candidate."""

    def __init__(self, candidates=1):
        self.candidates, self.told, self.asked = candidates, [], []

    def tell(self, individual, values):
        self.told.append((list(individual), values[0]))

    def choose(self, candidates, under_way, number):
        self.asked.append((number, len(self.told), len(under_way), [list(one) for one in candidates]))
        return len(candidates) - 1


def search(toolbox, size=6, ngen=5, **options):
    """The individuals in order of number, the last population, and the logbook."""
    listener = toolbox.screen = getattr(toolbox, "screen", None) or Listener()
    population, logbook = eaSteadyState(toolbox.population(n=size), toolbox, 1.0, 1.0, ngen, **options)
    return [genome for genome, _ in listener.told], [list(one) for one in population], list(logbook)


# --- in the place of eaSimple, besides what all loops have in common ---


def test_verbose_prints_the_logbook(toolbox, capsys):
    eaSteadyState(toolbox.population(n=6), toolbox, 1.0, 1.0, 1, verbose=True)
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["gen", "nevals"],
        ["0", "6"],
        ["1", "6"],
    ]


def test_it_gets_better(toolbox):
    first, last = tools.HallOfFame(1), tools.HallOfFame(1)
    eaSteadyState(toolbox.population(n=10), toolbox, 1.0, 1.0, 0, halloffame=first)
    eaSteadyState(toolbox.population(n=10), toolbox, 1.0, 1.0, 30, halloffame=last)
    assert last[0].fitness.values[0] > 0.85 > first[0].fitness.values[0]


# --- which children come from which parents ---


@pytest.mark.parametrize("lag", [1, 2, 4, 9])
def test_the_result_is_the_same_with_any_number_of_workers_in_whatever_order_they_end(lag):
    results = []
    for workers in range(1, lag + 1):
        for seed in range(3):
            toolbox = make()
            pool = Workers(toolbox, workers, seed)
            results.append(search(toolbox, lag=lag))
            assert pool.most == lag
    assert all(result == results[0] for result in results)


def test_another_lag_is_another_search():
    assert search(make(), lag=1) != search(make(), lag=2)


@pytest.mark.parametrize("lag", [1, 3, 8])
def test_a_child_knows_the_results_of_those_whose_numbers_are_lower_by_the_lag(lag):
    toolbox = make()
    toolbox.screen = Listener(candidates=4)
    Workers(toolbox, lag)
    search(toolbox, lag=lag)
    assert [one[:3] for one in toolbox.screen.asked] == [
        (number, number - lag, lag - 1) for number in range(max(7, lag + 2), 37)
    ]


def test_parents_are_those_whose_results_are_in(toolbox):
    """The first children of a lag beyond the population have no parents yet and are drawn."""
    seen = []
    toolbox.register("select", lambda parents, k: seen.append(len(parents)) or random.sample(parents, k))
    numbers, population, _ = search(toolbox, size=4, ngen=5, lag=10)
    assert len(numbers) == 24
    assert len(population) == 4
    assert seen[0] == 2  # number 12 knows the first two
    assert max(seen) == 4


def test_a_child_takes_the_place_of_the_worst_if_it_is_at_least_as_good(toolbox):
    values = iter([5.0, 3.0, 3.0, 4.0, 2.0, 3.0, 3.5, 9.0])
    toolbox.register("evaluate", lambda _: (next(values),))
    population = toolbox.population(n=4)
    kept = []
    toolbox.screen = Listener()
    toolbox.screen.tell = lambda individual, value: kept.append([one.fitness.values[0] for one in population])
    eaSteadyState(population, toolbox, 1.0, 1.0, 1, lag=1)
    kept.append([one.fitness.values[0] for one in population])
    assert kept[4:] == [[5, 3, 3, 4], [5, 3, 3, 4], [5, 3, 3, 4], [5, 3.5, 3, 4], [5, 3.5, 9, 4]]


def test_of_equals_the_later_one_stays(toolbox):
    toolbox.register("evaluate", lambda _: (1.0,))
    told, population, _ = search(toolbox, size=3, ngen=1, lag=1)
    assert population == [told[5], told[1], told[2]]  # each took the first place of the worst


def test_with_negative_weights_less_is_better():
    toolbox = make(lambda: Genome((random.random() for _ in range(5)), Costs))
    hall = tools.HallOfFame(1)
    told, _, _ = search(toolbox, ngen=20, halloffame=hall)
    assert hall[0].fitness.values[0] == min(mean(genome)[0] for genome in told) < 0.3
    assert toolbox.screen.told[0][1] == -mean(told[0])[0]  # a screen hears what is better as more


def test_each_child_has_a_stream_of_its_own(toolbox):
    """Whatever is drawn elsewhere, by operators or not at all."""
    first = search(toolbox)
    again = make()

    @contextmanager
    def noisy(number):
        random.random()
        with branch(0, number):
            yield

    again.register("stream", noisy)
    assert search(again) == first


def test_what_was_chosen_before_is_not_bred_again(toolbox):
    whole = search(toolbox)
    for known in range(37):
        replay, bred = make(), []

        def chosen(number, breed, known=known, bred=bred):
            if number <= known:
                return Genome(whole[0][number - 1])
            bred.append(number)
            return breed()

        replay.register("chosen", chosen)
        replay.screen = Listener(candidates=1)
        assert search(replay) == whole
        assert bred == list(range(known + 1, 37))


# --- nobody twice ---


def draw_few():
    return Genome(random.choice((0.0, 1.0)) for _ in range(4))


def flip(genome):
    place = random.randrange(4)
    genome[place] = 1.0 - genome[place]
    return (genome,)


def few():
    toolbox = make(draw_few)
    toolbox.register("mutate", flip)
    return toolbox


def test_no_genome_is_evaluated_twice_and_the_search_ends_where_nothing_is_new():
    for lag in (1, 3):
        toolbox = few()
        workers = Workers(toolbox, lag)
        _, _, logbook = search(toolbox, size=6, ngen=50, lag=lag)
        assert len(workers.evaluated) == len({tuple(one) for one in workers.evaluated}) == 16
        assert [row["nevals"] for row in logbook] == [6, 6, 4]


def test_a_first_population_of_equals_is_drawn_anew(toolbox):
    twin = Genome([0.5] * 5)
    workers = Workers(toolbox, 2)
    eaSteadyState([twin, deepcopy(twin), deepcopy(twin)], toolbox, 1.0, 1.0, 0)
    assert len({tuple(one) for one in workers.evaluated}) == 3
    assert list(twin) in workers.evaluated


def test_who_comes_evaluated_is_not_evaluated_again(toolbox):
    population = toolbox.population(n=8)
    for genome in population[:3]:
        genome.fitness.values = mean(genome)
    workers = Workers(toolbox, 2)
    _, logbook = eaSteadyState(population, toolbox, 1.0, 1.0, 1)
    assert logbook.select("nevals") == [5, 8]
    assert len(workers.evaluated) == 13


def test_of_several_candidates_all_are_new_and_different_and_one_is_evaluated():
    toolbox = few()
    toolbox.screen = Listener(candidates=5)
    workers = Workers(toolbox, 3)
    search(toolbox, size=4, ngen=2, lag=3)
    chosen = []
    for number, told, under_way, candidates in toolbox.screen.asked:
        before = [tuple(one) for one, _ in toolbox.screen.told[: number - 1]]
        assert 2 <= len({tuple(one) for one in candidates} - set(before)) == len(candidates) <= 5
        assert (told, under_way) == (number - 3, 2)
        chosen.append(candidates[-1])
    told = [one for one, _ in toolbox.screen.told]
    assert [told[number - 1] for number, *_ in toolbox.screen.asked] == chosen
    assert len(workers.evaluated) == 12


def test_what_is_bred_again_is_reported():
    toolbox, made, avoided = few(), [], []
    toolbox.register("avoided", lambda: avoided.append(len(made)))
    toolbox.register("select", lambda parents, k: made.append(k) or random.sample(parents, k))
    told, _, _ = search(toolbox, size=6, ngen=50, lag=1)
    drawn_anew = sum(tried == 0 for tried in avoided)
    assert len(told) == 16
    assert len(made) >= 10
    assert len(avoided) - drawn_anew >= len(made) - 10


def test_a_child_is_no_parent_of_itself(toolbox):
    """What a child becomes changes nobody who was there before."""
    seen = []
    eaSteadyState(
        toolbox.population(n=6), toolbox, 1.0, 1.0, 9, on_generation=[lambda g: seen.extend(map(id, g.population))]
    )
    population, _ = eaSteadyState(toolbox.population(n=6), toolbox, 1.0, 1.0, 9)
    assert all(one.fitness.values == mean(one) for one in population)


# --- its end ---


def number_that_stops(make_stop, lag, workers):
    toolbox = make()
    pool = Workers(toolbox, workers, seed=workers)
    told, population, logbook = search(toolbox, lag=lag, **make_stop())
    assert set(map(tuple, told)) <= set(map(tuple, pool.evaluated))
    return told, population, logbook


@pytest.mark.parametrize("workers", [2, 3, 4])
@pytest.mark.parametrize(
    "options",
    [{"target": 0.75}, {"patience": 5}, {"evaluations": 15}, {"evaluations": 3}, {"patience": 1}],
    ids=str,
)
def test_stops_are_decided_in_the_order_of_the_numbers(options, workers):
    assert number_that_stops(lambda: options, 4, 1) == number_that_stops(lambda: options, 4, workers)


def test_it_stops_with_the_first_child_that_reaches_the_target():
    told, _, logbook = search(make(), target=0.75, ngen=50)
    reached = [mean(one)[0] >= 0.75 for one in told]
    assert reached.index(True) == len(told) - 1
    assert sum(row["nevals"] for row in logbook) == len(told) < 306
    minimum = min(mean(one)[0] for one in told)
    costs = make(lambda: Genome((random.random() for _ in range(5)), Costs))
    told, _, _ = search(costs, target=0.2, ngen=50)
    assert mean(told[-1])[0] <= 0.2 < min(mean(one)[0] for one in told[:-1])
    assert minimum > 0


def test_it_stops_after_so_many_evaluations_without_a_new_best():
    told, _, _ = search(make(), patience=7, ngen=50)
    values = [mean(one)[0] for one in told]
    assert values.index(max(values)) == len(values) - 1 - 7
    bests = [value == max(values[: place + 1]) for place, value in enumerate(values)]
    assert not any(not any(bests[place : place + 7]) for place in range(len(values) - 7))


@pytest.mark.parametrize(("evaluations", "rows"), [(3, [3]), (6, [6]), (7, [6, 1]), (12, [6, 6]), (99, [6, 6, 6])])
def test_it_stops_after_so_many_evaluations_or_generations(evaluations, rows):
    seen = []
    told, population, logbook = search(
        make(), ngen=2, evaluations=evaluations, on_generation=[lambda g: seen.append((g.number, g.complete))]
    )
    assert [row["nevals"] for row in logbook] == rows
    assert len(told) == sum(rows)
    assert len(population) == min(6, evaluations)
    assert seen == [(number, nevals == 6) for number, nevals in enumerate(rows)]


@pytest.mark.parametrize(("results", "rows"), [(0, []), (5, [5]), (12, [6, 6]), (15, [6, 6, 3])])
def test_where_no_more_results_come_the_last_row_has_those_that_came(results, rows):
    toolbox, seen = make(), []
    workers = Workers(toolbox, 1)

    def take():
        if len(workers.evaluated) == results:
            raise NoMoreResults("the time is over")
        return workers.next()

    toolbox.register("next", take)
    with pytest.raises(NoMoreResults, match="the time is over"):
        search(toolbox, on_generation=[lambda g: seen.append((g.logbook[-1]["nevals"], g.complete))])
    assert seen == [(nevals, nevals == 6) for nevals in rows]


def test_a_hook_that_returns_true_ends_the_loop_once_all_have_been_called(toolbox):
    numbers = []
    hooks = [lambda generation: generation.number == 2, lambda generation: numbers.append(generation.number)]
    _, _, logbook = search(toolbox, ngen=9, on_generation=hooks)
    assert numbers == [row["gen"] for row in logbook] == [0, 1, 2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cxpb": 1.5}, "cxpb is 1.5, expected a probability from 0 to 1"),
        ({"ngen": -1}, "ngen is -1, expected 0 or more generations"),
        ({"lag": 0}, "lag is 0, expected 1 child or more"),
        ({"lag": 2.0}, "lag is 2.0, expected 1 child or more"),
        ({"patience": 0}, "patience is 0, expected 1 evaluation or more, or None"),
        ({"evaluations": 0}, "evaluations is 0, expected 1 evaluation or more, or None"),
        ({"size": 1}, "received a population of 1, expected at least 2"),
    ],
)
def test_an_argument_out_of_range_is_refused_before_anybody_is_evaluated(toolbox, arguments, message):
    workers = Workers(toolbox, 1)
    chosen = {"cxpb": 1.0, "mutpb": 1.0, "ngen": 1, "size": 6} | arguments
    population = toolbox.population(n=chosen.pop("size"))
    with pytest.raises(ValueError, match=message):
        eaSteadyState(population, toolbox, **chosen)
    assert workers.evaluated == []


# --- on the toolbox of a search space ---


def units(individual):
    return (float(sum(layer.genes.get("units", 0) for layer in individual)),)


def of_space(probability=0.1):
    random.seed(1)
    toolbox = make_toolbox(SPACE, evaluate=units, mutation_probability=probability)
    make_steady(toolbox, SPACE, "both", probability)
    toolbox.register("stream", branch, 0)
    return toolbox


@pytest.mark.parametrize("probability", [0.01, 0.1, 1.0])
def test_at_least_one_gene_mutates(probability):
    toolbox = of_space(probability)
    for _ in range(50):
        individual = toolbox.individual()
        (child,) = toolbox.mutate(toolbox.clone(individual))
        assert child != individual
        SPACE.validate(child)


def test_without_mutation_children_are_recombined_or_drawn():
    toolbox = of_space(0.0)
    individual = toolbox.individual()
    assert toolbox.mutate(toolbox.clone(individual)) == (individual,)
    _, logbook = eaSteadyState(toolbox.population(n=6), toolbox, 1.0, 1.0, 3)
    assert logbook.select("nevals") == [6] * 4


def test_what_costs_too_much_is_not_bred():
    toolbox = of_space()
    limit_cost(toolbox, Limit(lambda individual: units(individual)[0], 300.0))
    hall = tools.HallOfFame(1)
    eaSteadyState(toolbox.population(n=6), toolbox, 1.0, 1.0, 10, halloffame=hall)
    assert hall[0].fitness.values[0] == 300.0 or 200 < hall[0].fitness.values[0] < 300


def test_equal_genomes_are_known_whatever_the_order_of_their_genes():
    toolbox = of_space()
    one = toolbox.individual()
    other = Individual.from_json(
        [{"kind": c["kind"], "genes": dict(reversed(c["genes"].items()))} for c in one.to_json()]
    )
    assert toolbox.key(one) == toolbox.key(other)
    assert toolbox.key(one) != toolbox.key(toolbox.mutate(toolbox.clone(one))[0])


# --- several objectives ---


class Two(base.Fitness):
    weights = (1.0, -1.0)


def test_a_toolbox_says_who_survives_where_a_fitness_has_several_values():
    """With DEAP's own `selNSGA2`, the population spreads over the front: first values to 1, second their squares."""
    toolbox = make(lambda: Genome((random.random() for _ in range(5)), Two))
    toolbox.register("evaluate", lambda genome: (genome[0], genome[0] ** 2 + sum(genome[1:])))
    toolbox.register("select", selCrowdedTournament, tournsize=3)
    toolbox.register("survive", tools.selNSGA2)
    front = tools.ParetoFront()
    _, population, logbook = search(toolbox, size=12, ngen=100, halloffame=front)
    assert len(population) == 12
    spread = [one.fitness.values for one in front]
    assert min(first for first, _ in spread) < 0.1
    assert max(first for first, _ in spread) > 0.9
    assert np.mean([second - first**2 for first, second in spread]) < 0.2
    patient = make(lambda: Genome((random.random() for _ in range(5)), Two))
    patient.register("evaluate", lambda genome: (1.0, 1.0) if genome[0] < 0.9 else (2.0, 2.0))
    _, _, logbook = search(patient, ngen=100, patience=7, lag=1)
    assert sum(row["nevals"] for row in logbook) < 60
