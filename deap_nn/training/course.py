"""What a long training has beside it: a file from which it can go on, and a time to be ready by."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from deap_nn.training.history import Training
from deap_nn.training.state import Done, Resumable, packed, restored

INTERVAL = 10.0
"""The seconds between two states that are kept, of which the first is that after an epoch."""


class Course:
    """The course of a training.

    Args:
        costs: The relative cost of each epoch of the schedule.
        steps: The number of steps in an epoch.
        path: The file that the state is kept in; None: it is not kept.
        seconds: The time until the training has to be over; as late as that looks, epochs in the middle of the schedule
            are passed over, so that the learning rate ends where it should. None: any time.
        write: Replaces a file as a whole, whatever happens meanwhile.
    """

    def __init__(
        self,
        costs: Sequence[float],
        steps: int,
        path: Path | None,
        seconds: float | None,
        write: Callable[[Path, bytes], object],
    ) -> None:
        self._costs, self._steps, self._path, self._write = costs, steps, path, write
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._behind = 0.0
        self._rates: list[float] = []
        self._began, self._kept = time.monotonic(), -math.inf

    def begin(self, trainer: Resumable, training: Training) -> int:
        """Go on from the file, if it holds a state; return the number of epochs that are done."""
        self._began = time.monotonic()
        return 0 if self._path is None else restored(_content(self._path), trainer, training).epochs

    def after(self, epoch: int, trainer: Resumable, training: Training) -> int:
        """Return the epoch that comes next, once `epoch` of them are done or passed over."""
        now = time.monotonic()
        self._rates = [*self._rates[-2:], (now - self._began) / self._costs[epoch - 1]]
        following = self._paced(epoch, now)
        if following > epoch:
            trainer.skip((following - epoch) * self._steps)
        if self._path is not None and (now - self._kept > INTERVAL or following == len(self._costs)):
            self._keep(self._path, following, trainer, training)
        self._began = time.monotonic()
        return following

    def _paced(self, epoch: int, now: float) -> int:
        """Return the next epoch, further on if the rest would not be ready in time."""
        end = len(self._costs)
        if self._deadline is None or epoch == end:
            return epoch
        left = self._deadline - now
        rate = min(self._rates)  # The least of the latest: others may have compiled a function
        if left <= 0:
            return end
        if left < 1.5 * rate * self._costs[-1]:
            return end - 1  # so that the learning rate comes down
        self._behind += max(0.0, rate * sum(self._costs[epoch:]) / left - 1)
        jump = int(self._behind)
        self._behind -= jump
        return min(epoch + jump, end - 1)

    def _keep(self, path: Path, epoch: int, trainer: Resumable, training: Training) -> None:
        """Replace the file by the state as it is now."""
        self._write(path, packed(Done(epoch, 0.0), trainer, training))
        self._kept = time.monotonic()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # the training begins again
