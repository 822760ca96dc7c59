"""How much sounds, where, and how that changes over the window."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np

from bandmate.evaluation.excerpt import Excerpt
from bandmate.evaluation.symbolic.numbers import mean

LEAST_BARS = 8  # for a contour


def notes_a_bar(*roles: str) -> Callable[[Excerpt], float]:
    """A measure: notes a bar, in bars where they play, of the tracks of some roles, mean over tracks."""

    def measured(e: Excerpt) -> float:
        rows = [e.counts[e.sounding_tracks.index(index)] for index in e.tracks_of(*roles)]
        return mean(np.array([row[row > 0].mean() for row in rows]))

    return measured


def polyphony(e: Excerpt) -> float:
    """Notes sounding at once, drums apart, mean over the time in which any sounds."""
    rows = e.pitched
    if not len(rows):
        return np.nan
    ticks = np.concatenate([rows["ticks"], rows["ticks"] + rows["duration"]])
    change = np.repeat([1, -1], len(rows))
    order = np.argsort(ticks, kind="stable")
    voices, span = np.cumsum(change[order])[:-1], np.diff(ticks[order])
    busy = span[voices > 0].sum()
    return float((voices * span).sum() / busy) if busy else np.nan


def tracks_sounding(e: Excerpt) -> float:
    """Share of the tracks that begin notes in a bar, mean over bars."""
    return float((e.counts > 0).mean()) if len(e.counts) else np.nan


def entrances(e: Excerpt) -> float:
    """How many tracks come in or drop out at a bar line, as a share of the tracks, mean over bar lines."""
    if len(e.counts) < 2 or e.bar_count < 2:
        return np.nan
    return float((np.diff(e.counts > 0, axis=1)).mean())


def register_overlap(e: Excerpt) -> float:
    """How far the middle seven tenths of two tracks' pitches overlap, over the narrower; mean over pitched pairs."""
    spans = []
    for index in e.sounding_tracks:
        if not e.view.tracks[index].is_drum:
            low, high = np.quantile(e.view.tracks[index].pitch, (0.15, 0.85))
            spans.append((low, high + 1.0))
    shared = [max(0.0, min(a[1], b[1]) - max(a[0], b[0])) / min(a[1] - a[0], b[1] - b[0])
              for a, b in combinations(spans, 2)]  # fmt: skip
    return mean(np.array(shared, float))


def _density(e: Excerpt) -> np.ndarray:
    total = e.counts.sum(0).astype(float)
    return total / total.mean() if e.bar_count >= LEAST_BARS and total.sum() else total[:0]


def density_slope(e: Excerpt) -> float:
    """How notes a bar grow from the first bar to the last, as a share of their mean (straight line)."""
    found = _density(e)
    return float(np.polyfit(np.linspace(0, 1, len(found)), found, 1)[0]) if len(found) else np.nan


def density_range(e: Excerpt) -> float:
    """From the tenth to the ninetieth percentile of notes a bar, as a share of their mean."""
    found = _density(e)
    return float(np.subtract(*np.quantile(found, (0.9, 0.1)))) if len(found) else np.nan
