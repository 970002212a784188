"""The state of a training as bytes: arrays and figures in NumPy's npz format, without pickle.

Output: what another process, on another host, can go on from as if there had been no pause.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from deap_nn.training.history import Training


class Resumable(Protocol):
    """What can be asked of any trainer besides training."""

    @property
    def backend(self) -> str:
        """The folder of the back end; another one cannot make sense of the state."""

    def state(self) -> list[np.ndarray]:
        """Return everything that the next step depends on."""

    def restore(self, state: Sequence[np.ndarray]) -> None:
        """Go on from what `state` returned."""

    def skip(self, steps: int) -> None:
        """Pass over steps of the schedule, as if they had been taken."""


class Done(NamedTuple):
    """What is done of a training.

    Attributes:
        epochs: The epochs that are done or passed over.
        seconds: The time that they took.
    """

    epochs: int
    seconds: float


NOTHING = Done(0, 0.0)


def packed(done: Done, trainer: Resumable, training: Training) -> bytes:
    """Return the state of a training."""
    state = trainer.state()
    arrays = {f"state_{index}": array for index, array in enumerate(state)}
    arrays |= {f"history_{name}": np.array(values) for name, values in training.history.items()}
    figures = {"epoch": done.epochs, "seconds": done.seconds, "states": len(state), "backend": trainer.backend}
    content = io.BytesIO()
    np.savez(content, **figures, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def restored(content: bytes, trainer: Resumable, training: Training, most: int | None = None) -> Done:
    """Let a training go on from its state; return what is done then.

    That is nothing where the state is damaged, or of another back end, or beyond where the training is to end: it then
    begins again, from its seed, and comes to the same.

    Args:
        content: What `packed` returned, or b"".
        trainer: A trainer of the same network that has just been created.
        training: What its history is added to.
        most: The epochs that may be done; None: any number.
    """
    try:
        with np.load(io.BytesIO(content)) as file:
            saved = dict(file)
        done = Done(int(saved["epoch"]), float(saved["seconds"]))
        state = [saved[f"state_{index}"] for index in range(int(saved["states"]))]
        history = {name: saved[f"history_{name}"].tolist() for name in training.history}
        fits = str(saved["backend"]) == trainer.backend and (most is None or done.epochs <= most)
    except Exception:  # damaged bytes make zipfile and NumPy raise whatever comes of them
        return NOTHING
    if not fits:
        return NOTHING
    training.history = history
    trainer.restore(state)
    return done
