"""When notes begin, how long they last, and where the melody breathes."""

from __future__ import annotations

import numpy as np

from bandmate.analysis.texture import syncopation_of
from bandmate.evaluation.excerpt import TICKS, Excerpt
from bandmate.evaluation.symbolic.numbers import entropy, mean, median

GROOVE_TICKS = TICKS // 12  # twelve places a quarter, as MusPy counts
LEAST_NOTES = 8


def groove_consistency(e: Excerpt) -> float:
    """How alike the onset pattern of a bar and the next are, all tracks with drums, bars of the real meter."""
    if e.bar_count < 2 or not len(e.notes):
        return np.nan
    places = -(-e.bar_ticks // GROOVE_TICKS)
    grid = np.zeros((e.bar_count, places), bool)
    place = np.minimum((e.notes["place"] + GROOVE_TICKS // 2) // GROOVE_TICKS, places - 1)
    grid[e.notes["bar"], place] = True
    return float(100.0 * (1.0 - (grid[1:] != grid[:-1]).mean()))


def _lengths(e: Excerpt) -> np.ndarray:
    return e.pitched["duration"] / TICKS


def note_length(e: Excerpt) -> float:
    """Median length of notes, drums apart."""
    return median(_lengths(e))


def note_length_entropy(e: Excerpt) -> float:
    """Entropy of note lengths in half octaves: from a 64th to more than four bars."""
    octaves = np.rint(2 * np.log2(np.clip(_lengths(e), 1 / 16, 16)))
    return entropy(octaves.astype(np.int64) + 8, LEAST_NOTES)


def syncopation(e: Excerpt) -> float:
    """Share of strokes off the beat that are held over the next stronger place, drums apart, mean over tracks."""
    found = [syncopation_of(e.view.tracks[i])[e.view.tracks[i].filled] for i in e.sounding_tracks
             if not e.view.tracks[i].is_drum]  # fmt: skip
    return mean(np.array([mean(values) for values in found]))


def onset_gaps(e: Excerpt) -> float:
    """Entropy of the melody's distances from onset to onset, in sixteenths up to two bars of 4/4."""
    if e.melody is None:
        return np.nan
    gaps = np.rint(np.diff(e.melody.ticks) * 4 / TICKS).astype(np.int64)
    return entropy(np.clip(gaps, 0, 32), LEAST_NOTES)


def melody_rests(e: Excerpt) -> float:
    """Share of the window in which the melody is silent."""
    return float(max(0.0, 1.0 - e.melody.duration.sum() / (e.bar_ticks * e.bar_count))) if e.melody else np.nan


def phrase_length(e: Excerpt) -> float:
    """Median length of the melody's phrases; a rest of a beat, or half a bar without an onset, ends one."""
    if e.melody is None or len(e.melody) < LEAST_NOTES:
        return np.nan
    end = e.melody.ticks + e.melody.duration
    rests, gaps = e.melody.ticks[1:] - end[:-1], np.diff(e.melody.ticks)
    breaks = np.flatnonzero((rests >= e.beat_ticks) | (gaps >= e.bar_ticks / 2))
    first, last = np.append(0, breaks + 1), np.append(breaks, len(e.melody) - 1)
    span = end[last] - e.melody.ticks[first]
    return median(span / e.bar_ticks)
