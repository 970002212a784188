"""Fast training: each epoch of a network is one call of a compiled TensorFlow function."""
