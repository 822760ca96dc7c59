"""How easily two sets of music are told apart: the AUC of a logistic regression on the card's lines.

0.5 = not at all, 1.0 = always. Every score is of a window whose work the regression did not see.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from bandmate.evaluation.card import ALL_LINES
from bandmate.evaluation.excerpt import Floats
from bandmate.evaluation.measured import Measured
from bandmate.evaluation.regression import COLUMNS, fit

FOLDS = 5


def two_sample_auc(first: Measured, second: Measured, *, seed: int = 0) -> float:
    """AUC with which held-out windows of two sets are told apart.

    Args:
        first: measured windows.
        second: others; a work named in both stays on one side of every fold.
        seed: of the folds.

    Returns:
        Near 0.5 to 1.0 (chance may fall below 0.5); NaN with fewer than FOLDS works in a set.
    """
    values = np.concatenate([first.values, second.values])
    label = np.repeat([0.0, 1.0], [len(first), len(second)])
    works = np.concatenate([first.works, second.works])
    if min(len(np.unique(first.works)), len(np.unique(second.works))) < FOLDS:
        return np.nan
    fold = _folds(works, label, seed)
    score = np.zeros(len(label))
    for held in range(FOLDS):
        out = fold == held
        score[out] = fit(values[~out], label[~out]).score(values[out])
    return auc(score, label)


def line_distances(first: Measured, second: Measured) -> dict[str, float]:
    """How far two sets' distributions of each line lie apart, 0..1 (Kolmogorov and Smirnov); furthest first.

    Unlike the median of a set, it sees takes that are all alike, or half of them too much and half too little.
    """
    found = {}
    for index, line in enumerate(ALL_LINES):
        a, b = (np.sort(each.values[~np.isnan(each.values[:, index]), index]) for each in (first, second))
        if COLUMNS[index] and len(a) and len(b):
            every = np.concatenate([a, b])
            below = [np.searchsorted(each, every, side="right") / len(each) for each in (a, b)]
            found[line.name] = float(np.abs(below[0] - below[1]).max())
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def auc(score: Floats, label: Floats) -> float:
    """Chance that a window of the second set scores above one of the first, ties as half."""
    ranks, positive = rankdata(score), label == 1
    n, m = positive.sum(), (~positive).sum()
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * m)) if n and m else np.nan


def _folds(works: NDArray[np.str_], label: Floats, seed: int) -> NDArray[np.int64]:
    """A fold for each window: works of each set are dealt round, so that each fold holds some of both."""
    names, owner = np.unique(works, return_inverse=True)
    side = np.zeros(len(names))
    np.maximum.at(side, owner, label)
    draw = np.random.default_rng(seed)
    dealt = np.zeros(len(names), np.int64)
    for which in (0, 1):
        found = draw.permutation(np.flatnonzero(side == which))
        dealt[found] = np.arange(len(found)) % FOLDS
    return dealt[owner]
