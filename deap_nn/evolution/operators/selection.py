"""Selection: the best of a population, copies last."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from deap_nn.errors import InputError


def selTruncation(individuals: Sequence[Any], k: int) -> list[Any]:
    """Select the `k` best by fitness, best first; of equally fit ones the earlier, and all if there are fewer than `k`.

    Copies (individuals that are equal by `==`, not just equally fit) come after all others: otherwise copies of the
    best would soon take every place, and children of equal parents differ from them by mutation alone.
    """
    if k < 0:
        raise InputError(f"k is {k!r}; expected 0 or more individuals to select")
    originals: list[Any] = []
    copies: list[Any] = []
    for individual in sorted(individuals, key=attrgetter("fitness"), reverse=True):
        (copies if individual in originals else originals).append(individual)
    return (originals + copies)[:k]
