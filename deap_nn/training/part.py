"""One part of a training that is interrupted on purpose: it goes on from the part before, and can be gone on from."""

from __future__ import annotations

import time

from deap_nn.training.history import Training
from deap_nn.training.state import NOTHING, Resumable, packed, restored


class Part:
    """A part of a training, from where the one before ended. All parts together come to what one training would.

    Args:
        epochs: The epochs after which it ends, those of earlier parts included.
        before: The state that the part before left; b"": none, so that all epochs are run.
        keep: Whether its own state is wanted.
    """

    def __init__(self, epochs: int, before: bytes = b"", *, keep: bool = True) -> None:
        self._epochs, self._before, self._keep = epochs, before, keep
        self._done, self._began = NOTHING, time.monotonic()
        self.state = b""
        """The state at its end; b"" before."""

    @property
    def earlier_seconds(self) -> float:
        """The time that earlier parts took, as far as they need not be repeated."""
        return self._done.seconds

    def begin(self, trainer: Resumable, training: Training) -> int:
        """Go on from the part before; return the number of epochs that are done."""
        self._done = restored(self._before, trainer, training, self._epochs)
        if self._done.epochs == self._epochs:
            self.state = self._before
        return self._done.epochs

    def after(self, epoch: int, trainer: Resumable, training: Training) -> int:
        """Return the epoch that comes next, once `epoch` of them are done."""
        if self._keep and epoch == self._epochs:
            seconds = self._done.seconds + time.monotonic() - self._began
            self.state = packed(self._done._replace(epochs=epoch, seconds=seconds), trainer, training)
        return epoch
