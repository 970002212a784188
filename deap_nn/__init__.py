"""Evolves Keras networks: DEAP individuals that know what a layer is, trained in parallel."""
