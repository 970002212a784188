"""The final report of a run, on the console."""

from __future__ import annotations

from collections.abc import Iterator

from deap_nn.runs import BEST, FRONT, MODEL, PICTURE, Run
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
    width = best.get("width", 1.0)  # which earlier versions do not write
    wider = "" if width == 1 else f", {width:g} times as wide as it was found"
    print(f"final training: {best['epochs']} epochs{wider}")
    print(f"final (test {measure}, trained on {best['trained_on']}): {best[f'test_{measure}']:.4f}")
    for line in _frugal(run, measure):
        print(line)
    if run.status == "stopped":
        print(f"stopped early ({run.info['reason']}); go on with: {again} {run.path}")
    files = [MODEL, BEST, *([FRONT] if run.front else []), PICTURE]
    print(f"run directory: {run.path} ({', '.join(files)})")


CLOSE = 0.01
"""The share of the best network's measure that another may lack to be as good for most purposes."""

SUPERLATIVES = {"parameters": "smallest network", "multiply_adds": "smallest network", "latency": "fastest network"}


def _frugal(run: Run, measure: str) -> Iterator[str]:
    """Yield, for each objective but the first, a line on the network that is best in it and nearly as accurate."""
    networks = [] if run.front is None else run.front["networks"]
    if not networks:
        return
    close = [one for one in networks if one[measure] >= (1 - CLOSE) * max(other[measure] for other in networks)]
    for criterion in run.criteria:
        chosen = max(close, key=lambda one: (criterion.weight * one[criterion.name], one[measure]))
        extreme = "most" if criterion.maximize else "least"
        which = SUPERLATIVES.get(criterion.name, f"network with the {extreme} {criterion.name}")
        file = f" ({chosen['file']})" if "file" in chosen else ""
        figure = f"{_rounded(chosen[criterion.name])} {criterion.in_words}"
        yield (
            f"the {which} within {100 * CLOSE:g} % of the best: {figure}, "
            f"validation {measure} {chosen[measure]:.4f}{file}"
        )


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
