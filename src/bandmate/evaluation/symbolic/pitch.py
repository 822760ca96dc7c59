"""Which pitches: entropy, scale, and how the melody moves."""

from __future__ import annotations

import numpy as np

from bandmate.analysis.descriptors import best_scale_share
from bandmate.evaluation.excerpt import Excerpt
from bandmate.evaluation.symbolic.numbers import entropy, share

LEAST_MOVES = 8  # of a melody, before its intervals say something
STEP, LEAP = 2, 5  # semitones: up to a whole tone is a step, from a fourth on a leap


def pitch_class_entropy(e: Excerpt) -> float:
    """Entropy of the pitch classes of all onsets but drums'."""
    return entropy(e.pitched["pitch"] % 12)


def scale_consistency(e: Excerpt) -> float:
    """Share of onsets inside the best of the twelve major scales (which are the minor ones too)."""
    return 100.0 * best_scale_share(np.bincount(e.pitched["pitch"] % 12, minlength=12))


def _moves(e: Excerpt) -> np.ndarray:
    moves = e.melody.moves if e.melody is not None else np.zeros(0, np.int64)
    return moves if len(moves) >= LEAST_MOVES else moves[:0]


def melody_interval(e: Excerpt) -> float:
    """Mean distance from note to note."""
    moves = np.abs(_moves(e))
    return float(moves.mean()) if len(moves) else np.nan


def melody_interval_entropy(e: Excerpt) -> float:
    """Entropy of the intervals, signed, folded at an octave."""
    return entropy(np.clip(_moves(e), -12, 12) + 12)


def melody_repeats(e: Excerpt) -> float:
    """Share of moves to the same pitch."""
    return share(_moves(e) == 0)


def melody_steps(e: Excerpt) -> float:
    """Share of moves of one or two semitones."""
    moves = np.abs(_moves(e))
    return share((moves >= 1) & (moves <= STEP))


def melody_leaps(e: Excerpt) -> float:
    """Share of moves of a fourth or more."""
    return share(np.abs(_moves(e)) >= LEAP)


def melody_range(e: Excerpt) -> float:
    """From the lowest to the highest note of the melody."""
    return float(np.ptp(e.melody.pitch)) if e.melody is not None and len(_moves(e)) else np.nan
