"""The closing report of a run, on the console."""

from __future__ import annotations

from deap_nn.runs import Run


def print_report(run: Run) -> None:
    """Print the best network layer by layer, what it reaches and where it is."""
    best = run.best or {}
    layers = "\n  ".join(best["layers"])
    print(f"the best network:\n  {layers}")
    training = best["genome"][-1]["genes"]
    print("trained with " + ", ".join(f"{name} {value}" for name, value in training.items()))
    print(f"found in the search (validation accuracy): {best['search_validation_accuracy']:.4f}")
    print(f"final (test accuracy, trained on {best['trained_on']}): {best['test_accuracy']:.4f}")
    if run.status == "stopped":
        print(f"stopped early ({run.info['reason']}); go on with --resume {run.path}")
    print(f"run directory: {run.path} (best.keras, best.json, plots/fitness.png)")
