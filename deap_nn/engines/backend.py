"""What a place that evaluates must offer to the policy."""

from __future__ import annotations

from typing import Protocol

from deap_nn.engines.outcome import Report
from deap_nn.engines.parcel import Parcel


class Backend(Protocol):
    """What a place that evaluates must offer; no method blocks for long."""

    description: str
    patience: float | None  # seconds after which a silent attempt is given up; None if it always reports

    @property
    def capacity(self) -> int:
        """How many attempts run at once."""

    def start(self, key: int, parcel: Parcel) -> None:
        """Start an attempt; there is room for it."""

    def poll(self, timeout: float) -> list[tuple[int, Report]]:
        """The attempts that have ended; waits at most `timeout` seconds for the first."""

    def drop(self, key: int) -> None:
        """End an attempt that nobody wants any more; it may still be reported."""

    def abandon(self, key: int) -> None:
        """Count an attempt as lost whose worker has been silent for longer than `patience`."""

    def close(self) -> None:
        """End everything at once."""
