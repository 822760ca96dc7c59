"""The ear: how much a window of band music sounds like people's rather than the model's own, and a draw by it.

It was fitted on windows of the training pieces against several takes each of the shipped model on the same frames
(scripts/build_ear.py); no held-out music was heard. Its log odds estimate how much likelier people are to write a
window than the model is. Among candidates one is drawn with just these odds (sampling with importance resampling,
Rubin 1987), not the greatest: the greatest would make all takes alike.

One regression on the card's lines leaves a rest: what it would draw is still told from people's music. So the ear is a
sum of several, each fitted on what those before it would draw (boosting, Friedman 2001, on draws instead of windows).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.genres import load_table
from bandmate.evaluation.card import measure_piece
from bandmate.evaluation.excerpt import Floats
from bandmate.evaluation.regression import Regression, fit
from bandmate.score.model import Score

_TABLE = "ear"
_PENALTY, _RATE = 30.0, 0.7  # of each step: on squared weights, and the share of it that is taken over


@dataclass(frozen=True, slots=True)
class Ear:
    """Regressions whose log odds add up."""

    steps: tuple[Regression, ...]

    def score(self, values: Floats) -> Floats:
        """Log odds of people for windows as the card measures them; float (windows,)."""
        return np.sum([step.score(values) for step in self.steps], axis=0)

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` reads it back."""
        return {"steps": [step.to_json() for step in self.steps]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Ear:
        """Read what `to_json` gave."""
        return cls(tuple(Regression.from_json(step) for step in data["steps"]))


@cache
def shipped_ear() -> Ear:
    """The ear of the shipped model; it hears band music."""
    data: Any = load_table(_TABLE)
    return Ear.from_json(data)


def fit_ear(people: Floats, takes: Floats, frame: NDArray[np.int64], steps: int) -> Ear:
    """Fit an ear.

    Args:
        people: windows by people; float (windows, all lines of the card).
        takes: windows of takes, several on each frame.
        frame: the frame of each take.
        steps: how many regressions.
    """
    values, label = np.concatenate([takes, people]), np.repeat([0.0, 1.0], [len(takes), len(people)])
    found: list[Regression] = []
    for _ in range(steps):
        standing = Ear(tuple(found)).score(takes) if found else np.zeros(len(takes))
        weight = np.concatenate([odds_within(standing, frame), np.ones(len(people))])
        step = fit(values, label, _PENALTY, weight)
        found.append(replace(step, weights=_RATE * step.weights, bias=_RATE * step.bias))
    return Ear(tuple(found))


def odds_within(log_odds: Floats, frame: NDArray[np.int64]) -> Floats:
    """Chance of each take to be the one that is drawn on its frame."""
    chance = np.zeros(len(log_odds))
    for each in np.unique(frame):
        own = frame == each
        weight = np.exp(log_odds[own] - log_odds[own].max())
        chance[own] = weight / weight.sum()
    return chance


def likeness_of(score: Score, ear: Ear | None = None) -> float:
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
