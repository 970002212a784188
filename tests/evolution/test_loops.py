"""The loops on stub fitness functions: no networks, milliseconds."""

import inspect
import random
from copy import deepcopy

import numpy as np
import pytest
from deap import algorithms, base, tools

from deap_nn.evolution import Generation, eaSteadyState, eaTruncation, survivor_count
from deap_nn.evolution.loop import Rows


class Fitness(base.Fitness):
    weights = (1.0,)


class Genome(list):
    """Lists within a list, as chromosomes are: a shallow copy would share them."""

    def __init__(self, chromosomes=()):
        super().__init__(chromosomes)
        self.fitness = Fitness()


def draw():
    return Genome([[random.random()] for _ in range(5)])


def mean(genome):
    return (sum(gene for (gene,) in genome) / len(genome),)


def mutate(genome):
    random.choice(genome)[0] = random.random()
    return (genome,)


def cross(one, two):
    return tools.cxTwoPoint(one, two)


@pytest.fixture
def toolbox():
    random.seed(1)
    toolbox = base.Toolbox()
    toolbox.register("individual", draw)
    toolbox.register("population", tools.initRepeat, list, draw)
    toolbox.register("mate", cross)
    toolbox.register("mutate", mutate)
    toolbox.register("select", tools.selBest)
    toolbox.register("evaluate", mean)
    return toolbox


def counting(toolbox):
    """Have the toolbox note everybody who is evaluated, by genome."""
    seen = []

    def evaluate(genome):
        seen.append(str(genome))
        return mean(genome)

    toolbox.register("evaluate", evaluate)
    return seen


def snapshots():
    """A hook, and what it saw: copies of each generation's individuals and the individuals themselves."""
    copies, originals = [], []

    def hook(generation):
        copies.append(deepcopy(generation.population))
        originals.append(list(generation.population))

    return hook, copies, originals


# --- in the place of eaSimple ---


LOOPS = pytest.mark.parametrize("loop", [eaTruncation, eaSteadyState])


@LOOPS
def test_it_takes_what_easimple_takes_and_its_own_by_keyword(loop):
    theirs = list(inspect.signature(algorithms.eaSimple).parameters.values())
    ours = list(inspect.signature(loop).parameters.values())
    assert [(p.name, p.kind) for p in ours[: len(theirs)]] == [(p.name, p.kind) for p in theirs]
    assert all(p.default is None for p in ours if p.name in ("stats", "halloffame"))
    assert {p.kind for p in ours[len(theirs) :]} == {inspect.Parameter.KEYWORD_ONLY}


@LOOPS
def test_it_returns_what_easimple_returns(toolbox, loop):
    results = []
    for one in (algorithms.eaSimple, loop):
        random.seed(5)
        stats = tools.Statistics(lambda genome: genome.fitness.values)
        stats.register("avg", np.mean)
        stats.register("max", np.max)
        halloffame = tools.HallOfFame(2)
        population = toolbox.population(n=10)
        returned, logbook = one(population, toolbox, 0.5, 0.5, 4, stats, halloffame, False)
        assert returned is population
        assert len(population) == 10
        assert all(isinstance(genome, Genome) and genome.fitness.valid for genome in population)
        assert halloffame[0].fitness.values[0] >= logbook[-1]["max"]
        results.append((type(logbook), logbook.header, logbook.select("gen"), logbook[0]["avg"]))
    assert results[0] == results[1]
    assert results[0][1] == ["gen", "nevals", "avg", "max"]


def test_without_statistics_the_header_is_gen_and_nevals(toolbox):
    _, logbook = eaTruncation(toolbox.population(n=6), toolbox, 1.0, 1.0, 0)
    assert logbook.header == ["gen", "nevals"]
    assert list(logbook) == [{"gen": 0, "nevals": 6}]


