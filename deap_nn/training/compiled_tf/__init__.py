"""The fast training: a network as one compiled TensorFlow function per epoch."""
