"""Networks on paper: from an individual to its list of layers, by arithmetic alone, without any framework."""

from deap_nn.networks.blueprints import blueprint, multiply_adds, parameters
from deap_nn.networks.checks import check_space
from deap_nn.networks.layers import LAYERS, Shape, Weight
from deap_nn.networks.plan import NETWORK_INPUT, LayerSpec
from deap_nn.networks.resizing import growing, resized

__all__ = [
    "LAYERS",
    "NETWORK_INPUT",
    "LayerSpec",
    "Shape",
    "Weight",
    "blueprint",
    "check_space",
    "growing",
    "multiply_adds",
    "parameters",
    "resized",
]
