"""Networks whose images grow in the course of a training."""

from network_stubs import chain

from deap_nn.networks import growing

CONVOLUTION = ("Conv2D", {"filters": 4, "kernel_size": 3, "strides": 1, "padding": "same", "activation": "relu"})
LAST = ("Dense", {"units": 10, "activation": "softmax"})
POOLED = chain((32, 32, 3), CONVOLUTION, ("GlobalAveragePooling2D", {}), LAST)
FLATTENED = chain((32, 32, 3), CONVOLUTION, ("Flatten", {}), LAST)


def sides(specs, epochs, start):
    return [network[0].input_shape[0] for network in growing(specs, epochs, start)]


def test_images_grow_in_three_phases():
    assert sides(POOLED, 7, 0.5) == [16, 16, 24, 24, 32, 32, 32]
    assert sides(POOLED, 10, 0.75) == [24] * 3 + [28] * 3 + [32] * 4
    assert sides(POOLED, 1, 0.5) == [16]
    assert sides(POOLED, 2, 0.5) == [16, 24]


def test_they_are_full_from_the_start_where_weights_would_change():
    assert sides(FLATTENED, 3, 0.5) == [32] * 3
    assert sides(POOLED, 3, 1.0) == [32] * 3
    flat = chain((4,), LAST)
    assert growing(flat, 2, 0.5) == [flat] * 2
