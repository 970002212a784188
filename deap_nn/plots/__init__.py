"""Plots of runs. Each function computes a plain record, draws it on Matplotlib Axes and returns the Axes.

Saving is up to the caller; `save` needs no display.
"""

from deap_nn.plots.canvas import png, save
from deap_nn.plots.curves import BestCurve, FitnessCurve, best_curve, best_so_far, fitness_curve, half_width
from deap_nn.plots.fitness import plot_comparison, plot_fitness
from deap_nn.plots.front import FrontCloud, front_cloud, plot_front

__all__ = [
    "BestCurve",
    "FitnessCurve",
    "FrontCloud",
    "best_curve",
    "best_so_far",
    "fitness_curve",
    "front_cloud",
    "half_width",
    "plot_comparison",
    "plot_fitness",
    "plot_front",
    "png",
    "save",
]
