"""The hook that draws a run's `plots/fitness.png`, from time to time and at the end, and `plots/front.png` at the end.

The picture is a convenience: a failure to draw it is a warning and never ends a search, and drawing takes a small share
of a search's time. Searches of functions that take microseconds end without one; `deap-nn plot` draws it.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

from deap_nn.evolution import Generation
from deap_nn.runs import PICTURE, Run, write_atomic
from deap_nn.search.front import draw_front

SHARE = 0.05
"""The share of a session's time that drawing may take before the session ends."""

QUICK = 1.0
"""Seconds; a shorter session ends without a picture, which would take a large part of its time."""


class Picture:
    """The picture of a run's fitness by generation.

    Args:
        run: The run that the picture belongs to.
        label: The label of the fitness, such as "validation accuracy".
    """

    def __init__(self, run: Run, label: str) -> None:
        self._run, self._label = run, label
        self._began = time.monotonic()
        self._spent, self._last = 0.0, 0.2  # seconds; 0.2 is a guess until the first picture is timed
        self._undrawn: Generation | None = None

    def generation(self, generation: Generation) -> None:
        """Draw a generation if there is time for it."""
        self._undrawn = generation
        if self._spent + self._last <= SHARE * self._elapsed:
            self._try(self._draw)

    def finish(self) -> None:
        """Draw the latest generation, unless it is drawn, and the front; nothing if the session was too short."""
        if self._elapsed < QUICK:
            return
        if self._undrawn is not None:
            self._try(self._draw)
        self._try(lambda: draw_front(self._run, self._label))

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _try(self, draw: Callable[[], object]) -> None:
        """Draw, and record the time that it takes."""
        started = time.monotonic()
        try:
            draw()
        except Exception as error:  # A failure of Matplotlib, fonts or the disk must not end a search
            warnings.warn(f"the picture could not be drawn ({error}); the search goes on", RuntimeWarning, stacklevel=2)
        self._undrawn = None
        self._last = time.monotonic() - started
        self._spent += self._last

    def _draw(self) -> None:
        from deap_nn.plots import plot_fitness, png  # The import takes half a second

        path = self._run.path / PICTURE
        path.parent.mkdir(exist_ok=True)
        if self._undrawn is not None:
            write_atomic(path, png(plot_fitness(self._undrawn.logbook, measure=self._label)))
