"""One contract over every operator, then exact cases, then DEAP's own operators as oracles."""

import inspect
import random
from collections import Counter
from copy import deepcopy

import pytest
from deap import algorithms, base, tools
from hypothesis import given
from hypothesis import strategies as st
from space_strategies import FUZZ, search_spaces

from deap_nn.evolution import FitnessValues, Individual, operators
from deap_nn.evolution.operators import (
    cxTwoPointGenes,
    cxWholeLayer,
    initIndividual,
    mutChoices,
    mutDuplicateLayer,
    mutGaussianGenes,
    mutInsertLayer,
    mutRemoveLayer,
    selTruncation,
)
from deap_nn.space import TRAINING, Block, Choice, Chromosome, Float, Integer, LayerKind, SearchSpace
from deap_nn.space.presets import DEEP, MODERN

# A new operator is under the contract as soon as it is public.
OPERATORS = {
    name: operator
    for name, operator in vars(operators).items()
    if name.startswith(("cx", "mut")) and callable(operator)  # `mutation` is a module
}
WITH_PROBABILITY = [n for n, operator in OPERATORS.items() if "indpb" in inspect.signature(operator).parameters]
CASES = [(name, {}) for name in OPERATORS]
CASES += [(name, {"indpb": indpb}) for name in WITH_PROBABILITY for indpb in (0.0, 0.5, 1.0)]

seeds = st.integers(0, 999)


def parents_for(name, space, seed):
    """Evaluated individuals of the space, as many as the operator takes, moved away from the start ranges."""
    random.seed(seed)
    parents = [initIndividual(Individual, space) for _ in range(2 if name.startswith("cx") else 1)]
    for parent in parents:
        mutGaussianGenes(parent, space, 0.5, 0.5)
        parent.fitness.values = FitnessValues((random.random(),), {"seed": seed})
    return parents


def operate(name, parents, space, seed, settings):
    random.seed(seed)
    return OPERATORS[name](*parents, *(() if name.startswith("cx") else (space,)), **settings)


def genes_of(*individuals):
    """Every value by the kind and gene it belongs to, counted."""
    return Counter(
        (chromosome.kind, name, repr(value))
        for individual in individuals
        for chromosome in individual
        for name, value in chromosome.genes.items()
    )


def layers_of(*individuals):
    """Every layer, counted."""
    return Counter(repr(layer) for individual in individuals for layer in individual if layer.kind != TRAINING)


def depths(individual):
    return Counter(chromosome.kind for chromosome in individual)


def test_the_contract_covers_what_is_public():
    assert set(OPERATORS) == {name for name in operators.__all__ if name.startswith(("cx", "mut"))}
    assert len(OPERATORS) >= 7 and len(WITH_PROBABILITY) >= 6


@pytest.mark.parametrize(("name", "settings"), CASES)
@FUZZ
@given(space=search_spaces() | st.sampled_from([DEEP, MODERN]), seed=seeds)
def test_contract(name, settings, space, seed):
    parents = parents_for(name, space, seed)
    before, twins, clones = deepcopy(parents), deepcopy(parents), deepcopy(parents)
    fitnesses = [parent.fitness for parent in parents]
    result = operate(name, parents, space, seed, settings)

    # In place: a tuple of the very individuals that came in, of their own type, with their fitness untouched.
    assert type(result) is tuple and len(result) == len(parents)
    assert all(child is parent and type(child) is Individual for child, parent in zip(result, parents, strict=True))
    for parent, fitness, old in zip(parents, fitnesses, before, strict=True):
        assert parent.fitness is fitness
        assert fitness.values == old.fitness.values and fitness.record == old.fitness.record
    # Inside every limit, each value of its gene's own type.
    for child in result:
        space.validate(child)
    # The same random state gives the same children.
    assert operate(name, twins, space, seed, settings) == result
    # Nothing that one individual holds is held a second time, nor by the copies made before.
    chromosomes = [c for group in (result, before, clones) for individual in group for c in individual]
    assert len({id(c) for c in chromosomes}) == len({id(c.genes) for c in chromosomes}) == len(chromosomes)
    assert before == clones
    if settings.get("indpb") == 0.0:
        assert list(result) == before


