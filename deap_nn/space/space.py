"""Search spaces: which networks may exist.

Input: layer kinds with their genes, and the blocks that contain them. Output: chromosomes, drawn or checked.
Operators, logging and reports read limits only from here. Every draw uses the standard library's global `random`,
the evolution's stream.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deap_nn.errors import InputError
from deap_nn.space.block import Block, describe_genes
from deap_nn.space.kinds import TRAINING, Chromosome, LayerKind


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
        known: Networks that are known to be good, each the chromosomes of an individual: every search of the space
            begins with them and mutants of them.
    """

    name: str
    blocks: tuple[Block, ...]
    training: LayerKind
    known: tuple[tuple[Chromosome, ...], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "blocks", tuple(self.blocks))
        object.__setattr__(self, "known", tuple(map(tuple, self.known)))
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
        for number, chromosomes in enumerate(self.known, start=1):
            try:
                self.validate(chromosomes)
            except InputError as error:
                raise InputError(f"network {number} of `known` is none of space {self.name!r}: {error}") from error

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
            lines += block.describe()
        lines += [f"  {TRAINING}", *describe_genes(self.training)]
        if self.known:
            lines.append(f"  begins with {len(self.known)} known to be good")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return the space as plain data."""
        blocks = [block.to_json() for block in self.blocks]
        known = [[chromosome.to_json() for chromosome in network] for network in self.known]
        data = {"name": self.name, "blocks": blocks, "training": self.training.to_json()}
        return data | ({"known": known} if known else {})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "SearchSpace":
        """Return the space that `to_json` described."""
        try:
            blocks = tuple(Block.from_json(block) for block in data["blocks"])
            known = tuple(tuple(map(Chromosome.from_json, network)) for network in data.get("known", ()))
            return cls(data["name"], blocks, LayerKind.from_json(data["training"]), known)
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"no search space can be made from this description: {error!r}") from error
