"""Search spaces: which networks may exist.

Input: layer kinds with their genes, and the blocks that contain them. Output: chromosomes, drawn or checked.
Operators, logging and reports read limits only from here. Every draw uses the standard library's global `random`,
the evolution's stream.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deap_nn.errors import InputError
from deap_nn.space.kinds import TRAINING, Chromosome, LayerKind


@dataclass(frozen=True)
class Block:
    """A sequence of layers of one kind.

    Args:
        kind: The kind of all its layers.
        min_layers: The smallest number of layers, at least 0.
        max_layers: The largest number of layers, included; at least 1.
        pool_every: The number of layers after which 2x2 max pooling recurs; 0: none.
        pool_last: Whether 2x2 max pooling follows the last layer (only once, even if `pool_every` puts one there).
        start_layers: The range `(fewest, most)` of layers in an initial network, both ends included, all numbers
            equally likely; None: the limits.
        name: The name by which the space and the block's chromosomes know it, unique within a space; `""`: its kind's.
    """

    kind: LayerKind
    min_layers: int
    max_layers: int
    pool_every: int = 0
    pool_last: bool = False
    start_layers: tuple[int, int] | None = None
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or self.kind.name)
        if not isinstance(self.name, str):
            raise InputError(f"name is {self.name!r}; expected a string")
        counts = (self.min_layers, self.max_layers, self.pool_every)
        if any(type(count) is not int for count in counts):
            raise InputError(f"layer counts and pool_every are {counts!r}; expected ints")
        if not 0 <= self.min_layers <= self.max_layers or self.max_layers < 1:
            raise InputError(
                f"block {self.name!r} holds {self.min_layers} to {self.max_layers} layers; "
                "expected 0 <= min_layers <= max_layers and max_layers >= 1"
            )
        if self.pool_every < 0:
            raise InputError(f"pool_every is {self.pool_every!r}; expected 0 (nowhere) or more")
        if self.kind.takes == "flat" and (self.pool_every or self.pool_last):
            raise InputError(f"block {self.name!r} takes flat input and cannot pool; leave pooling out")
        if self.start_layers is not None:
            object.__setattr__(self, "start_layers", tuple(self.start_layers))
            self._check_start()

    def _check_start(self) -> None:
        limits = (self.min_layers, self.max_layers)
        start = self.start_layers or limits
        if len(start) != 2 or not limits[0] <= start[0] <= start[1] <= limits[1]:
            raise InputError(f"start_layers is {start!r}; expected (fewest, most) within {limits}")

    def sample(self) -> list[Chromosome]:
        """Draw a depth and that many layers."""
        fewest, most = self.start_layers or (self.min_layers, self.max_layers)
        return [self.sample_layer() for _ in range(random.randint(fewest, most))]

    def sample_layer(self) -> Chromosome:
        """Draw one layer from the start ranges of its genes."""
        return Chromosome(self.name, self.kind.sample().genes)

    def to_json(self) -> dict[str, Any]:
        """Return the block as plain data; its name only where that is not its kind's."""
        name = {} if self.name == self.kind.name else {"name": self.name}
        return {
            "kind": self.kind.to_json(),
            "min_layers": self.min_layers,
            "max_layers": self.max_layers,
            "pool_every": self.pool_every,
            "pool_last": self.pool_last,
            "start_layers": None if self.start_layers is None else list(self.start_layers),
            **name,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Block":
        """Return the block that `to_json` described."""
        return cls(**{**data, "kind": LayerKind.from_json(data["kind"])})


@dataclass(frozen=True)
class SearchSpace:
    """All networks that may exist: blocks of layers in order, then the training settings.

    An individual holds, for each block, from `min_layers` to `max_layers` chromosomes that carry the block's name; its
    last chromosome is the one called `training`. Several blocks may be of one kind, such as the stages of a VGG or a
    ResNet, each with a name of its own. Mutation then inserts into a block what the block's own kind says; crossover
    pairs layers of the same block and position, so that layers of two blocks never change places, whatever their kinds.

    Args:
        name: The name of the space in logs and reports.
        blocks: The blocks from input to output, each with a different name; those that take maps come before those
            that take flat input.
        training: The kind named `training`.
    """

    name: str
    blocks: tuple[Block, ...]
    training: LayerKind

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", tuple(self.blocks))
        if self.training.name != TRAINING or self.training.build is not None:
            raise InputError(f"training is {self.training.name!r}; expected a kind named 'training' without build")
        names = [block.name for block in self.blocks]
        if len({*names, TRAINING}) <= len(names):
            raise InputError(
                f"blocks are called {[*names, TRAINING]}; expected all different: a block is called as its kind unless "
                "it has a name of its own, Block(..., name='stage2')"
            )
        takes = [block.kind.takes for block in self.blocks]
        if "flat" in takes and "map" in takes[takes.index("flat") :]:
            raise InputError(f"blocks {names} take {takes}; expected those that take maps before the flat ones")

    @property
    def takes_maps(self) -> bool:
        """Whether any block works on maps, so that the data must be images."""
        return any(block.kind.takes == "map" for block in self.blocks)

    def block(self, name: str) -> Block | None:
        """Return a block by its name; None for `training` and unknown names."""
        return next((block for block in self.blocks if block.name == name), None)

    def kind(self, name: str) -> LayerKind:
        """Return the kind of a block by the block's name, or that of `training`."""
        kinds = {**{block.name: block.kind for block in self.blocks}, TRAINING: self.training}
        if name not in kinds:
            raise InputError(f"received kind {name!r}, expected one of {', '.join(kinds)} (space {self.name!r})")
        return kinds[name]

    def sample(self) -> list[Chromosome]:
        """Draw an initial network: its layers in order, then its training settings."""
        layers = [chromosome for block in self.blocks for chromosome in block.sample()]
        return [*layers, self.training.sample()]

    def validate(self, chromosomes: Sequence[Chromosome]) -> None:
        """Raise an InputError that names the fault unless the chromosomes are a network of this space."""
        for index, chromosome in enumerate(chromosomes):
            if not isinstance(chromosome, Chromosome):
                raise InputError(f"chromosome {index} is {chromosome!r}; expected a Chromosome")
            try:
                self.kind(chromosome.kind).check(chromosome.genes)
            except InputError as error:
                raise InputError(f"chromosome {index} ({chromosome.kind}): {error}") from error
        self._check_layout([chromosome.kind for chromosome in chromosomes])

    def _check_layout(self, kinds: list[str]) -> None:
        expected = []
        for block in self.blocks:
            name, depth = block.name, kinds.count(block.name)
            if not block.min_layers <= depth <= block.max_layers:
                raise InputError(f"received {depth} x {name}, expected {block.min_layers}..{block.max_layers}")
            expected += [name] * depth
        if kinds != [*expected, TRAINING]:
            raise InputError(f"received chromosomes {kinds}, expected {[*expected, TRAINING]} in this order")

    def describe(self) -> str:
        """Return a readable description of the space in a few lines."""
        lines = [f"search space {self.name}"]
        for block in self.blocks:
            lines += [f"  {_title(block)}: {_depth(block)}", *_genes(block.kind)]
        return "\n".join([*lines, f"  {TRAINING}", *_genes(self.training)])

    def to_json(self) -> dict[str, Any]:
        """Return the space as plain data."""
        blocks = [block.to_json() for block in self.blocks]
        return {"name": self.name, "blocks": blocks, "training": self.training.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "SearchSpace":
        """Return the space that `to_json` described."""
        try:
            blocks = tuple(Block.from_json(block) for block in data["blocks"])
            return cls(data["name"], blocks, LayerKind.from_json(data["training"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"no search space can be made from this description: {error!r}") from error


def _title(block: Block) -> str:
    return block.name if block.name == block.kind.name else f"{block.name} ({block.kind.name})"


def _depth(block: Block) -> str:
    low, high = block.min_layers, block.max_layers
    text = f"{low} layer{'s' * (low != 1)}" if low == high else f"{low}..{high} layers"
    if block.start_layers:
        text += ", starts from {}..{}".format(*block.start_layers)
    if block.pool_every:
        text += f", max pooling after every {block.pool_every}"
    return text + ", max pooling after the last" * block.pool_last


def _genes(kind: LayerKind) -> list[str]:
    width = max(map(len, kind.genes), default=0)
    return [f"    {name:{width}}  {gene}" for name, gene in kind.genes.items()]
