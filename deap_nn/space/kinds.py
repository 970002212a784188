"""Kinds of layers, and the chromosomes that are drawn from them.

A kind is a name, its genes and, if it is user-defined, the function that returns Keras layers; a chromosome is the
name of a block with a value for each gene of the block's kind.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deap_nn.errors import InputError
from deap_nn.space.genes import Gene, gene_from_json

TRAINING = "training"


@dataclass
class Chromosome:
    """One layer of a network, or its training settings.

    Attributes:
        kind: The name of its block, which is that of the block's kind unless the block has its own; or `training`.
        genes: The values of its genes by name.
    """

    kind: str
    genes: dict[str, Any]

    def copy(self) -> "Chromosome":
        """Return an equal chromosome with its own copy of the genes."""
        return Chromosome(self.kind, dict(self.genes))

    def to_json(self) -> dict[str, Any]:
        """Return the chromosome as plain data."""
        return {"kind": self.kind, "genes": dict(self.genes)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Chromosome":
        """Return the chromosome that `to_json` described."""
        try:
            return cls(data["kind"], dict(data["genes"]))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"received {data!r}, expected {{'kind': name, 'genes': {{name: value}}}}") from error


def _build_name(build: Callable[..., Any]) -> str:
    """Return the name by which another process finds a module-level function."""
    name = getattr(build, "__qualname__", "<nameless>")
    if not callable(build) or "<" in name:
        raise InputError(f"build is {build!r}; expected a function at module level, so that workers can import it")
    return f"{build.__module__}:{name}"


@dataclass(frozen=True)
class LayerKind:
    """A kind of layer, or the training settings: a name, its genes, and how Keras layers are made from it.

    Args:
        name: The name; for kinds that the package builds, the one by which it knows them.
        genes: The genes by name, in their order on a chromosome.
        takes: The input that the layer works on: `map` (images), `flat` (vectors) or `any`.
        build: A module-level function; `build(genes, shape)` returns a list of Keras layers for the values of the
            genes and an input shape without the batch axis. None for kinds that the package builds.
    """

    name: str
    genes: Mapping[str, Gene]
    takes: str = "any"
    build: Callable[..., Any] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InputError(f"name is {self.name!r}; expected a string that is not empty")
        object.__setattr__(self, "genes", dict(self.genes))
        for name, gene in self.genes.items():
            if not isinstance(gene, Gene):
                raise InputError(f"gene {name!r} of {self.name!r} is {gene!r}; expected Float, Integer or Choice")
        if self.takes not in ("map", "flat", "any"):
            raise InputError(f"takes is {self.takes!r}; expected 'map', 'flat' or 'any'")
        if self.build is not None:
            _build_name(self.build)

    def sample(self) -> Chromosome:
        """Draw a chromosome from the start ranges."""
        return Chromosome(self.name, {name: gene.sample() for name, gene in self.genes.items()})

    def check(self, genes: Mapping[str, Any]) -> None:
        """Raise an InputError for genes that are missing, unknown or outside their limits."""
        if genes.keys() != self.genes.keys():
            raise InputError(f"received genes {sorted(genes)}, expected {sorted(self.genes)}")
        for name, gene in self.genes.items():
            try:
                gene.check(genes[name])
            except InputError as error:
                raise InputError(f"gene {name!r}: {error}") from error

    def to_json(self) -> dict[str, Any]:
        """Return the kind as plain data; a build function becomes `module:name`."""
        return {
            "name": self.name,
            "genes": {name: gene.to_json() for name, gene in self.genes.items()},
            "takes": self.takes,
            "build": None if self.build is None else _build_name(self.build),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "LayerKind":
        """Return the kind that `to_json` described.

        Raises:
            InputError: If it has a build function: a description is data, and naming code must not run it.
        """
        genes = {name: gene_from_json(gene) for name, gene in data["genes"].items()}
        if data["build"] is not None:
            raise InputError(
                f"the kind {data['name']!r} is built by {data['build']}, and no description brings code along: pass "
                "space=, or go on with the script that defines it"
            )
        return cls(data["name"], genes, data["takes"])
