"""More like me: whether takes of a tuned model are nearer to a library than takes of the model it was tuned from.

Two questions to the regression on the card's lines. Can it tell the two models' takes apart, on the same plans? And
when it has learned to tell the library from the untuned model's takes, does a tuned take sound more like the library
than an untuned one does? A take is never judged by a regression that has seen it or the other take on its plan.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.counts import counted
from bandmate.evaluation.excerpt import Floats
from bandmate.evaluation.measured import Measured
from bandmate.evaluation.regression import fit
from bandmate.evaluation.twosample import FOLDS, auc


@dataclass(frozen=True, slots=True)
class Likeness:
    """What the regressions say.

    Attributes:
        model: whose takes; takes: how many of each of the two.
        library: pieces they are held against.
        told_apart: chance that a tuned take is told from an untuned one; 0.5 = they are alike.
        nearer: chance that a tuned take sounds more like the library than an untuned one; 0.5 = neither does.
        distance, distance_before: of tuned and of untuned takes from the library's middle (see `library.style`).
    """

    model: str
    takes: int
    library: int
    told_apart: float
    nearer: float
    distance: float
    distance_before: float

    def lines(self) -> list[str]:
        """The answer in words."""
        return [
            f"more like me: {counted(self.takes, 'take')} of '{self.model}' beside {self.takes} of the model it was "
            f"tuned from, on the same plans, and {counted(self.library, 'piece')} of the library",
            f"  the card's lines tell the two models apart in {self.told_apart:.0%} of pairs (50 % = not at all)",
            f"  '{self.model}' sounds more like the library in {self.nearer:.0%} of pairs (50 % = neither does)",
            f"  it lies {self.distance:.2f} library widths from its middle, untuned {self.distance_before:.2f}",
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain data for the command line."""
        return {name: _plain(value) if isinstance(value, float) else value for name, value in asdict(self).items()}


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)


def nearer(tuned: Measured, untuned: Measured, library: Measured) -> float:
    """Chance that a window of a tuned take sounds more like the library than one of an untuned take, ties as half.

    Args:
        tuned: windows of takes, the work of each named by its plan.
        untuned: the same of the other model; a plan has one name in both.
        library: windows of the library.

    Returns:
        0..1; NaN with fewer than FOLDS plans or without windows of the library.
    """
    plans = np.unique(untuned.works)
    if len(plans) < FOLDS or not len(library):
        return np.nan
    score: list[Floats] = []
    label: list[Floats] = []
    for fold in range(FOLDS):
        held = plans[fold::FOLDS]
        seen = untuned.values[~np.isin(untuned.works, held)]
        values = np.concatenate([seen, library.values])
        ear = fit(values, np.repeat([0.0, 1.0], [len(seen), len(library)]))
        for which, takes in enumerate((untuned, tuned)):
            rows = takes.values[np.isin(takes.works, held)]
            score.append(ear.score(rows))
            label.append(np.full(len(rows), float(which)))
    return auc(_by_fold(score), np.concatenate(label))


def _by_fold(scores: list[Floats]) -> NDArray[np.float64]:
    """Scores of all folds on one scale: each fold's regression has a bias of its own, which is taken off."""
    pairs = [np.concatenate(scores[at : at + 2]) for at in range(0, len(scores), 2)]
    return np.concatenate([pair - np.median(pair) if len(pair) else pair for pair in pairs])
