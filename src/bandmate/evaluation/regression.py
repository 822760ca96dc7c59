"""Logistic regression on the card's lines, with gaps: what the two-sample test and the ear are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from bandmate.evaluation.card import ALL_LINES, CARD, NAMES
from bandmate.evaluation.excerpt import Floats

PENALTY = 1.0  # on squared weights of standardised columns
_FURTHEST = 5.0  # standard deviations at which a column is cut off
# The last lines apply to endings alone: whether one is there at all would tell whole takes from windows.
COLUMNS = np.array([line in CARD and not line.at_end for line in ALL_LINES])
LINES = tuple(name for name, kept in zip(NAMES, COLUMNS, strict=True) if kept)


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """A fitted regression; a line that does not apply counts as its median and says so in a column of its own.

    Attributes:
        middle: median of each line; float (lines,).
        mean, spread: of each column (lines, then their gaps); float (2 * lines,).
        weights: of each column on that scale; bias: of them all.
    """

    middle: Floats
    mean: Floats
    spread: Floats
    weights: Floats
    bias: float

    def score(self, values: Floats) -> Floats:
        """Log odds of the second set for windows as the card measures them; float (windows,).

        Args:
            values: float (windows, all lines of `card.ALL_LINES`).
        """
        columns = _with_gaps(values[:, COLUMNS], self.middle)
        return np.clip((columns - self.mean) / self.spread, -_FURTHEST, _FURTHEST) @ self.weights + self.bias

    def to_json(self) -> dict[str, Any]:
        """Plain data, with five digits; `from_json` reads it back."""
        spread = np.where(np.isinf(self.spread), 0.0, self.spread)
        parts = {"middle": self.middle, "mean": self.mean, "spread": spread, "weights": self.weights}
        return {"lines": list(LINES), "bias": float(f"{self.bias:.5g}")} | {
            name: [float(f"{value:.5g}") for value in part] for name, part in parts.items()
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Regression:
        """Read what `to_json` gave."""
        middle, mean, spread, weights = (np.array(data[n], float) for n in ("middle", "mean", "spread", "weights"))
        return cls(middle, mean, np.where(spread > 0, spread, np.inf), weights, float(data["bias"]))


def fit(values: Floats, label: Floats, penalty: float = PENALTY, weight: Floats | None = None) -> Regression:
    """Fit a regression; both sets weigh the same however many windows they have.

    Args:
        values: float (windows, all lines of the card).
        label: 0 for the first set, 1 for the second.
        penalty: on squared weights.
        weight: of each window inside its set, float (windows,); None = all alike.
    """
    lines = values[:, COLUMNS]
    known = ~np.isnan(lines).all(0)
    middle = np.zeros(lines.shape[1])
    middle[known] = np.nanmedian(lines[:, known], axis=0)
    columns = _with_gaps(lines, middle)
    mean, spread = columns.mean(0), columns.std(0)
    spread = np.where(spread > 1e-9, spread, np.inf)
    scaled = np.clip((columns - mean) / spread, -_FURTHEST, _FURTHEST)
    found = _weights(scaled, label, penalty, np.ones(len(label)) if weight is None else weight)
    return Regression(middle, mean, spread, found[:-1], float(found[-1]))


def _with_gaps(lines: Floats, middle: Floats) -> Floats:
    gaps = np.isnan(lines)
    return np.concatenate([np.where(gaps, middle, lines), gaps.astype(float)], axis=1)


def _weights(x: Floats, label: Floats, penalty: float, weight: Floats) -> Floats:
    """Weights and bias that the penalised loss is least at; each set counts for half of all windows."""
    whole = np.where(label == 1, weight[label == 1].sum(), weight[label == 0].sum())
    weight = weight * 0.5 * len(label) / whole
    sign = 2.0 * label - 1.0

    def loss(w: Floats) -> tuple[float, Floats]:
        margin = sign * (x @ w[:-1] + w[-1])
        value = float((weight * np.logaddexp(0.0, -margin)).sum() + 0.5 * penalty * (w[:-1] @ w[:-1]))
        pull = -weight * sign / (1.0 + np.exp(np.clip(margin, -500, 500)))
        return value, np.append(x.T @ pull + penalty * w[:-1], pull.sum())

    return minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B").x
