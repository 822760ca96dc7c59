"""Choices by weighted evidence: which candidate of a few is likeliest, by weights that were fitted and lie in a table.

Made by `scripts/fit_ears.py` (conditional logit with weight decay) on music that the project renders itself.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TABLE = Path(__file__).parents[2] / "data" / "ears" / "choices.json"


@cache
def weights_of(choice: str) -> Floats:
    """The weights of one choice, in the order of its features."""
    return np.array(json.loads(TABLE.read_text(encoding="utf-8"))[choice]["weights"], float)


def chances(choice: str, features: Floats) -> Floats:
    """How likely each candidate is; float (n,), sum 1.

    Args:
        choice: its name in the table.
        features: float (n, features).
    """
    return softmax(features @ weights_of(choice))


def softmax(scores: Floats) -> Floats:
    """Scores as shares of one."""
    likely = np.exp(scores - scores.max())
    return likely / likely.sum()
