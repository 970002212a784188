"""The interface between the policy and a back end."""

from __future__ import annotations

from typing import Protocol

from deap_nn.engines.outcome import Report
from deap_nn.engines.parcel import Parcel


class Backend(Protocol):
    """A place where attempts run; no method blocks for long, except in the serial back end."""

    description: str
    patience: float | None  # seconds after which a silent attempt is abandoned; None if it always reports

    @property
    def capacity(self) -> int:
        """The number of attempts that can run at once."""

    def start(self, key: int, parcel: Parcel, alone: bool = False) -> None:
        """Start an attempt; called only when there is room for it.

        Args:
            key: Its number.
            parcel: The packed call.
            alone: Whether it is to have the memory of its host's devices for itself: nothing else runs meanwhile, and
                no idle child may keep any.
        """

    def poll(self, timeout: float) -> list[tuple[int, Report]]:
        """Return the attempts that have ended; wait at most `timeout` seconds for the first."""

    def drop(self, key: int) -> None:
        """End an attempt that is no longer wanted; it may still be reported."""

    def abandon(self, key: int) -> None:
        """Count an attempt as lost: its worker has been silent for longer than `patience`."""

    def rest(self) -> None:
        """End idle children on this host: what frameworks have taken of a device's memory, they keep."""

    def close(self) -> None:
        """End everything at once."""
