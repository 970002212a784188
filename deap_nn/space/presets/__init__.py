"""Presets: search spaces by name.

`CONV2D`, `DENSE`, `FULL` and `DEEP` are the spaces this package began with. `MODERN` adds normalisation, pooling and
shortcuts as genes, and also evolves the learning rate, its decay and the batch size. `VISION` is for images: a stem,
stages and a head, as good networks for images are built. `TABULAR` is for features. Limits bound mutation; `start` is
the range that initial networks are drawn from.
"""

from deap_nn.space.presets.modern import MODERN
from deap_nn.space.presets.original import CONV2D, DEEP, DENSE, FULL
from deap_nn.space.presets.tabular import TABULAR
from deap_nn.space.presets.vision import VISION
from deap_nn.space.space import SearchSpace

__all__ = ["CONV2D", "DEEP", "DENSE", "FULL", "MODERN", "PRESETS", "TABULAR", "VISION"]

PRESETS: dict[str, SearchSpace] = {space.name: space for space in (CONV2D, DENSE, FULL, DEEP, MODERN, VISION, TABULAR)}
