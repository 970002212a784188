"""How long a trained network takes for one sample, where it was trained."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from deap_nn.networks import LayerSpec

if TYPE_CHECKING:
    from deap_nn.data import Splits
    from deap_nn.training import Weights

WARM_UP = 5
"""The calls before the first one that is timed: the first compiles the network."""

CALLS = 50
"""The calls that are timed, of which the one in the middle counts: a neighbour may delay some."""


def latency(specs: Sequence[LayerSpec], splits: Splits, weights: Weights) -> float:
    """Return the median of the seconds that Keras takes for batches of one sample, scaling included.

    Threads, device and neighbours are those of the training. Another call, and another machine, give another number.

    Args:
        specs: The network.
        splits: The data, whose first validation sample is judged again and again.
        weights: The trained weights.
    """
    from deap_nn.models import trained_model

    model = trained_model(specs, weights, splits.scale, splits.offset)
    sample = splits.x_validation[:1]
    seconds = []
    for _ in range(WARM_UP + CALLS):
        started = time.perf_counter()
        model.predict_on_batch(sample)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[WARM_UP:])
