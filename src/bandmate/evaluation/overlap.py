"""Overlap: how two sets of music lie to each other, by the distances inside a set and between sets.

Of each feature the Euclidean distances between any two pieces of a set (how varied it is) and between a piece of one
set and a piece of the other are drawn as smooth densities. If the sets are alike the two densities are, too: their
overlap is near 1 and their divergence near 0. That a set is as varied as the other is not said by either; the means
of its own distances say that.

Source: Yang and Lerch (2020), On the evaluation of generative models in music, section 3.2 (kernel density estimation,
overlapped area, Kullback-Leibler divergence).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist, pdist
from scipy.stats import gaussian_kde

from bandmate.evaluation.histograms import HISTOGRAMS
from bandmate.evaluation.piece import Floats

LEAST_PIECES = 3  # of a set: fewer have no spread of distances
MOST_PIECES = 1000  # of a set, spread evenly: distances grow with the square
MOST_DISTANCES = 2000  # that a density is drawn from, evenly from the nearest to the furthest
POINTS = 1000  # at which densities are compared
FLOOR = 1e-12  # of a density, beside its greatest value, so that a divergence is finite


@dataclass(frozen=True, slots=True)
class Overlap:
    """One feature of two sets.

    Attributes:
        name: of the feature (see HISTOGRAMS).
        within, within_other: mean distance of two pieces of the first set, and of the other.
        between: mean distance of a piece of the first set and one of the other.
        area: overlap of the densities of `within` and `between`, 0..1.
        divergence: of the density of `within` from that of `between` (Kullback and Leibler), bits, 0 or more.
        n, n_other: pieces it applies to. All others are NaN where one of these is below LEAST_PIECES.
    """

    name: str
    within: float
    within_other: float
    between: float
    area: float
    divergence: float
    n: int
    n_other: int


def overlaps(first: Sequence[dict[str, Floats]], other: Sequence[dict[str, Floats]]) -> tuple[Overlap, ...]:
    """Hold two sets of pieces against each other, feature by feature.

    Args:
        first: features of each piece (see `histograms_of`).
        other: of the set it is held against.
    """
    return tuple(_overlap(h.name, _rows(first, h.name, h.size), _rows(other, h.name, h.size)) for h in HISTOGRAMS)


def _rows(pieces: Sequence[dict[str, Floats]], name: str, size: int) -> Floats:
    rows = np.array([piece[name] for piece in pieces]).reshape(-1, size)
    rows = rows[~np.isnan(rows).any(1)]
    return rows[np.unique(np.linspace(0, len(rows) - 1, MOST_PIECES).astype(int))] if len(rows) > MOST_PIECES else rows


def _overlap(name: str, first: Floats, other: Floats) -> Overlap:
    if min(len(first), len(other)) < LEAST_PIECES:
        return Overlap(name, np.nan, np.nan, np.nan, np.nan, np.nan, len(first), len(other))
    within: Floats = np.asarray(pdist(first), np.float64)
    between: Floats = np.asarray(cdist(first, other), np.float64).ravel()
    area, divergence = compare(within, between)
    return Overlap(name, float(within.mean()), float(pdist(other).mean()), float(between.mean()), area, divergence,
                   len(first), len(other))  # fmt: skip


def compare(first: Floats, other: Floats) -> tuple[float, float]:
    """Overlapping area of the densities of two samples, and the divergence of the first from the other in bits.

    Where neither sample has a spread they overlap wholly if they are the same and not at all if they are not; where one
    alone has none no density exists and both are NaN.
    """
    if np.ptp(first) == 0 and np.ptp(other) == 0:
        return (1.0, 0.0) if first[0] == other[0] else (0.0, np.nan)
    if np.ptp(first) == 0 or np.ptp(other) == 0:
        return np.nan, np.nan
    kernels = [_density(first), _density(other)]
    margin = 4 * max(float(kernel.covariance[0, 0]) ** 0.5 for kernel in kernels)
    every = np.concatenate([first, other])
    at = np.linspace(every.min() - margin, every.max() + margin, POINTS)
    one, two = (kernel(at) for kernel in kernels)
    area = np.minimum(one, two).sum() * (at[1] - at[0])
    one, two = (np.maximum(each, FLOOR * each.max()) for each in (one, two))
    one, two = one / one.sum(), two / two.sum()
    return float(min(1.0, area)), float((one * np.log2(one / two)).sum())


def _density(values: Floats) -> gaussian_kde:
    """A smooth density, its width by Scott's rule for all values, though drawn from no more than MOST_DISTANCES."""
    drawn = np.sort(values)
    if len(drawn) > MOST_DISTANCES:
        drawn = drawn[np.linspace(0, len(drawn) - 1, MOST_DISTANCES).astype(int)]
    return gaussian_kde(drawn, bw_method=len(values) ** -0.2)
