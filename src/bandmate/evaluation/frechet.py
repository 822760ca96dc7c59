"""Frechet distance of two sets of music: how far the bells lie apart that fit their metrics.

The metrics are put on the scale of both sets together (mean 0, spread 1), so that bits and semitones weigh alike and a
metric that hardly varies in one set cannot outweigh the rest. A metric that applies to less than half of either set,
or has no spread, is left out; of a piece to which one does not apply the mean of its set stands in. The distance grows
as sets get smaller than some hundred pieces: compare sets of one size, or hold two halves of one set against each other
to see what is chance.

Source: Dowson and Landau (1982), The Frechet distance between multivariate normal distributions; on own features in
place of a pretrained network's, as Heusel et al. (2017) use it.
"""

from __future__ import annotations

import numpy as np

from bandmate.evaluation.piece import Floats

LEAST_PIECES = 3


def frechet(first: Floats, other: Floats) -> float:
    """Squared Frechet distance of the bells that fit two samples; float (n, d) and (m, d) -> 0 or more."""
    shift = first.mean(0) - other.mean(0)
    one, two = (np.atleast_2d(np.cov(rows, rowvar=False)) for rows in (first, other))
    value, vector = np.linalg.eigh(one)
    root = (vector * np.sqrt(np.maximum(value, 0))) @ vector.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ two @ root), 0)).sum()
    return float(max(0.0, shift @ shift + np.trace(one) + np.trace(two) - 2 * cross))


def metric_frechet(first: Floats, other: Floats) -> tuple[float, int]:
    """Frechet distance of two sets by their metrics, and how many metrics it counts.

    Args:
        first: metrics of each piece, NaN where one does not apply; float (n, metrics).
        other: of the set that is held against.

    Returns:
        NaN and 0 where a set has fewer than LEAST_PIECES, or no metric applies to both.
    """
    if min(len(first), len(other)) < LEAST_PIECES:
        return np.nan, 0
    known = np.minimum(*((~np.isnan(rows)).mean(0) for rows in (first, other))) >= 0.5
    first, other = first[:, known], other[:, known]
    both = np.concatenate([first, other])
    centre, spread = np.nanmean(both, 0), np.nanstd(both, 0)
    kept = spread > 1e-9
    if not kept.any():
        return np.nan, 0
    scaled = ((rows[:, kept] - centre[kept]) / spread[kept] for rows in (first, other))
    one, two = (np.where(np.isnan(rows), np.nanmean(rows, 0), rows) for rows in scaled)
    return frechet(one, two), int(kept.sum())
