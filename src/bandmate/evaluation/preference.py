"""Preference: what a musician likes, learned from which takes were starred and which discarded.

A take is a row of places on the report card (`evaluation.quality`): 0 where people's median lies, 1 a width of their
band above. Of each pair of takes of one session that were marked differently the better marked one is preferred; a
line's weight says how much more of it makes a take liked. Bradley-Terry with a normal prior of the weights, so that
three stars move little and thirty much; lines that do not apply count as people's median.

Source: Bradley and Terry 1952; the prior's width and the features are ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from bandmate.errors import ModelError
from bandmate.evaluation.card import CARD
from bandmate.io.atomic import write_text_atomic

FORMAT = 1
PRIOR_WIDTH = 0.5  # standard deviation of a weight before anything was marked
LINES = tuple(line.name for line in CARD)


def row_of(places: Mapping[str, float]) -> NDArray[np.float64]:
    """The places of a take as one row, in the order of LINES; float (lines,)."""
    return np.array([places.get(name, 0.0) for name in LINES], np.float64)


def pairs(rows: NDArray[np.float64], marks: Iterable[int]) -> NDArray[np.float64]:
    """Differences between takes of one session, the better marked one minus the other.

    Args:
        rows: one a take; (n, lines).
        marks: how each is marked, more is better.
    """
    grade = np.array(list(marks))
    better, worse = np.nonzero(grade[:, None] > grade[None])
    return rows[better] - rows[worse]


@dataclass(frozen=True, slots=True, eq=False)
class Preference:
    """Weights of the lines, (lines,), and of how many pairs they were learned."""

    weights: NDArray[np.float64]
    pairs: int

    def liking(self, places: Mapping[str, float]) -> float:
        """How well a take may be liked, 0..1; 0.5 = as well as one at people's median."""
        return float(expit(self.weights @ row_of(places)))

    def agreement(self, differences: NDArray[np.float64]) -> float:
        """The share of pairs in which the preferred take is liked more; NaN without pairs."""
        return float((differences @ self.weights > 0).mean()) if len(differences) else float("nan")

    def save(self, path: str | Path) -> Path:
        """Write it as JSON.

        Raises:
            OutputError: the place cannot be written.
        """
        weights = {name: round(float(weight), 6) for name, weight in zip(LINES, self.weights, strict=True)}
        text = json.dumps({"format": FORMAT, "pairs": self.pairs, "weights": weights}, indent=1)
        return write_text_atomic(path, text + "\n")

    @classmethod
    def load(cls, path: str | Path) -> Preference:
        """Read what `save` wrote; lines that the card has gained since weigh nothing.

        Raises:
            ModelError: it is missing or damaged; the message says the cure.
        """
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
            weights = np.array([float(data["weights"].get(name, 0.0)) for name in LINES])
            if data["format"] != FORMAT or not np.isfinite(weights).all():
                raise ValueError("not a preference of this version")
            return cls(weights, int(data["pairs"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"{path} cannot be read ({error}); delete it, and star a take to make it anew") from error


def fit(differences: NDArray[np.float64]) -> Preference:
    """Learn weights from pairs.

    Args:
        differences: preferred minus other, (pairs, lines); no pair gives weights of 0.
    """
    prior = 1.0 / PRIOR_WIDTH**2

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = differences @ weights
        value = -log_expit(margin).sum() + 0.5 * prior * weights @ weights
        return float(value), prior * weights - differences.T @ expit(-margin)

    start = np.zeros(len(LINES))
    if not len(differences):
        return Preference(start, 0)
    return Preference(minimize(loss, start, jac=True, method="L-BFGS-B").x, len(differences))
