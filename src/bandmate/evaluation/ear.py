"""The ear: how much a window of band music sounds like people's rather than the model's own, and a draw by it.

A regression on the card's lines was fitted on windows of the training pieces against takes of the shipped model on the
same frames (scripts/build_ear.py); no held-out music was heard. Its log odds estimate how much likelier people are to
write a window than the model is. Among candidates one is drawn with just these odds (sampling with importance
resampling, Rubin 1987), not the greatest: the greatest would make all takes alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from bandmate.analysis.genres import load_table
from bandmate.evaluation.card import measure_piece
from bandmate.evaluation.excerpt import Floats
from bandmate.evaluation.regression import Regression
from bandmate.score.model import Score

_TABLE = "ear"


@cache
def shipped_ear() -> Regression:
    """The ear of the shipped model; it hears band music."""
    data: Any = load_table(_TABLE)
    return Regression.from_json(data)


def likeness_of(score: Score, ear: Regression | None = None) -> float:
    """Log odds that people wrote a score rather than the model, mean over its windows; -inf where it is silent."""
    rows = measure_piece(score)
    return float((ear or shipped_ear()).score(rows).mean()) if len(rows) else -np.inf


def drawn_by(odds: Sequence[float] | Floats, seed: int) -> int:
    """Index of one candidate, drawn in proportion to its odds.

    Args:
        odds: log odds of each; those of -inf are drawn only where all are.
        seed: the same seed draws the same one.

    >>> drawn_by([-9.0, 9.0], 0)
    1
    """
    log_odds = np.asarray(odds, np.float64)
    top = log_odds.max()
    weight = np.exp(log_odds - top) if np.isfinite(top) else np.ones(len(log_odds))
    return int(np.random.default_rng(seed).choice(len(weight), p=weight / weight.sum()))
