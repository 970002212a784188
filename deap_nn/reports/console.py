"""The final report of a run, on the console."""

from __future__ import annotations

from deap_nn.runs import BEST, MODEL, PICTURE, Run
from deap_nn.tasks import task_from_json


def print_report(run: Run, again: str) -> None:
    """Print the best network layer by layer, its results and where it is saved.

    Args:
        run: A run whose winner is trained.
        again: The command that resumes a run, without the directory.
    """
    best = run.best or {}
    measure = task_from_json(run.info["data"]).measure.name
    layers = "\n  ".join(best["layers"])
    print(f"the best network:\n  {layers}")
    training = best["genome"][-1]["genes"]
    print("trained with " + ", ".join(f"{name} {value}" for name, value in training.items()))
    print(f"found in the search (validation {measure}): {best[f'search_validation_{measure}']:.4f}")
    print(f"final (test {measure}, trained on {best['trained_on']}): {best[f'test_{measure}']:.4f}")
    if run.status == "stopped":
        print(f"stopped early ({run.info['reason']}); go on with: {again} {run.path}")
    print(f"run directory: {run.path} ({MODEL}, {BEST}, {PICTURE})")
