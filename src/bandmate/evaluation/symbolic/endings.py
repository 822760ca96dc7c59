"""Does it end? Measured only where the piece does."""

from __future__ import annotations

import numpy as np

from bandmate.evaluation.excerpt import CELL, TICKS, Excerpt


def last_bar_density(e: Excerpt) -> float:
    """Notes of the last bar over the mean of the others."""
    total = e.counts.sum(0).astype(float)
    if e.bar_count < 2 or not total[:-1].sum():
        return np.nan
    return float(min(10.0, total[-1] / total[:-1].mean()))


def ends_on_tonic(e: Excerpt) -> float:
    """1 if the lowest of the last notes to begin is the tonic, else 0."""
    if e.key is None:
        return np.nan
    last = e.pitched["ticks"].max()
    final = e.pitched["pitch"][e.pitched["ticks"] >= last - CELL]
    return float(int(final.min()) % 12 == e.key.tonic)


def last_note_length(e: Excerpt) -> float:
    """Length of the longest of the last notes to begin, drums apart."""
    if not len(e.pitched):
        return np.nan
    last = e.pitched["ticks"].max()
    return float(min(64.0, e.pitched["duration"][e.pitched["ticks"] >= last - CELL].max() / TICKS))
