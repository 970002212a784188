"""Blocks: sequences of layers of one kind, from which search spaces are put together."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deap_nn.errors import InputError
from deap_nn.space.kinds import Chromosome, LayerKind


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

    def describe(self) -> list[str]:
        """Return a readable description in a few lines."""
        title = self.name if self.name == self.kind.name else f"{self.name} ({self.kind.name})"
        return [f"  {title}: {self._depth()}", *describe_genes(self.kind)]

    def _depth(self) -> str:
        low, high = self.min_layers, self.max_layers
        text = f"{low} layer{'s' * (low != 1)}" if low == high else f"{low}..{high} layers"
        if self.start_layers:
            text += ", starts from {}..{}".format(*self.start_layers)
        if self.pool_every:
            text += f", max pooling after every {self.pool_every}"
        return text + ", max pooling after the last" * self.pool_last


def describe_genes(kind: LayerKind) -> list[str]:
    """Return a line for each gene of a kind."""
    width = max(map(len, kind.genes), default=0)
    return [f"    {name:{width}}  {gene}" for name, gene in kind.genes.items()]
