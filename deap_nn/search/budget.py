"""The time that a search has, all sittings together, and what is decided by the clock.

Whatever is decided from measured time is written to `run.json` before it takes effect, and taken from there ever
after: with the same decisions, a search comes out the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from deap_nn.runs import Run
from deap_nn.search.outcomes import TIME_IS_OVER

T = TypeVar("T")

INTERVAL = 5.0
"""The seconds of a sitting that a kill may leave uncounted."""

SEARCHED = "search_ended"
"""The decision that the time for the search is over."""

OF_SEARCH_END = (SEARCHED, "finalists", "final_width", "final_epochs")
"""The decisions that are taken back when there is more time."""


class Budget:
    """The time of a run; without a limit, nothing is decided by the clock.

    Args:
        run: The run directory.
        seconds: The time that all sittings have together; None: any.
    """

    def __init__(self, run: Run, seconds: float | None) -> None:
        self._run, self.seconds = run, seconds
        self._before: float = run.info.get("spent", 0.0)
        self._began = self._kept = time.monotonic()
        if seconds is not None and seconds > run.info.get("budget", seconds):
            kept = {name: value for name, value in self._decisions.items() if name not in OF_SEARCH_END}
            run.update(decisions=kept)
        if seconds is not None:
            run.update(budget=seconds)

    @property
    def spent(self) -> float:
        """The seconds that have passed in all sittings."""
        return self._before + time.monotonic() - self._began

    @property
    def left(self) -> float | None:
        """The seconds that are left, 0 at least; None without a limit."""
        return None if self.seconds is None else max(0.0, self.seconds - self.spent)

    def until(self, share: float) -> float | None:
        """Return the value of `time.monotonic()` at which this share of the time has passed."""
        return None if self.seconds is None else time.monotonic() + max(0.0, share * self.seconds - self.spent)

    def decided(self, name: str) -> Any:
        """Return what was decided; None if nothing was."""
        return self._decisions.get(name)

    def decide(self, name: str, make: Callable[[], T]) -> T:
        """Return what was decided before, or decide it now, as plain data, and write it down."""
        if name not in self._decisions:
            value = make()  # which may decide other things on its way
            self._run.update(decisions={**self._decisions, name: value}, spent=self.spent)
        decision: T = self._decisions[name]
        return decision

    def end_search(self, stopped: str) -> str:
        """Note that the search has ended if the time was the reason, as it was meant to be; return any other reason."""
        if self.seconds is None or stopped != TIME_IS_OVER:
            return stopped
        self.decide(SEARCHED, lambda: True)
        return ""

    def keep(self, *_: object) -> None:
        """Write down, from time to time, how much has been spent; a hook."""
        if self.seconds is not None and time.monotonic() - self._kept > INTERVAL:
            self.close()

    def close(self) -> None:
        """Write down how much has been spent."""
        if self.seconds is not None:
            self._run.update(spent=self.spent)
            self._kept = time.monotonic()

    @property
    def _decisions(self) -> dict[str, Any]:
        decisions: dict[str, Any] = self._run.info.get("decisions", {})
        return decisions
