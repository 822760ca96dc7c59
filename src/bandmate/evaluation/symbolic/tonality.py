"""Harmony of whole pieces: notes in the chord, and distances in the space of tonal centroids.

Source: Harte, Sandler and Gasser (2006), Detecting harmonic change in musical audio (the centroid and its distance);
Dong et al. (2018), MuseGAN (the distance between tracks); Yeh et al. (2021), Automatic melody harmonization with triad
chords (chord tones; here all pitched notes against estimated chords).
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from bandmate.analysis.chords import span_evidence
from bandmate.analysis.meter import STEPS_PER_QUARTER
from bandmate.evaluation.piece import Floats, Piece
from bandmate.evaluation.symbolic.numbers import mean
from bandmate.limits import TRACKS

RADII = (1.0, 1.0, 0.5)  # of the circles of fifths, minor thirds and major thirds
TURNS = (7 / 6, 3 / 2, 2 / 3)  # of pi, that a semitone goes round each
_ANGLES = np.pi * np.outer(TURNS, np.arange(12))
CENTROIDS = np.concatenate([np.stack([r * np.sin(a), r * np.cos(a)]) for r, a in zip(RADII, _ANGLES, strict=True)])


def tonal_centroids(chroma: Floats) -> Floats:
    """The tonal centroid of each row of pitch classes, NaN where nothing sounds; float (n, 12) -> (n, 6)."""
    total = chroma.sum(1, keepdims=True)
    return (chroma @ CENTROIDS.T) / np.where(total > 0, total, np.nan)


def harmonic_tension(p: Piece) -> float:
    """Distance of the tonal centroids of neighbouring half bars in which anything sounds, mean; drums apart."""
    if not len(p.pitched):
        return np.nan
    found = tonal_centroids(p.evidence.chroma)
    return mean(np.linalg.norm(np.diff(found, axis=0), axis=1))


def tonal_distance(p: Piece) -> float:
    """Distance of the tonal centroids of two tracks in a half bar in which both sound, mean over pairs; drums apart."""
    parts = [t.notes for t in p.score.tracks if len(t.notes) and not t.is_drum][: int(TRACKS.high)]
    if len(parts) < 2:
        return np.nan
    found = [tonal_centroids(span_evidence(notes, p.half_edges, p.quarter_ticks).chroma) for notes in parts]
    return mean(np.concatenate([np.linalg.norm(a - b, axis=1) for a, b in combinations(found, 2)]))


def chord_tone_ratio(p: Piece) -> float:
    """Share of notes that are tones of the chord estimated for the half bar in which they begin, drums apart."""
    known = np.array([chord is not None for chord in p.chords])
    tones = np.array([[chord is not None and c in chord.pitch_classes for c in range(12)] for chord in p.chords])
    early = p.quarter_ticks // (2 * STEPS_PER_QUARTER)
    half = np.searchsorted(p.half_edges, p.pitched["onset_ticks"] + early, side="right") - 1
    half = np.clip(half, 0, len(p.chords) - 1)
    inside = tones[half, p.pitched["pitch"] % 12][known[half]]
    return float(inside.mean()) if len(inside) else np.nan
