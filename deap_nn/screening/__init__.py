"""Screening: of many children that were bred, which one is worth a training.

Input: the results so far and the genomes of candidates. Output: the place of one candidate. Nothing here knows how
children are bred or trained; what a space declares about its genes is all that the model of them reads.
"""

from deap_nn.screening.screen import CANDIDATES, Screen

__all__ = ["CANDIDATES", "Screen"]
