"""Chords and function: what the chords do, and whether melody and bass keep to them.

Chords are estimated a half bar at a time. A degree is the chord's root above the tonic of the estimated key.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from bandmate.evaluation.excerpt import EARLY, TICKS, Excerpt
from bandmate.evaluation.symbolic.numbers import mean, share

NEAR_TICKS = TICKS // 12  # a melody note this close to a strong beat is on it
ROOT_TICKS = TICKS // 2  # the bass may come in up to an eighth after the change
LEAST_CHANGES = 3
PHRASE_BARS = 4
TONIC, SUBDOMINANT, DOMINANT, OUTSIDE = range(4)
# Function by semitone above the tonic: I iii vi, ii IV, V vii bVII in major; i III VI, ii iv, V v VII vii in minor.
_MAJOR = np.full(12, OUTSIDE)
_MAJOR[[0, 4, 9]], _MAJOR[[2, 5]], _MAJOR[[7, 10, 11]] = TONIC, SUBDOMINANT, DOMINANT
_MINOR = np.full(12, OUTSIDE)
_MINOR[[0, 3, 8]], _MINOR[[2, 5]], _MINOR[[7, 10, 11]] = TONIC, SUBDOMINANT, DOMINANT
_LEADS = np.zeros((4, 4), bool)  # which function may follow which: all but dominant to subdominant
_LEADS[TONIC, :OUTSIDE] = _LEADS[SUBDOMINANT, :OUTSIDE] = True
_LEADS[DOMINANT, [TONIC, DOMINANT]] = True


def _in_chord(e: Excerpt, strong: bool) -> float:
    if e.melody is None:
        return np.nan
    half = e.half_of(e.melody.ticks)
    on_strong = np.abs(e.melody.ticks - e.half_edges[half]) <= NEAR_TICKS
    known = e.chord_tones[half].any(1) & (on_strong == strong)
    return share(e.chord_tones[half, e.melody.pitch % 12][known])


def chord_tones_strong(e: Excerpt) -> float:
    """Share of melody notes on a half bar's first beat that are tones of its chord."""
    return _in_chord(e, True)


def chord_tones_weak(e: Excerpt) -> float:
    """The same of all other melody notes."""
    return _in_chord(e, False)


def bass_on_root(e: Excerpt) -> float:
    """Share of chord changes (the first chord included) whose first bass note, up to an eighth late, is the root."""
    if e.bass is None or not len(e.progression):
        return np.nan
    first = next(i for i, chord in enumerate(e.chords) if chord is not None)
    hits = []
    for half, chord in zip([first, *e.changes.tolist()], e.progression, strict=True):
        at = int(np.searchsorted(e.bass.ticks, e.half_edges[half] - EARLY))
        if at < len(e.bass) and e.bass.ticks[at] <= e.half_edges[half] + ROOT_TICKS:
            hits.append(int(e.bass.pitch[at]) % 12 == chord.root)
    return share(np.array(hits))


def harmonic_rhythm(e: Excerpt) -> float:
    """Chord changes a bar."""
    return len(e.changes) / e.bar_count if len(e.progression) else np.nan


def common_tones(e: Excerpt) -> float:
    """Mean share of a chord's tones that the next chord keeps."""
    tones = [chord.pitch_classes for chord in e.progression]
    kept = [len(a & b) / min(len(a), len(b)) for a, b in pairwise(tones)]
    return mean(np.array(kept, float))


def diatonic_chords(e: Excerpt) -> float:
    """Share of sounding half bars whose chord lies in the key (in minor with raised sixth and seventh)."""
    if e.key is None:
        return np.nan
    return share(np.array([c.pitch_classes <= e.key.lock for c in e.chords if c is not None]))


def _degrees(e: Excerpt) -> np.ndarray:
    """Semitones of each chord's root above the tonic, one a chord of the progression."""
    if e.key is None or len(e.changes) < LEAST_CHANGES:
        return np.zeros(0, np.int64)
    return np.array([(chord.root - e.key.tonic) % 12 for chord in e.progression])


def functional_progressions(e: Excerpt) -> float:
    """Share of changes between chords of the key's functions, from the dominant not to the subdominant."""
    degrees = _degrees(e)
    if not len(degrees) or e.key is None:
        return np.nan
    function = (_MINOR if e.key.is_minor else _MAJOR)[degrees]
    return share(_LEADS[function[:-1], function[1:]])


def _cadence(e: Excerpt, before: int) -> float:
    degrees = _degrees(e)
    return share((degrees[:-1] == before) & (degrees[1:] == 0))


def authentic_cadences(e: Excerpt) -> float:
    """Share of changes that go from V to I."""
    return _cadence(e, 7)


def plagal_cadences(e: Excerpt) -> float:
    """Share of changes that go from IV to I."""
    return _cadence(e, 5)


def half_cadences(e: Excerpt) -> float:
    """Share of four-bar lines that are reached on the dominant."""
    if e.key is None:
        return np.nan
    last = [e.chords[2 * bar - 1] for bar in range(PHRASE_BARS, e.bar_count + 1, PHRASE_BARS)]
    return share(np.array([(c.root - e.key.tonic) % 12 == 7 for c in last if c is not None]))
