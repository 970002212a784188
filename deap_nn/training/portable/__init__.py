"""Portable training: plain Keras, on each of its backends."""
