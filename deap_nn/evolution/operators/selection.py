"""Selection: the best of a population, copies last; with several objectives, by rank and crowding."""

import random
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from deap import tools
from deap.tools.emo import assignCrowdingDist

from deap_nn.errors import InputError


def selTruncation(individuals: Sequence[Any], k: int) -> list[Any]:
    """Select the `k` best by fitness, best first; of equally fit ones the earlier, and all if there are fewer than `k`.

    Copies (individuals that are equal by `==`, not just equally fit) come after all others: otherwise copies of the
    best would soon take every place, and children of equal parents differ from them by mutation alone.
    """
    _check(k)
    originals, copies = _originals(sorted(individuals, key=attrgetter("fitness"), reverse=True))
    return (originals + copies)[:k]


def selNSGA2(individuals: Sequence[Any], k: int) -> list[Any]:
    """Select `k` as DEAP's `selNSGA2` does, by rank and then by crowding; as in `selTruncation`, copies come last.

    Deb et al. 2002, https://doi.org/10.1109/4235.996017.
    """
    _check(k)
    originals, copies = _originals(individuals)
    chosen: list[Any] = tools.selNSGA2(originals, min(k, len(originals))) if originals and k else []
    return chosen + selNSGA2(copies, k - len(chosen)) if copies and len(chosen) < k else chosen


def selCrowdedTournament(individuals: Sequence[Any], k: int, tournsize: int) -> list[Any]:
    """Select the winners of `k` tournaments: the one of lower rank, within a rank the one that is less crowded.

    As DEAP's `selTournamentDCD`, for tournaments of any size and any number of individuals. Deb et al. 2002, section
    III C.

    Args:
        individuals: At least one, each with a fitness.
        k: The number of tournaments.
        tournsize: How many individuals are drawn for each.
    """
    order: dict[int, tuple[int, float]] = {}
    for rank, front in enumerate(tools.sortNondominated(individuals, len(individuals))):
        assignCrowdingDist(front)
        order |= {id(one): (rank, -one.fitness.crowding_dist) for one in front}
    return [min(random.choices(individuals, k=tournsize), key=lambda one: order[id(one)]) for _ in range(k)]


def _check(k: int) -> None:
    if k < 0:
        raise InputError(f"k is {k!r}; expected 0 or more individuals to select")


def _originals(individuals: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Return the first of each genome, and the copies, both in the order in which they come."""
    originals: list[Any] = []
    copies: list[Any] = []
    for individual in individuals:
        (copies if individual in originals else originals).append(individual)
    return originals, copies
