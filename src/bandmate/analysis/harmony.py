"""The key of a piece, and (from `analysis.chords`) the chord of each half bar.

Keys are judged by how well the whole fits each key's profile, how many two-bar windows would vote for it, and by
what stands at the places where music shows its tonic: first and last bass note, first and last sounds. Twelve rows
of a fitted table say what each is worth, seen from each candidate tonic.

Source: profiles of Albrecht and Shanahan (2013), The use of large corpora to develop a new type of key-finding
algorithm; the rest is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.chords import (
    Floats,
    SpanEvidence,
    chords_of,
    estimate_chords,
    pitched_notes,
    span_evidence,
)
from bandmate.analysis.meter import half_bar_edges, quarter_ticks, score_bars
from bandmate.score.model import Score
from bandmate.score.pitch import Key

__all__ = ["KeyEstimate", "chords_of", "estimate_chords", "estimate_key", "key_of", "signature_fifths"]

_MAJOR_PROFILE = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR_PROFILE = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)
WINDOW_HALF_BARS = 4
# What each piece of evidence is worth for a major and for a minor key, by semitone above the candidate tonic. Made by
# benchmarks/fit_analysis.py: maximum likelihood of the key signature (major and relative minor summed) of 848 parts of
# 350 Lieder, 61 quartets and 75 POP909 songs, and of the planned key of 400 groove-book pieces (worth 0.15 of the
# rest), drawn back to zero with weight decay 3e-3, rounded.
EVIDENCE: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "whole": ((-0.5, 0.2, 0.1, 0.2, -0.1, 0.5, -0.2, 0.2, 0.2, 0.1, -0.4, 0.3),
        (-0.1, -0.3, 0.1, 0.4, -0.7, 0.2, -0.4, 0.0, 0.4, -0.6, 0.3, -0.1)),
    "last": ((0.0, 0.1, 0.0, 0.1, -0.1, -0.2, 0.2, 0.5, 0.0, -0.6, 0.1, -0.1),
        (0.0, 0.0, 0.0, 0.0, -0.2, 0.1, -0.1, 0.2, -0.1, -0.1, -0.1, 0.2)),
    "first": ((-0.1, -0.1, 0.0, -0.2, 0.3, 0.3, -0.3, 0.4, -0.1, -0.1, -0.1, 0.0),
        (0.1, 0.0, 0.0, 0.4, -0.4, 0.1, -0.2, 0.4, 0.2, -0.5, 0.2, -0.2)),
    "last_bass": ((1.3, -0.2, -0.1, 0.2, -0.1, -0.2, 0.3, 0.2, 0.3, -0.4, 0.1, 0.1),
        (1.3, 0.1, -0.2, -0.2, -0.1, 0.0, -0.2, 0.5, 0.1, -0.1, 0.1, 0.2)),
    "first_bass": ((1.1, -0.1, -0.3, 0.1, 0.0, 0.1, -0.1, 0.2, -0.2, -0.1, -0.4, -0.2),
        (0.9, 0.2, -0.3, 0.1, -0.3, 0.1, -0.2, 0.1, -0.2, -0.4, -0.2, 0.1)),
    "basses": ((-0.4, 0.0, -0.4, 0.0, 0.1, 0.1, 0.2, 0.7, 0.1, -0.2, -0.2, -0.1),
        (0.2, 0.0, -0.2, 0.1, -0.2, 0.1, -0.1, -0.1, 0.1, -0.2, 0.2, 0.0)),
}  # fmt: skip
VOTE_WORTH, FIT_WORTH, MODE_BIAS = 11.6, 3.4, -0.01
_WEIGHTS = np.array([np.concatenate([row[mode] for row in EVIDENCE.values()]) for mode in (0, 1)]).T  # (72, 2)
_AROUND = (np.arange(12)[:, None] + np.arange(12)) % 12  # (tonic, step) -> pitch class


def _standard(values: Floats) -> Floats:
    centred = values - values.mean(-1, keepdims=True)
    return centred / np.maximum(centred.std(-1, keepdims=True), 1e-9)


_PROFILES = np.array(
    [np.roll(_standard(np.array(p)), tonic) for p in (_MAJOR_PROFILE, _MINOR_PROFILE) for tonic in range(12)]
)  # (24, 12): twelve major tonics, twelve minor


@dataclass(frozen=True, slots=True)
class KeyEstimate:
    """The key of a piece.

    Attributes:
        key: major or minor key; None if nothing but drums sounds.
        confidence: probability of that key, 0..1.
        ranked: all 24 keys with their probabilities, best first.
        modal: the same tonic in the mode that its notes fit best ("D dorian"); equals `key` where none stands out.
    """

    key: Key | None
    confidence: float
    ranked: tuple[tuple[Key, float], ...] = ()
    modal: Key | None = None


def signature_fifths(key: Key) -> int:
    """Sharps (above 0) or flats (below 0) of a major or minor key's signature; -5..6."""
    major_tonic = (key.tonic + (3 if key.is_minor else 0)) % 12
    fifths = major_tonic * 7 % 12
    return fifths if fifths <= 6 else fifths - 12


