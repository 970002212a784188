"""What the winner of a search is worth on small tables, beside scikit-learn's classifiers with their defaults.

scikit-learn's wine, breast cancer, iris and digits (as 64 features), a fifth of each to test, split in several ways
with equal shares of the classes. The neural network, the support vectors and the logistic regression get scaled
features. Random search and `by_hand.py` have the same time as the search. Ranks are among all that are shown, means
over ties; their mean is over data sets and splits. What is measured is kept in `--results` and not repeated.

    python benchmarks/small_tables.py --budget 2m --splits 5
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import prize
import rows
from scipy.stats import rankdata
from sklearn import datasets
from sklearn.base import ClassifierMixin
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

TABLES: dict[str, Callable[..., Any]] = {
    "wine": datasets.load_wine,
    "cancer": datasets.load_breast_cancer,
    "iris": datasets.load_iris,
    "digits": datasets.load_digits,
}
CLASSIFIERS: dict[str, Callable[[int], ClassifierMixin]] = {
    "mlp": lambda seed: make_pipeline(StandardScaler(), MLPClassifier(max_iter=2000, random_state=seed)),
    "boosting": lambda seed: GradientBoostingClassifier(random_state=seed),
    "hist_boosting": lambda seed: HistGradientBoostingClassifier(random_state=seed),
    "forest": lambda seed: RandomForestClassifier(random_state=seed),
    "svc": lambda seed: make_pipeline(StandardScaler(), SVC()),
    "logistic": lambda seed: make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
}
SEARCHES = ("deap_nn", "random", "by_hand")
RESULTS = Path(__file__).parent / "results" / "small_tables.jsonl"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--budget", default="2m", help="of each search and of by_hand")
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--tables", nargs="*", default=list(TABLES), choices=list(TABLES))
    parser.add_argument("--ways", nargs="*", default=[*SEARCHES, *CLASSIFIERS], choices=[*SEARCHES, *CLASSIFIERS])
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    kept = [row for row in rows.read(options.results) if row["budget"] in (options.budget, None)]
    done = {(row["way"], row["table"], row["split"]): row for row in kept}
    for split in range(options.splits):
        for table in options.tables:
            for way in options.ways:
                if (way, table, split) not in done:
                    done[way, table, split] = _measured(options, way, table, split)
    print("\n".join(_table(options, done)))


def split_of(table: str, split: int) -> dict[str, np.ndarray]:
    """Return the four arrays of a data set, a fifth of it to test, as an .npz file has them."""
    x, y = TABLES[table](return_X_y=True)
    parts = train_test_split(x.astype("float32"), y, test_size=0.2, stratify=y, random_state=split)
    return dict(zip(("x_train", "x_test", "y_train", "y_test"), parts, strict=True))


def _measured(options: argparse.Namespace, way: str, table: str, split: int) -> dict[str, Any]:
    arrays, is_search = split_of(table, split), way in SEARCHES
    found = _searched(options, way, split, arrays) if is_search else _fitted(way, split, arrays)
    row = {"way": way, "table": table, "split": split, "budget": options.budget if is_search else None, **found}
    rows.append(options.results, row | {"machine": prize.processor()})
    print(f"{table}, split {split}, {way}: {found['accuracy']:.4f} after {found['wall']:.1f} s", flush=True)
    return row


def _searched(options: argparse.Namespace, way: str, split: int, arrays: dict[str, np.ndarray]) -> prize.Found:
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder, "table.npz"), **arrays)  # type: ignore[arg-type]  # numpy's stub takes them for allow_pickle
        asked = {"dataset": f"{folder}/table.npz", "train_samples": 10_000, "budget": options.budget, "space": ""}
        return prize.measured(argparse.Namespace(**asked), way, split)


def _fitted(way: str, split: int, arrays: dict[str, np.ndarray]) -> dict[str, float]:
    began, before = time.monotonic(), time.process_time()
    classifier = CLASSIFIERS[way](split).fit(arrays["x_train"], arrays["y_train"])
    accuracy = float(np.mean(classifier.predict(arrays["x_test"]) == arrays["y_test"]))
    return {"accuracy": accuracy, "wall": time.monotonic() - began, "cpu": time.process_time() - before}


def _table(options: argparse.Namespace, done: dict[tuple[str, str, int], dict[str, Any]]) -> list[str]:
    splits = range(options.splits)
    found = {
        (way, table): [done[way, table, split]["accuracy"] for split in splits]
        for way in options.ways
        for table in options.tables
    }
    ranks = [
        rankdata([-found[way, table][split] for way in options.ways]) for table in options.tables for split in splits
    ]
    lines = [f"| | {' | '.join(options.tables)} | mean rank |", "|---" * (len(options.tables) + 2) + "|"]
    for way, rank in zip(options.ways, np.mean(ranks, axis=0), strict=True):
        means = [f"{statistics.mean(found[way, table]):.3f}" for table in options.tables]
        lines.append(f"| {way} | {' | '.join(means)} | {rank:.2f} |")
    return lines


if __name__ == "__main__":
    main()
