"""Evolution of Keras networks: DEAP individuals that know what a layer is, trained in parallel.

The public names are those here and in the `__init__.py` of each package. The names below are imported on first use, so
that `import deap_nn` takes next to no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # For editors and type checkers, which cannot follow `__getattr__`; a test compares the two
    from deap_nn.errors import InputError as InputError
    from deap_nn.evolution import Criterion as Criterion
    from deap_nn.evolution import Individual as Individual
    from deap_nn.evolution import make_toolbox as make_toolbox
    from deap_nn.plots import plot_fitness as plot_fitness
    from deap_nn.runs import Run as Run
    from deap_nn.search import Hooks as Hooks
    from deap_nn.search import evolve as evolve
    from deap_nn.search import resume as resume
    from deap_nn.space import PRESETS as PRESETS
    from deap_nn.space import Block as Block
    from deap_nn.space import Choice as Choice
    from deap_nn.space import Float as Float
    from deap_nn.space import Integer as Integer
    from deap_nn.space import LayerKind as LayerKind
    from deap_nn.space import SearchSpace as SearchSpace

__version__ = "0.2.0"

_PACKAGES = {
    "errors": ("InputError",),
    "evolution": ("Criterion", "Individual", "make_toolbox"),
    "plots": ("plot_fitness",),
    "runs": ("Run",),
    "search": ("Hooks", "evolve", "resume"),
    "space": ("PRESETS", "Block", "Choice", "Float", "Integer", "LayerKind", "SearchSpace"),
}
_PACKAGE_OF = {name: package for package, names in _PACKAGES.items() for name in names}

__all__ = [*_PACKAGE_OF]


def __getattr__(name: str) -> Any:
    if name not in _PACKAGE_OF:
        raise AttributeError(f"module 'deap_nn' has no attribute {name!r}; it offers {', '.join(__all__)}")
    return getattr(import_module(f"deap_nn.{_PACKAGE_OF[name]}"), name)