def _modal(tonic: int, minor: bool, share: Floats) -> str:
    """A church mode where its own step clearly displaces the usual one."""
    around = np.roll(share, -tonic)
    tests = (("phrygian", 1, 2), ("dorian", 9, 8)) if minor else (("lydian", 6, 5), ("mixolydian", 10, 11))
    for mode, own, usual in tests:
        if around[own] >= 0.03 and around[own] > 4 * around[usual]:
            return mode
    return "minor" if minor else "major"


def key_features(evidence: SpanEvidence, final_bass: int) -> tuple[Floats, Floats, Floats]:
    """What speaks for each key.

    Returns:
        What EVIDENCE weighs, for each tonic: float (12, 72); the share of windows that vote for each of 24 keys
        (major, then minor) and how well the whole fits each: float (24,) both.
    """
    heard = np.flatnonzero(evidence.low >= 0)
    chroma = evidence.chroma
    share = chroma.sum(0) / chroma.sum()
    last, first = chroma[heard[-2:]].sum(0), chroma[heard[:8]].sum(0)
    single = np.eye(12)
    rows = {
        "whole": np.sqrt(share),
        "last": last / last.sum(),
        "first": first / first.sum(),
        "last_bass": single[final_bass],
        "first_bass": single[evidence.low[heard[0]]],
        "basses": np.bincount(evidence.low[heard], minlength=12) / len(heard),
    }
    seen = np.stack([rows[name] for name in EVIDENCE])[:, _AROUND]  # (6, tonic, step)
    windows = np.add.reduceat(chroma, np.arange(0, len(chroma), WINDOW_HALF_BARS), axis=0)
    windows = windows[windows.sum(1) > 0]
    votes = np.exp(10.0 * _standard(windows) @ _PROFILES.T / 12)
    votes = (votes / votes.sum(1, keepdims=True)).mean(0)
    return seen.transpose(1, 0, 2).reshape(12, -1), votes, (_PROFILES @ _standard(share)) / 12


def key_of(evidence: SpanEvidence, final_bass: int) -> KeyEstimate:
    """The key from gathered half bars and the pitch class of the last bass note."""
    if not evidence.chroma.any():
        return KeyEstimate(None, 0.0)
    seen, votes, fit = key_features(evidence, final_bass)
    table = (seen @ _WEIGHTS + np.array([MODE_BIAS, -MODE_BIAS])).T.ravel()
    score = table + VOTE_WORTH * votes + FIT_WORTH * fit
    chance = np.exp(score - score.max())
    chance /= chance.sum()
    order = np.argsort(-chance, kind="stable")
    ranked = tuple((Key(int(k) % 12, "minor" if k >= 12 else "major"), round(float(chance[k]), 4)) for k in order)
    best = ranked[0][0]
    share = evidence.chroma.sum(0) / evidence.chroma.sum()
    return KeyEstimate(best, ranked[0][1], ranked, Key(best.tonic, _modal(best.tonic, best.is_minor, share)))


def final_bass_of(notes: NDArray[Any], ticks_per_quarter: float) -> int:
    """Pitch class of the lowest note that sounds at the very end; 0 without notes."""
    if not len(notes):
        return 0
    ends = notes["onset_ticks"] + notes["duration_ticks"]
    return int(notes["pitch"][ends >= ends.max() - ticks_per_quarter / 4].min()) % 12


def estimate_key(score: Score, bars: NDArray[Any] | None = None) -> KeyEstimate:
    """Find the key a piece is in as a whole, from its notes alone (key signatures are not read; nor drums).

    Args:
        score: any score.
        bars: its BAR array; worked out if not given.
    """
    bars = score_bars(score) if bars is None else bars
    notes = pitched_notes(score)
    if not len(notes):
        return KeyEstimate(None, 0.0)
    ticks_per_quarter = quarter_ticks(bars)
    evidence = span_evidence(notes, half_bar_edges(bars), ticks_per_quarter)
    return key_of(evidence, final_bass_of(notes, ticks_per_quarter))
