"""Extremely randomised trees (Geurts, Ernst and Wehenkel 2006, https://doi.org/10.1007/s10994-006-6226-1).

Input: rows with scores. Output: what one random tree predicts for other rows. Trees are grown independently of one
another, each from its own random splits; so the prediction of one stands for one sample of what may be true.
"""

from __future__ import annotations

import numpy as np

from deap_nn.screening.encoding import Floats


def tree_sample(rows: Floats, scores: Floats, queries: Floats, rng: np.random.Generator) -> Floats:
    """Return the scores that one random tree predicts for some rows.

    Args:
        rows: The rows of the results, at least one.
        scores: Their scores.
        queries: The rows to predict.
        rng: Where the tree's random splits come from.
    """
    if rows.shape[1] == 0:  # all networks are alike
        return np.full(len(queries), scores.mean())
    from sklearn.tree import ExtraTreeRegressor  # takes about a second, so only where it is used

    tree = ExtraTreeRegressor(max_features=1.0, random_state=int(rng.integers(2**31)))
    return np.asarray(tree.fit(rows, scores).predict(queries), dtype=np.float64)