@pytest.mark.parametrize("name", WITH_PROBABILITY)
@pytest.mark.parametrize("indpb", [-0.1, 1.1, float("nan")])
def test_probabilities_are_checked(name, indpb):
    with pytest.raises(ValueError, match=f"indpb is {indpb!r}; expected a probability in 0..1"):
        operate(name, parents_for(name, DEEP, 1), DEEP, 1, {"indpb": indpb})


# --- crossover: nothing is lost, nothing is made ---


@pytest.mark.parametrize("settings", [{}, {"indpb": 0.5}, {"indpb": 1.0}])
@FUZZ
@given(space=search_spaces() | st.just(DEEP), seed=seeds)
def test_whole_layer_crossover_deals_whole_layers(settings, space, seed):
    parents = parents_for("cx", space, seed)
    before = deepcopy(parents)
    cxWholeLayer(*parents, **settings)
    assert layers_of(*parents) == layers_of(*before)
    assert genes_of(*parents) == genes_of(*before)
    for child in parents:
        for kind, depth in depths(child).items():
            assert depth in {depths(parent)[kind] for parent in before}


@FUZZ
@given(space=search_spaces() | st.just(DEEP), seed=seeds)
def test_two_point_crossover_exchanges_genes_of_one_place(space, seed):
    parents = parents_for("cx", space, seed)
    before = deepcopy(parents)
    cxTwoPointGenes(*parents)
    assert genes_of(*parents) == genes_of(*before)
    assert [depths(child) for child in parents] == [depths(parent) for parent in before]


# --- crossover: exact cases ---


def layer(kind, **genes):
    return Chromosome(kind, genes)


def parent(letter, **kinds):
    """Layers such as conv(name='A1'), then training settings."""
    named = [layer(kind, name=f"{letter}{kind}{i}") for kind, depth in kinds.items() for i in range(1, depth + 1)]
    return Individual([*named, layer(TRAINING, epochs=f"{letter}epochs", optimizer=f"{letter}optimizer")])


def values(individual):
    return " ".join(value for chromosome in individual for value in chromosome.genes.values())


@pytest.mark.parametrize(
    ("depths1", "depths2", "child1", "child2"),
    [
        (
            {"c": 2},
            {"c": 2},
            "Ac1 Bc2 Aepochs Boptimizer",
            "Bc1 Ac2 Bepochs Aoptimizer",
        ),
        (
            {"c": 3},
            {"c": 3},
            "Ac1 Bc2 Ac3 Bepochs Aoptimizer",
            "Bc1 Ac2 Bc3 Aepochs Boptimizer",
        ),
        ({}, {}, "Aepochs Boptimizer", "Bepochs Aoptimizer"),
        # The tail of the deeper parent takes its turn after the pairs of its kind.
        (
            {"c": 1, "d": 1},
            {"c": 3, "d": 1},
            "Ac1 Bc2 Bc3 Ad1 Bepochs Aoptimizer",
            "Bc1 Bd1 Aepochs Boptimizer",
        ),
        (
            {"c": 4},
            {"c": 2},
            "Ac1 Bc2 Ac3 Ac4 Bepochs Aoptimizer",
            "Bc1 Ac2 Aepochs Boptimizer",
        ),
        # A kind that one parent lacks is a tail against nothing.
        ({"c": 1}, {"c": 1, "d": 2}, "Ac1 Bd1 Bd2 Aepochs Boptimizer", "Bc1 Bepochs Aoptimizer"),
        # Different kinds in the same place: one pair, so that their order never comes into question.
        ({"c": 1, "d": 2}, {"c": 1, "e": 1}, "Ac1 Be1 Aepochs Boptimizer", "Bc1 Ad1 Ad2 Bepochs Aoptimizer"),
    ],
)
def test_in_turn(depths1, depths2, child1, child2):
    random.seed(1)
    state = random.getstate()
    children = cxWholeLayer(parent("A", **depths1), parent("B", **depths2))
    assert [values(child) for child in children] == [child1, child2]
    assert random.getstate() == state


