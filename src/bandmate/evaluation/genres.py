"""Which genre a score sounds like: multinomial logistic regression on what a genre is heard by.

The classifier that comes with the package was fitted on pieces of the groove book; benchmarks/genres.py fits it anew
and says how well it does. It ranks; it does not prove that a piece is what its name says.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import FileFormatError
from bandmate.evaluation.genre_features import GROUPS, features
from bandmate.io.atomic import write_bytes_atomic
from bandmate.score.model import Score

Floats = NDArray[np.float64]
_SHIPPED = "genre_classifier.npz"
_CLIP = 4.0  # standard deviations; what lies further out says no more


@dataclass(frozen=True, slots=True, eq=False)
class Recogniser:
    """A fitted classifier.

    Attributes:
        genres: the classes, in the order of the weights' columns.
        groups: the feature groups it hears, in order.
        mean, spread: of each feature in the pieces it was fitted on; float (n,).
        weights: float (n, classes); bias: float (classes,).
    """

    genres: tuple[str, ...]
    groups: tuple[str, ...]
    mean: Floats
    spread: Floats
    weights: Floats
    bias: Floats

    def chances(self, rows: Sequence[dict[str, Floats]]) -> Floats:
        """Probability of each genre for some scores' features; float (scores, classes)."""
        logits = _standard(vectors(rows, self.groups), self.mean, self.spread) @ self.weights + self.bias
        chance = np.exp(logits - logits.max(1, keepdims=True))
        return chance / chance.sum(1, keepdims=True)

    def save(self, path: str | Path) -> Path:
        """Write it as a small npz file without pickles; weights as half floats."""
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer, genres=np.array(self.genres), groups=np.array(self.groups), mean=self.mean.astype(np.float32),
            spread=self.spread.astype(np.float32), weights=self.weights.astype(np.float16),
            bias=self.bias.astype(np.float32),
        )  # fmt: skip
        return write_bytes_atomic(path, buffer.getvalue())


def load(path: str | Path) -> Recogniser:
    """Read what `Recogniser.save` wrote.

    Raises:
        FileFormatError: the file is missing, damaged or made for other features; the message names it.
    """
    try:
        return _read(Path(path).read_bytes())
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise FileFormatError(f"{path}: no genre classifier of this version; fit it again") from error


def _read(data: bytes) -> Recogniser:
    with np.load(io.BytesIO(data), allow_pickle=False) as held:
        groups = tuple(str(name) for name in held["groups"])
        parts = [np.asarray(held[name], np.float64) for name in ("mean", "spread", "weights", "bias")]
        found = Recogniser(tuple(str(name) for name in held["genres"]), groups, *parts)
    if not set(groups) <= set(GROUPS):
        raise ValueError(f"unknown groups {groups}")
    return found


@cache
def shipped() -> Recogniser:
    """The classifier that comes with the package."""
    return _read(files("bandmate.data").joinpath(_SHIPPED).read_bytes())


def recognise(score: Score, recogniser: Recogniser | None = None) -> list[tuple[str, float]]:
    """Every genre with its probability, likeliest first.

    Args:
        score: any score with notes; tempo, programs and roles count as written.
        recogniser: another classifier than the one that comes with the package.
    """
    classifier = recogniser or shipped()
    chance = classifier.chances([features(score)])[0]
    return [(classifier.genres[k], float(chance[k])) for k in np.argsort(-chance, kind="stable")]


def vectors(rows: Sequence[dict[str, Floats]], groups: Sequence[str]) -> Floats:
    """Some groups of features side by side; float (scores, n)."""
    return np.stack([np.concatenate([row[name] for name in groups]) for row in rows])


def _standard(table: Floats, mean: Floats, spread: Floats) -> Floats:
    return np.clip((table - mean) / spread, -_CLIP, _CLIP)


def fit(
    rows: Sequence[dict[str, Floats]],
    names: Sequence[str],
    *,
    groups: Sequence[str] | None = None,
    decay: float = 3e-3,
    steps: int = 150,
) -> Recogniser:
    """Fit a classifier; every genre weighs the same however many examples it has.

    Args:
        rows: features of the examples.
        names: their genres.
        groups: feature groups to hear, None = all.
        decay: weight of the squared weights in the loss.
        steps: most steps of L-BFGS.
    """
    from scipy.optimize import minimize

    groups = tuple(groups or GROUPS)
    genres = tuple(sorted(set(names)))
    table = vectors(rows, groups)
    mean, spread = table.mean(0), table.std(0)
    spread = np.where(spread > 0, np.maximum(spread, 0.02), 1.0)
    table = _standard(table, mean, spread).astype(np.float32)
    label = np.array([genres.index(name) for name in names])
    share = (1.0 / np.bincount(label, minlength=len(genres)))[label] / len(genres)
    shape = (table.shape[1], len(genres))

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights, bias = flat[: -len(genres)].reshape(shape), flat[-len(genres) :]
        logits = table @ weights.astype(np.float32) + bias.astype(np.float32)
        logits -= logits.max(1, keepdims=True)
        chance = np.exp(logits)
        total = chance.sum(1, keepdims=True)
        at = np.arange(len(label))
        value = float(share @ (np.log(total[:, 0]) - logits[at, label])) + 0.5 * decay * float((weights**2).sum())
        chance /= total
        chance[at, label] -= 1
        chance *= share[:, None].astype(np.float32)
        slope = table.T @ chance + decay * weights
        return value, np.concatenate([slope.ravel(), chance.sum(0)]).astype(np.float64)

    found: Any = minimize(loss, np.zeros(shape[0] * shape[1] + shape[1]), jac=True, method="L-BFGS-B",
                          options={"maxiter": steps})  # fmt: skip
    return Recogniser(genres, groups, mean, spread, found.x[: -len(genres)].reshape(shape), found.x[-len(genres) :])
