"""The portable training: plain Keras, on every back end that Keras has."""
