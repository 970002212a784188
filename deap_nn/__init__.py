"""Evolves Keras networks: DEAP individuals that know what a layer is, trained in parallel.

The names below are imported when they are first used, so that `import deap_nn` takes next to no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deap_nn.evolution import evolve
    from deap_nn.individual import Individual
    from deap_nn.plots import plot_fitness
    from deap_nn.presets import PRESETS
    from deap_nn.resumption import resume
    from deap_nn.run import Run
    from deap_nn.search import Hooks
    from deap_nn.space import Block, Choice, Float, Integer, LayerKind, SearchSpace
    from deap_nn.toolbox import make_toolbox

_HOMES = {
    "evolve": "evolution",
    "resume": "resumption",
    "Individual": "individual",
    "plot_fitness": "plots",
    "PRESETS": "presets",
    "Run": "run",
    "Hooks": "search",
    "Block": "space",
    "Choice": "space",
    "Float": "space",
    "Integer": "space",
    "LayerKind": "space",
    "SearchSpace": "space",
    "make_toolbox": "toolbox",
}

__all__ = [
    "PRESETS",
    "Block",
    "Choice",
    "Float",
    "Hooks",
    "Individual",
    "Integer",
    "LayerKind",
    "Run",
    "SearchSpace",
    "evolve",
    "make_toolbox",
    "plot_fitness",
    "resume",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'deap_nn' has no attribute {name!r}; it offers {', '.join(__all__)}")
    return getattr(import_module(f"deap_nn.{_HOMES[name]}"), name)