def test_in_turn_follows_the_first_parents_order_of_genes():
    one, two = parent("A"), parent("B")
    two[0].genes = dict(reversed(two[0].genes.items()))
    cxWholeLayer(one, two)
    assert one[0].genes == {"epochs": "Aepochs", "optimizer": "Boptimizer"}


def test_with_probability_one_everything_is_exchanged():
    one, two = cxWholeLayer(parent("A", c=1, d=2), parent("B", c=3, d=1), indpb=1.0)
    assert values(one) == "Bc1 Bc2 Bc3 Bd1 Bepochs Boptimizer"
    assert values(two) == "Ac1 Ad1 Ad2 Aepochs Aoptimizer"


@pytest.mark.parametrize(
    ("draws", "child1"),
    [
        # Loci are c1, c2, d1, epochs, optimizer; the second draw counts past the first.
        ((1, 1), "Ac1 Bc2 Ad1 Aepochs Aoptimizer"),
        ((4, 2), "Ac1 Ac2 Bd1 Bepochs Aoptimizer"),
        ((1, 4), "Ac1 Bc2 Bd1 Bepochs Boptimizer"),
        ((5, 4), "Ac1 Ac2 Ad1 Aepochs Boptimizer"),
    ],
)
def test_two_points_across_the_borders_of_layers(monkeypatch, draws, child1):
    drawn = iter(draws)
    monkeypatch.setattr(random, "randint", lambda low, high: next(drawn))
    one, two = cxTwoPointGenes(parent("A", c=2, d=1), parent("B", c=2, d=1))
    assert values(one) == child1
    assert values(two) == child1.translate(str.maketrans("AB", "BA"))


def test_two_point_crossover_leaves_layers_without_partner_where_they_are(monkeypatch):
    # Loci are c1, epochs, optimizer: c2, c3 and the unlike kinds d and e have no partner.
    draws = iter((1, 2))
    monkeypatch.setattr(random, "randint", lambda low, high: next(draws))
    one, two = cxTwoPointGenes(parent("A", c=1, d=1), parent("B", c=3, e=1))
    assert values(one) == "Ac1 Ad1 Bepochs Boptimizer"
    assert values(two) == "Bc1 Bc2 Bc3 Be1 Aepochs Aoptimizer"


def test_two_point_crossover_of_a_single_gene_changes_nothing():
    parents = [Individual([layer(TRAINING, epochs=epochs)]) for epochs in (5, 25)]
    assert list(cxTwoPointGenes(*deepcopy(parents))) == parents
    assert cxTwoPointGenes(Individual([layer(TRAINING)]), Individual([layer(TRAINING)]))[0] == [layer(TRAINING)]


def test_layers_of_two_blocks_of_one_kind_pair_within_their_blocks():
    one, two = cxWholeLayer(parent("A", stage1=1, stage2=2), parent("B", stage1=2, stage2=1), indpb=1.0)
    assert values(one) == "Bstage11 Bstage12 Bstage21 Bepochs Boptimizer"
    assert [c.kind for c in one[:-1]] == ["stage1", "stage1", "stage2"]
    assert values(two) == "Astage11 Astage21 Astage22 Aepochs Aoptimizer"


@pytest.mark.parametrize("mutate", [mutInsertLayer, mutDuplicateLayer])
def test_a_new_layer_belongs_to_the_block_that_it_is_inserted_into(mutate):
    random.seed(1)
    narrow = LayerKind("conv", {"filters": Integer(1, 2)})
    wide = LayerKind("conv", {"filters": Integer(8, 9)})
    training = LayerKind(TRAINING, {"epochs": Integer(1, 2)})
    space = SearchSpace("s", (Block(narrow, 1, 9, name="stage1"), Block(wide, 1, 9, name="stage2")), training)
    individual = Individual([layer("stage1", filters=1), layer("stage2", filters=8), layer(TRAINING, epochs=1)])
    for _ in range(5):
        mutate(individual, space, 1.0)
    space.validate(individual)
    assert depths(individual) == {"stage1": 6, "stage2": 6, TRAINING: 1}


