"""Networks for tests, written down layer by layer."""

from deap_nn.networks.plan import Plan
from deap_nn.tasks import Classification

TEN_CLASSES = Classification(10)


def chain(shape, *layers):
    """The specs of a chain of layers, each `(Keras class, configuration)`."""
    plan = Plan(shape)
    for layer, config in layers:
        plan.add(layer, **config)
    return tuple(plan.specs)
