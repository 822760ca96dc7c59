"""What MusPy measures of whole pieces, by the meter that a piece has.

Source: the definitions of MusPy (Dong et al., 2020, MusPy: a toolkit for symbolic music generation), written anew.
Where its counting is at fault ours differs, and `symbolic.muspy` has its own beside it.
"""

from __future__ import annotations

import numpy as np

from bandmate.analysis.descriptors import best_scale_share, groove_of
from bandmate.analysis.meter import STEPS_PER_QUARTER
from bandmate.evaluation.piece import Ints, Piece
from bandmate.evaluation.symbolic.numbers import entropy_of
from bandmate.score.pitch import Key

CHORD = 2  # pitches at once from which music is polyphonic
SIXTEENTH, TRIPLET = STEPS_PER_QUARTER // 4, STEPS_PER_QUARTER // 3  # steps


def pitch_range(p: Piece) -> float:
    """From the lowest to the highest note, drums apart; NaN without notes."""
    used = np.flatnonzero(p.pitch_counts)
    return float(used[-1] - used[0]) if len(used) else np.nan


def n_pitches_used(p: Piece) -> float:
    """How many different pitches, drums apart."""
    return float(np.count_nonzero(p.pitch_counts))


def n_pitch_classes_used(p: Piece) -> float:
    """How many different pitch classes, drums apart."""
    return float(np.count_nonzero(p.class_counts))


def polyphony(p: Piece) -> float:
    """Different pitches at once, drums apart, mean over the time in which any sounds; NaN without such time."""
    count, ticks = p.voices
    busy = int(ticks[count > 0].sum())
    return float((count * ticks).sum() / busy) if busy else np.nan


def polyphony_rate(p: Piece, least: int = CHORD) -> float:
    """Share of the time to the end of the last note in which two pitches or more sound; NaN where only drums play."""
    count, ticks = p.voices
    return float(ticks[count >= least].sum() / p.end_ticks) if len(ticks) else np.nan


def pitch_in_scale_rate(p: Piece, key: Key | None = None) -> float:
    """Share of notes in the scale of the estimated key (or of one that is given), drums apart; NaN without notes."""
    key = p.key if key is None else key
    total = p.class_counts.sum()
    return float(p.class_counts[list(key.scale)].sum() / total) if key and total else np.nan


def scale_consistency(p: Piece) -> float:
    """Share of notes in the best of the twelve major scales (which are the minor ones too); NaN without notes."""
    return best_scale_share(p.class_counts)


def pitch_entropy(p: Piece) -> float:
    """Entropy of the pitches of all notes, drums apart; NaN without notes."""
    return entropy_of(p.pitch_counts)


def pitch_class_entropy(p: Piece) -> float:
    """Entropy of the pitch classes of all notes, drums apart; NaN without notes."""
    return entropy_of(p.class_counts)


def _empty_share(p: Piece, starts: Ints) -> float:
    """Share of stretches of time, each to the next start, in which nothing sounds; NaN without notes."""
    onset, reached = p.reached
    if not len(onset):
        return np.nan
    begun = np.append(np.searchsorted(onset, starts[1:]), len(onset))  # notes before the end of each stretch
    sounds = (begun > 0) & (reached[begun - 1] > starts)
    return float(np.count_nonzero(~sounds) / len(starts))


def empty_beat_rate(p: Piece) -> float:
    """Share of beats, as a foot taps them in the meter of each bar, in which nothing sounds; NaN without notes."""
    return _empty_share(p, p.beat_ticks)


def empty_measure_rate(p: Piece) -> float:
    """Share of bars of the real meter in which nothing sounds; NaN without notes."""
    return _empty_share(p, p.bars["start_ticks"])


def _on_steps(p: Piece, every: int) -> float:
    if not len(p.drum_onsets):
        return np.nan
    steps = np.rint(p.drum_quarters * STEPS_PER_QUARTER).astype(np.int64)
    return float(np.mean(steps % every == 0))


def drum_in_duple_rate(p: Piece) -> float:
    """Share of drum strokes within 1/48 quarter of a sixteenth after the bar line; NaN without drums."""
    return _on_steps(p, SIXTEENTH)


def drum_in_triple_rate(p: Piece) -> float:
    """Share of drum strokes within 1/48 quarter of a triplet eighth after the bar line; NaN without drums."""
    return _on_steps(p, TRIPLET)


def drum_pattern_consistency(p: Piece) -> float:
    """The greater of the two shares of drum strokes, on sixteenths and on triplet eighths; NaN without drums."""
    return max(drum_in_duple_rate(p), drum_in_triple_rate(p))


def groove_consistency(p: Piece) -> float:
    """How alike the onsets of a bar and the next are, twelve places a quarter, bars of the real meter; NaN of one."""
    bar, quarters = p.places
    step = np.rint(quarters * STEPS_PER_QUARTER).astype(np.int64)
    return groove_of(bar, step, p.bars["length_ticks"] / p.quarter_ticks)