def test_verbose_prints_the_logbook_and_otherwise_nothing_is_printed(toolbox, capsys):
    eaTruncation(toolbox.population(n=6), toolbox, 1.0, 1.0, 1)
    assert capsys.readouterr().out == ""
    eaTruncation(toolbox.population(n=6), toolbox, 1.0, 1.0, 1, verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [["gen", "nevals"], ["0", "6"], ["1", "4"]]


# --- who survives, who is mutated ---


@pytest.mark.parametrize(
    ("share", "size", "kept"), [(0.2, 20, 4), (0.2, 25, 5), (0.2, 5, 2), (0.01, 100, 2), (0.5, 10, 5), (0.3, 18, 5)]
)
def test_the_share_that_survives_is_rounded_and_at_least_two(toolbox, share, size, kept):
    assert survivor_count(share, size) == kept == max(2, round(share * size))
    _, logbook = eaTruncation(toolbox.population(n=size), toolbox, 1.0, 1.0, 3, survivors=share)
    assert logbook.select("nevals")[0] == size
    assert max(logbook.select("nevals")[1:]) == size - kept


def test_the_very_best_survive_untouched_and_every_generation_has_the_same_size(toolbox):
    hook, copies, originals = snapshots()
    eaTruncation(toolbox.population(n=15), toolbox, 1.0, 1.0, 6, survivors=0.3, on_generation=[hook])
    assert [len(generation) for generation in copies] == [15] * 7
    for number in range(6):
        best = tools.selBest(copies[number], survivor_count(0.3, 15))
        survivors = copies[number + 1][: len(best)]
        assert survivors == best
        assert [s.fitness.values for s in survivors] == [b.fitness.values for b in best]
        # the very objects, and as they were: no later mutation reached them through a child
        assert all(any(s is o for o in originals[number]) for s in originals[number + 1][: len(best)])
        assert originals[number] == copies[number]


def test_only_offspring_are_given_to_mutate_and_all_of_them(toolbox):
    mutated, generations = [], []

    def note(genome):
        mutated.append(genome)
        return mutate(genome)

    toolbox.register("mutate", note)
    eaTruncation(
        toolbox.population(n=10), toolbox, 1.0, 1.0, 3, on_generation=[lambda g: generations.append(list(g.population))]
    )
    for before, after, batch in zip(
        generations, generations[1:], (mutated[:8], mutated[8:16], mutated[16:]), strict=False
    ):
        assert not any(child is old for child in batch for old in before)
        assert [id(child) for child in after[2:]] == [id(child) for child in batch]
    assert len(mutated) == 24


def test_a_child_shares_nothing_with_its_parents(toolbox):
    hook, _, originals = snapshots()
    eaTruncation(toolbox.population(n=10), toolbox, 1.0, 0.0, 3, on_generation=[hook])
    for generation in originals:
        chromosomes = [id(chromosome) for genome in generation for chromosome in genome]
        assert len(set(chromosomes)) == len(chromosomes)
        assert len({id(genome.fitness) for genome in generation}) == len(generation)


def test_children_are_mated_in_pairs_of_two_different_survivors(toolbox):
    pairs = []

    def note(one, two):
        pairs.append((deepcopy(one), deepcopy(two)))
        return cross(one, two)

    toolbox.register("mate", note)
    hook, copies, _ = snapshots()
    eaTruncation(toolbox.population(n=41), toolbox, 1.0, 1.0, 1, survivors=0.05, on_generation=[hook])
    best = tools.selBest(copies[0], 2)
    assert len(pairs) == 20  # for 39 children; the last one's twin has no place
    assert all(one in best and two in best and one != two for one, two in pairs)


# --- evaluations ---


def test_nobody_is_evaluated_twice(toolbox):
    seen = counting(toolbox)
    _, logbook = eaTruncation(toolbox.population(n=12), toolbox, 1.0, 1.0, 8)
    assert len(seen) == len(set(seen)) == sum(logbook.select("nevals"))


def test_a_child_that_is_like_its_parent_keeps_that_ones_fitness(toolbox):
    seen = counting(toolbox)
    population, logbook = eaTruncation(toolbox.population(n=12), toolbox, 0.0, 0.0, 5)
    assert logbook.select("nevals") == [12, 0, 0, 0, 0, 0]
    assert len(seen) == 12
    assert [genome.fitness.values for genome in population] == [mean(genome) for genome in population]
    toolbox.register("mate", lambda one, two: (two, one))  # each child is now the other parent
    _, logbook = eaTruncation(population, toolbox, 1.0, 0.0, 5)
    assert logbook.select("nevals") == [0] * 6


def test_who_comes_evaluated_is_not_evaluated_again(toolbox):
    population = toolbox.population(n=8)
    for genome in population[:3]:
        genome.fitness.values = mean(genome)
    _, logbook = eaTruncation(population, toolbox, 1.0, 1.0, 0)
    assert logbook[0]["nevals"] == 5


def test_a_mutated_child_loses_the_fitness_it_inherited(toolbox):
    population, _ = eaTruncation(toolbox.population(n=12), toolbox, 0.0, 1.0, 3)
    assert [genome.fitness.values for genome in population] == [mean(genome) for genome in population]


def test_all_go_through_the_toolboxes_map(toolbox):
    batches = []

    def batch(function, genomes):
        batches.append(len(genomes))
        return [function(genome) for genome in genomes]

    toolbox.register("map", batch)
    _, logbook = eaTruncation(toolbox.population(n=10), toolbox, 1.0, 1.0, 2)
    assert batches == logbook.select("nevals")


def test_a_map_that_loses_somebody_is_an_error(toolbox):
    toolbox.register("map", lambda function, genomes: [function(genome) for genome in genomes[1:]])
    with pytest.raises(ValueError, match="shorter"):
        eaTruncation(toolbox.population(n=10), toolbox, 1.0, 1.0, 2)


# --- its end ---


def test_it_stops_at_the_target_and_not_before(toolbox):
    _, logbook = eaTruncation(toolbox.population(n=10), toolbox, 1.0, 1.0, 200, target=0.8)
    hall = tools.HallOfFame(1)
    random.seed(1)
    bests = []
    eaTruncation(
        toolbox.population(n=10),
        toolbox,
        1.0,
        1.0,
        len(logbook) - 1,
        halloffame=hall,
        on_generation=[lambda generation: bests.append(generation.halloffame[0].fitness.values[0])],
    )
    assert 1 < len(logbook) < 200
    assert bests[-1] >= 0.8 > bests[-2]


def test_a_first_generation_that_reaches_the_target_is_the_last(toolbox):
    _, logbook = eaTruncation(toolbox.population(n=10), toolbox, 1.0, 1.0, 5, target=0.0)
    assert logbook.select("gen") == [0]


def test_to_reach_the_target_exactly_is_enough(toolbox):
    first = toolbox.population(n=10)
    best = max(toolbox.evaluate(individual)[0] for individual in first)
    _, logbook = eaTruncation(first, toolbox, 1.0, 1.0, 5, target=best)
    assert logbook.select("gen") == [0]


def test_hooks_see_every_generation_in_turn(toolbox):
    calls = []
    hall = tools.HallOfFame(1)
    hooks = (lambda g, name=name: calls.append((name, g, len(g.logbook))) for name in ("first", "second"))
    population, logbook = eaTruncation(
        toolbox.population(n=6), toolbox, 1.0, 1.0, 2, halloffame=hall, on_generation=hooks
    )
    assert [(name, g.number, rows) for name, g, rows in calls] == [
        (name, number, number + 1) for number in range(3) for name in ("first", "second")
    ]
    for _, generation, _ in calls:
        assert isinstance(generation, Generation)
        assert generation.population is population
        assert generation.halloffame is hall
        assert generation.logbook is logbook


def test_a_hook_that_returns_true_ends_the_loop_once_all_have_been_called(toolbox):
    numbers = []
    hooks = [lambda generation: generation.number == 2, lambda generation: numbers.append(generation.number)]
    _, logbook = eaTruncation(toolbox.population(n=6), toolbox, 1.0, 1.0, 9, on_generation=hooks)
    assert numbers == logbook.select("gen") == [0, 1, 2]


def test_the_same_seed_gives_the_same_search(toolbox):
    def search(seed):
        random.seed(seed)
        return eaTruncation(toolbox.population(n=10), toolbox, 0.7, 0.7, 5)

    assert search(3) == search(3)
    assert search(3) != search(4)


# --- what it refuses ---


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cxpb": 1.5}, "cxpb is 1.5, expected a probability from 0 to 1"),
        ({"mutpb": -0.1}, "mutpb is -0.1, expected a probability from 0 to 1"),
        ({"ngen": -1}, "ngen is -1, expected 0 or more generations"),
        ({"survivors": 0.0}, "survivors is 0.0, expected a share above 0 and below 1"),
        ({"survivors": 1}, "survivors is 1, expected a share above 0 and below 1"),
        ({"survivors": float("nan")}, "survivors is nan, expected a share"),
        ({"survivors": 0.95}, "of a population of 6, 6 would survive and leave no place"),
        ({"size": 2}, "of a population of 2, 2 would survive and leave no place"),
        ({"size": 0}, "of a population of 0, 2 would survive and leave no place"),
    ],
)
def test_an_argument_out_of_range_is_refused_before_anybody_is_evaluated(toolbox, arguments, message):
    seen = counting(toolbox)
    chosen = {"cxpb": 1.0, "mutpb": 1.0, "ngen": 1, "size": 6} | arguments
    population = toolbox.population(n=chosen.pop("size"))
    with pytest.raises(ValueError, match=message):
        eaTruncation(population, toolbox, **chosen)
    assert seen == []


@pytest.mark.parametrize("best", [0.9, 0.2])
def test_a_better_result_of_a_genome_takes_its_place_in_the_hall_of_fame(best):
    """As where a training was ended early, and went on."""
    halloffame = tools.HallOfFame(3)
    rows = Rows(None, halloffame, False, ())
    for gene, value in [(1, 0.0), (2, 0.0), (3, 0.4), (1, best), (3, 0.1)]:
        genome = Genome([[gene]])
        genome.fitness.values = (value,)
        rows.note(genome)
    expected = sorted([(best, 1), (0.4, 3), (0.0, 2)], reverse=True)
    assert [(one.fitness.values[0], one[0][0]) for one in halloffame] == expected
