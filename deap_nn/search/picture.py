"""The hook that draws a run: `plots/fitness.png`, now and then and at its end.

A picture is a convenience: what goes wrong with it is a warning, never the end of a search, and drawing takes a small
share of a search's time. Searches of functions that take microseconds end without one; `deap-nn plot` draws it.
"""

from __future__ import annotations

import time
import warnings

from deap_nn.evolution import Generation
from deap_nn.runs import PICTURE, Run, write_atomic

SHARE = 0.05
"""The share of a sitting's time that drawing may take before the sitting ends."""

QUICK = 1.0
"""Seconds; a sitting that is shorter ends without a picture, which would take a large part of it."""


class Picture:
    """Draws the fitness of each generation.

    Args:
        run: Where the picture lies.
        label: What is drawn, such as "validation accuracy".
    """

    def __init__(self, run: Run, label: str) -> None:
        self._run, self._label = run, label
        self._began = time.monotonic()
        self._spent, self._last = 0.0, 0.2  # seconds; the first picture tells what one really takes
        self._undrawn: Generation | None = None

    def generation(self, generation: Generation) -> None:
        """Draw a generation if there is time for it."""
        self._undrawn = generation
        if self._spent + self._last <= SHARE * self._elapsed:
            self._try()

    def finish(self) -> None:
        """Draw the latest generation, if it is not drawn yet."""
        if self._undrawn is not None and self._elapsed >= QUICK:
            self._try()

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _try(self) -> None:
        """Draw the latest generation, and take note of the time."""
        started = time.monotonic()
        try:
            self._draw()
        except Exception as error:  # Matplotlib, fonts, the disk: a search outlives them all
            warnings.warn(f"the picture could not be drawn ({error}); the search goes on", RuntimeWarning, stacklevel=2)
        self._undrawn = None
        self._last = time.monotonic() - started
        self._spent += self._last

    def _draw(self) -> None:
        from deap_nn.plots import plot_fitness, png  # takes half a second

        path = self._run.path / PICTURE
        path.parent.mkdir(exist_ok=True)
        if self._undrawn is not None:
            write_atomic(path, png(plot_fitness(self._undrawn.logbook, measure=self._label)))