@pytest.mark.parametrize("crossover", [cxWholeLayer, cxTwoPointGenes])
def test_parents_of_different_spaces_are_refused(crossover):
    with pytest.raises(ValueError, match="same kinds in different orders; expected parents of one space"):
        crossover(parent("A", c=1, d=1), parent("B", d=1, c=1))
    with pytest.raises(ValueError, match=r"\['epochs'\] and \['rate'\]; expected parents of one space"):
        crossover(Individual([layer(TRAINING, epochs=5)]), Individual([layer(TRAINING, rate=5)]))


# --- crossover: DEAP's own as oracle ---


def one_gene_parents(size):
    """Two individuals of kinds a, a, ..., b, b, ..., training with one gene each; their values as plain lists."""
    kinds = ["a"] * (size // 2) + ["b"] * (size - 1 - size // 2) + [TRAINING]
    lists = [[f"{letter}{place}" for place in range(size)] for letter in "AB"]
    return [Individual([layer(k, gene=v) for k, v in zip(kinds, row, strict=True)]) for row in lists], lists


@FUZZ
@given(size=st.integers(1, 9), indpb=st.floats(0.0, 1.0), seed=seeds)
def test_whole_layer_crossover_equals_deaps_uniform(size, indpb, seed):
    parents, lists = one_gene_parents(size)
    random.seed(seed)
    tools.cxUniform(*lists, indpb)
    state = random.getstate()
    random.seed(seed)
    cxWholeLayer(*parents, indpb=indpb)
    assert [values(child).split() for child in parents] == lists
    assert random.getstate() == state


@FUZZ
@given(size=st.integers(2, 9), seed=seeds)
def test_two_point_crossover_equals_deaps(size, seed):
    parents, lists = one_gene_parents(size)
    random.seed(seed)
    tools.cxTwoPoint(*lists)
    state = random.getstate()
    random.seed(seed)
    cxTwoPointGenes(*parents)
    assert [values(child).split() for child in parents] == lists
    assert random.getstate() == state


# --- mutation of genes ---


def changed(space, mutate, seed):
    """Yield (gene, value before, value after) for every gene of an individual that was mutated."""
    (individual,) = parents_for("mut", space, seed)
    before = deepcopy(individual)
    mutate(individual)
    assert depths(individual) == depths(before)
    for old, new in zip(before, individual, strict=True):
        for name, gene in space.kind(new.kind).genes.items():
            yield gene, old.genes[name], new.genes[name]


@FUZZ
@given(space=search_spaces(), seed=seeds, sigma=st.sampled_from([1e-6, 0.1, 3.0]))
def test_gaussian_mutation_changes_exactly_the_numeric_genes_that_can_change(space, seed, sigma):
    for gene, old, new in changed(space, lambda ind: mutGaussianGenes(ind, space, 1.0, sigma), seed):
        # Nothing can be said of a float whose whole range is a few units in the last place; listed ones always move.
        if (
            isinstance(gene, Float)
            and gene.values is None
            and gene.high - gene.low < 1e-3 * max(1.0, -gene.low, gene.high)
        ):
            continue
        assert (old != new) == (not isinstance(gene, Choice) and not gene.is_constant)


@FUZZ
@given(space=search_spaces(), seed=seeds)
def test_choice_mutation_changes_exactly_the_categorical_genes_that_can_change(space, seed):
    for gene, old, new in changed(space, lambda ind: mutChoices(ind, space, 1.0), seed):
        assert (old != new) == (isinstance(gene, Choice) and not gene.is_constant)


def one_kind(gene, count=1):
    """A space whose only genes are `count` equal ones in the training settings."""
    return SearchSpace("one", (), LayerKind(TRAINING, {f"gene{i}": gene for i in range(count)}))


def mutated(gene, value, mutate, count=1):
    space = one_kind(gene, count)
    individual = Individual([Chromosome(TRAINING, {f"gene{i}": value for i in range(count)})])
    mutate(individual, space)
    space.validate(individual)
    return list(individual[0].genes.values())


@pytest.mark.parametrize(
    ("gene", "value", "mutate"),
    [(Float(0.0, 1.0), 0.5, mutGaussianGenes), (Choice(("relu", "tanh", "elu")), "relu", mutChoices)],
)
def test_one_gene_in_ten_mutates_by_default(gene, value, mutate):
    random.seed(1)
    assert 150 < sum(new != value for new in mutated(gene, value, mutate, count=2000)) < 250


@pytest.mark.parametrize(
    ("gene", "value"), [(Float(-2.0, 6.0), 2.0), (Float(1e-5, 1e-1, log=True), 1e-3), (Integer(0, 1000), 500)]
)
def test_sigma_is_a_fraction_of_the_genes_own_scale(gene, value):
    random.seed(1)
    moved = mutated(gene, value, lambda ind, space: mutGaussianGenes(ind, space, 1.0, 0.05), count=2000)
    steps = [gene.to_unit(new) - 0.5 for new in moved]
    assert sum(steps) / 2000 == pytest.approx(0.0, abs=0.005)
    assert sum(step * step for step in steps) / 2000 == pytest.approx(0.05**2, rel=0.1)


@pytest.mark.parametrize(
    ("gene", "value", "step", "expected"),
    [
        (Float(0.0, 1.0), 0.5, 0.25, 0.75),
        (Float(0.0, 1.0), 0.75, 0.5, 0.75),  # 1.25 is mirrored at 1
        (Float(0.0, 1.0), 0.25, -0.75, 0.5),  # -0.5 is mirrored at 0
        (Float(0.0, 1.0), 0.5, 2.25, 0.75),  # 2.75 is mirrored at 1 and at 0
        (Float(0.0, 1.0), 0.5, -3.75, 0.75),  # -3.25 likewise, and at 1 again
        (Float(0.0, 0.5), 0.25, 0.25, 0.375),
        (Float(1e-4, 1e-2, log=True), 1e-3, -0.25, 10**-3.5),
        (Integer(16, 256, step=16), 128, 0.15, 160),
        (Integer(1, 7), 7, 0.5, 4),
        (Integer(values=(16, 32, 64, 128, 512)), 64, 0.3, 128),
        (Integer(values=(16, 32, 64, 128, 512)), 512, 0.3, 128),  # 1.3 is mirrored at 1
        (Float(values=(5e-4, 1e-3, 5e-3)), 1e-3, -0.3, 5e-4),
    ],
)
def test_gaussian_steps_by_hand(monkeypatch, gene, value, step, expected):
    monkeypatch.setattr(random, "gauss", lambda mu, sigma: step)
    (moved,) = mutated(gene, value, lambda ind, space: mutGaussianGenes(ind, space, 1.0))
    assert moved == pytest.approx(expected)


def test_a_whole_number_is_redrawn_until_it_changes(monkeypatch):
    steps = iter([0.0, 0.01, -0.01, 0.2])
    monkeypatch.setattr(random, "gauss", lambda mu, sigma: next(steps))
    assert mutated(Integer(0, 10), 5, lambda ind, space: mutGaussianGenes(ind, space, 1.0)) == [7]
    assert next(steps, None) is None


@pytest.mark.parametrize(("value", "expected"), [(16, {32}), (32, {16, 48}), (48, {32})])
def test_a_whole_number_that_redraws_do_not_move_goes_one_step(monkeypatch, value, expected):
    random.seed(1)
    monkeypatch.setattr(random, "gauss", lambda mu, sigma: 0.0)
    gene = Integer(16, 48, step=16)
    moved = mutated(gene, value, lambda ind, space: mutGaussianGenes(ind, space, 1.0), count=50)
    assert set(moved) == expected


LISTED = [Integer(values=(1, 2, 4, 8, 512)), Float(values=(1e-6, 1e-5, 1e-3, 0.5, 7.0))]


@pytest.mark.parametrize("gene", LISTED)
@pytest.mark.parametrize("sigma", [1e-9, 0.1])
def test_a_listed_value_always_moves_and_mostly_to_a_neighbour(gene, sigma):
    random.seed(1)
    for value in gene.values:
        moved = Counter(mutated(gene, value, lambda ind, space: mutGaussianGenes(ind, space, 1.0, sigma), count=300))
        assert value not in moved
        near = [moved[neighbour] for neighbour in gene.neighbours(value)]
        assert sum(near) > 290 and min(near) > 100
        assert sigma == 0.1 or sum(near) == 300


@pytest.mark.parametrize("gene", LISTED)
def test_large_steps_reach_every_listed_value_start_or_not(gene):
    random.seed(1)
    first, *others = gene.values
    gene = type(gene)(values=gene.values, start=(first,))
    moved = mutated(gene, first, lambda ind, space: mutGaussianGenes(ind, space, 1.0, 2.0), count=200)
    assert set(moved) == set(others)
    unmoved = mutated(gene, first, lambda ind, space: mutChoices(ind, space, 1.0), count=20)
    assert set(unmoved) == {first}


def test_mutation_goes_beyond_the_start_range_up_to_the_limits():
    random.seed(1)
    gene = Integer(1, 7, start=(3,))
    moved = mutated(gene, 3, lambda ind, space: mutGaussianGenes(ind, space, 1.0, 1.0), count=300)
    assert set(moved) == {1, 2, 4, 5, 6, 7}


def test_choices_are_equally_likely():
    random.seed(1)
    gene = Choice(("relu", "tanh", "elu", "gelu"))
    counts = Counter(mutated(gene, "tanh", lambda ind, space: mutChoices(ind, space, 1.0), count=900))
    assert set(counts) == {"relu", "elu", "gelu"} and min(counts.values()) > 250


@pytest.mark.parametrize("sigma", [0.0, -0.1, float("nan")])
def test_sigma_is_checked(sigma):
    with pytest.raises(ValueError, match=f"sigma is {sigma!r}; expected a number greater than 0"):
        mutGaussianGenes(Individual(DEEP.sample()), DEEP, 0.1, sigma)


def test_mutation_does_not_depend_on_the_order_of_a_chromosomes_genes():
    (individual,) = parents_for("mut", MODERN, 1)
    turned = Individual(Chromosome(c.kind, dict(reversed(c.genes.items()))) for c in individual)
    for one in (individual, turned):
        random.seed(2)
        mutGaussianGenes(one, MODERN, 0.5)
        mutChoices(one, MODERN, 0.5)
    assert individual == turned


# --- mutation of depth ---

UNITS = LayerKind("u", {"name": Choice(("1", "2", "3", "new"))}, takes="flat")
REST = LayerKind("v", {"name": Choice(("1", "new"))}, takes="flat")
LAYERED = SearchSpace("layered", (Block(UNITS, 1, 4), Block(REST, 0, 1)), LayerKind(TRAINING, {}))


def layered(names, rest=""):
    return Individual([*(layer("u", name=n) for n in names), *(layer("v", name=n) for n in rest), layer(TRAINING)])


def outcomes(mutate, names, rest):
    """All children that some random state gives, as strings."""
    found = set()
    for seed in range(60):
        individual = layered(names, rest)
        random.seed(seed)
        mutate(individual, LAYERED, 1.0)
        LAYERED.validate(individual)
        kinds = {kind: "".join(c.genes["name"][0] for c in individual if c.kind == kind) for kind in "uv"}
        found.add(f"{kinds['u']}/{kinds['v']}")
    return found


@pytest.mark.parametrize(
    ("mutate", "names", "rest", "expected"),
    [
        (mutRemoveLayer, "123", "1", {"23/", "13/", "12/"}),
        (mutRemoveLayer, "1", "", {"1/"}),
        (mutDuplicateLayer, "123", "1", {"1123/1", "1223/1", "1233/1"}),
        (mutDuplicateLayer, "1", "", {"11/"}),
        (mutDuplicateLayer, "1233", "1", {"1233/1"}),
        (mutInsertLayer, "1233", "1", {"1233/1"}),
    ],
)
def test_depth_by_hand(mutate, names, rest, expected):
    assert outcomes(mutate, names, rest) == expected


def test_a_layer_is_inserted_at_any_place_of_its_block(monkeypatch):
    monkeypatch.setattr(LayerKind, "sample", lambda kind: Chromosome(kind.name, {"name": "new"}))
    assert outcomes(mutInsertLayer, "12", "") == {"n12/n", "1n2/n", "12n/n"}


def test_a_duplicate_has_genes_of_its_own():
    individual = layered("1")
    mutDuplicateLayer(individual, LAYERED, 1.0)
    individual[0].genes["name"] = "3"
    assert individual[1].genes["name"] == "1"


@pytest.mark.parametrize("mutate", [mutInsertLayer, mutRemoveLayer, mutDuplicateLayer])
def test_one_block_in_ten_changes_depth_by_default(mutate):
    random.seed(1)
    counts = Counter(len(mutate(layered("12"), LAYERED)[0]) != 3 for _ in range(1000))
    expected = 190 if mutate is mutInsertLayer else 100  # there, the empty second block can grow too
    assert counts[True] == pytest.approx(expected, rel=0.3)


# --- init, selection, and DEAP's own loop ---


def test_init_draws_an_individual_of_the_class():
    random.seed(1)
    individual = initIndividual(Individual, DEEP)
    random.seed(1)
    assert type(individual) is Individual and individual == DEEP.sample()


def test_truncation_takes_the_best_and_of_equals_the_earlier():
    population = [Individual([layer(TRAINING, epochs=i)]) for i in range(4)]
    for individual, value in zip(population, [0.5, 0.1, 0.9, 0.5], strict=True):
        individual.fitness.values = (value,)
    selected = selTruncation(population, 3)
    assert [individual[0].genes["epochs"] for individual in selected] == [2, 0, 3]
    assert selected[0] is population[2]
    assert len(selTruncation(population, 9)) == 4 and selTruncation(population, 0) == []
    with pytest.raises(ValueError, match="k is -1; expected 0 or more"):
        selTruncation(population, -1)


def test_truncation_takes_copies_only_where_nobody_else_is_left():
    population = [Individual([layer(TRAINING, epochs=epochs)]) for epochs in (5, 9, 9, 7, 9)]
    for individual in population:
        individual.fitness.values = (individual[0].genes["epochs"] / 10,)
    best, twin, third = population[1], population[2], population[4]
    selected = selTruncation(population, 5)
    assert [one[0].genes["epochs"] for one in selected] == [9, 7, 5, 9, 9]
    assert selected[0] is best and selected[3] is twin and selected[4] is third
    assert selTruncation(population, 2) == [best, population[3]]


def few_units(individual):
    """Stand in for an evaluation: best is a network of few units, trained long."""
    units = sum(chromosome.genes.get("units", 0) for chromosome in individual)
    return FitnessValues((individual[-1].genes["epochs"] - units / 16,), {"units": units})


@pytest.mark.parametrize("mate", [cxWholeLayer, cxTwoPointGenes])
def test_deaps_loop_evolves_them(mate):
    toolbox = base.Toolbox()
    toolbox.register("individual", initIndividual, Individual, DEEP)
    toolbox.register("population", tools.initRepeat, list, toolbox.individual)
    toolbox.register("evaluate", few_units)
    toolbox.register("mate", mate)
    toolbox.register("mutate", mutGaussianGenes, space=DEEP)
    toolbox.register("select", tools.selTournament, tournsize=3)
    random.seed(1)
    population, halloffame = toolbox.population(n=20), tools.HallOfFame(1)
    algorithms.eaSimple(population, toolbox, 0.5, 0.5, 20, halloffame=halloffame, verbose=False)
    for individual in population:
        DEEP.validate(individual)
        assert individual.fitness.values == few_units(individual)
        assert individual.fitness.record == few_units(individual).record
    assert halloffame[0].fitness.values[0] >= 20.0
