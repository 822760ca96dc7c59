"""How notes are played: loudness and timing."""

from __future__ import annotations

import numpy as np

from bandmate.analysis.texture import deviations
from bandmate.evaluation.excerpt import Excerpt
from bandmate.evaluation.symbolic.numbers import mean

LEAST_NOTES = 4


def velocity_mean(e: Excerpt) -> float:
    """Mean velocity of all notes."""
    return float(e.notes["velocity"].mean()) if len(e.notes) else np.nan


def velocity_spread(e: Excerpt) -> float:
    """Standard deviation of velocity over all notes."""
    return float(e.notes["velocity"].std()) if len(e.notes) else np.nan


def _within(groups: np.ndarray, values: np.ndarray) -> float:
    """Standard deviation inside groups, mean over notes of groups of at least four."""
    if not len(values):
        return np.nan
    _, index, count = np.unique(groups, return_inverse=True, return_counts=True)
    centre = np.bincount(index, values) / count
    spread = np.sqrt(np.bincount(index, (values - centre[index]) ** 2) / count)
    large = count >= LEAST_NOTES
    return float((spread * count)[large].sum() / count[large].sum()) if large.any() else np.nan


def drum_velocity_spread(e: Excerpt) -> float:
    """Standard deviation of velocity inside each drum."""
    return _within(e.drums["pitch"], e.drums["velocity"].astype(float))


def track_velocity_spread(e: Excerpt) -> float:
    """Standard deviation of velocity inside each pitched track."""
    return _within(e.pitched["track"], e.pitched["velocity"].astype(float))


def timing_spread(e: Excerpt) -> float:
    """Standard deviation of onsets from the nearest sixteenth or triplet, inside tracks."""
    quarters = [(deviations(v), len(v.notes)) for v in e.view.tracks if len(v.notes) >= LEAST_NOTES]
    ms = np.array([values.std() * 60_000 / e.tempo for values, _ in quarters])
    return float(np.average(ms, weights=[count for _, count in quarters])) if quarters else np.nan


def on_grid(e: Excerpt) -> float:
    """Share of onsets within 1/96 quarter of a sixteenth or triplet, mean over tracks."""
    return mean(np.array([(np.abs(deviations(v)) <= 1 / 96).mean() for v in e.view.tracks if len(v.notes)]))
