"""Statistics as MusPy counts them and published tables give them, for comparison with those alone.

Those of a Piece are MusPy's own where ours (`symbolic.pieces`) counts otherwise, on the ticks of the score; each says
what is wrong with it. Those of an Excerpt are three of them as one published evaluation calls them: the first 64
quarters, twelve steps a quarter, bars of 48 steps whatever the meter; a piece that ends on a bar line gains an empty
last bar, which lowers groove consistency.

Source: muspy.metrics 0.5.0, and its pitch_class_entropy, scale_consistency and groove_consistency as the Multitrack
Music Transformer's evaluation calls them; written anew.
"""

from __future__ import annotations

import numpy as np

from bandmate.analysis.descriptors import best_scale_share
from bandmate.evaluation.excerpt import TICKS, Excerpt
from bandmate.evaluation.piece import Ints, Piece
from bandmate.evaluation.symbolic.numbers import entropy

STEP_TICKS = TICKS // 12
BAR_STEPS, MOST_STEPS = 48, 64 * 12


def _steps(ticks: np.ndarray) -> np.ndarray:
    return (ticks + STEP_TICKS // 2) // STEP_TICKS


def muspy_entropy(e: Excerpt) -> float:
    """Pitch-class entropy in bits."""
    rows = e.pitched[_steps(e.pitched["ticks"]) < MOST_STEPS]
    return entropy(rows["pitch"] % 12)


def muspy_scale(e: Excerpt) -> float:
    """Scale consistency in percent."""
    rows = e.pitched[_steps(e.pitched["ticks"]) < MOST_STEPS]
    return 100.0 * best_scale_share(np.bincount(rows["pitch"] % 12, minlength=12))


def muspy_groove(e: Excerpt) -> float:
    """Groove consistency in percent, with its empty last bar."""
    start = _steps(e.notes["ticks"])
    inside = start < MOST_STEPS
    if not inside.any():
        return np.nan
    end = np.minimum(_steps(e.notes["ticks"] + e.notes["duration"]), MOST_STEPS)[inside].max()
    bars = int(end) // BAR_STEPS + 1
    if bars < 2:
        return np.nan
    grid = np.zeros((bars + 1, BAR_STEPS), bool)  # a note that rounds to the very end falls in a row of its own
    grid[np.minimum(start[inside] // BAR_STEPS, bars), start[inside] % BAR_STEPS] = True
    return float(100.0 * (1.0 - (grid[1:bars] != grid[: bars - 1]).mean()))


def muspy_pitch_range(p: Piece) -> float:
    """Pitch range: 0 without notes, and -127 where only drums play, since its bounds are never moved."""
    used = np.flatnonzero(p.pitch_counts)
    if len(used):
        return float(used[-1] - used[0])
    return -127.0 if len(p.drum_onsets) else 0.0


def muspy_polyphony_rate(p: Piece, threshold: int = 2) -> float:
    """Polyphony rate: counts more than two pitches at once, so that a chord of two is none; 0 where only drums play."""
    count, ticks = p.voices
    return float(ticks[count > threshold].sum() / p.end_ticks) if p.end_ticks else np.nan


def _empty_share(p: Piece, length_ticks: int) -> float:
    if p.end_ticks < 1:
        return np.nan
    spans = p.end_ticks // length_ticks + 1
    change = np.bincount(p.onsets // length_ticks, minlength=spans + 1)
    change -= np.bincount(p.ends // length_ticks + 1, minlength=spans + 1)
    return float(1 - np.count_nonzero(np.cumsum(change)[:-1]) / spans)


def muspy_empty_beat_rate(p: Piece) -> float:
    """Empty-beat rate: beats are quarters in any meter, and a note that ends on a beat fills the beat after it."""
    return _empty_share(p, p.quarter_ticks)


def muspy_empty_measure_rate(p: Piece, measure_ticks: int | None = None) -> float:
    """Empty-measure rate: one length for all bars (here four quarters), and a note that ends on a bar line fills the
    bar after it.
    """
    return _empty_share(p, measure_ticks or 4 * p.quarter_ticks)


def _in_pattern(p: Piece, parts: tuple[int, ...]) -> float:
    place = p.drum_onsets % p.quarter_ticks
    hit = place == 0
    for part in parts:
        if p.quarter_ticks % part == 0:
            hit |= place % (p.quarter_ticks // part) == 0
    return float(np.count_nonzero(hit) / len(place)) if len(place) else np.nan


def muspy_drum_in_duple_rate(p: Piece) -> float:
    """Drum-in-pattern rate, duple: to the very tick from the start, so that played drums are in no pattern."""
    return _in_pattern(p, (4, 2))


def muspy_drum_in_triple_rate(p: Piece) -> float:
    """Drum-in-pattern rate, triple: to the very tick from the start, so that played drums are in no pattern."""
    return _in_pattern(p, (3,))


def muspy_drum_pattern_consistency(p: Piece) -> float:
    """Drum-pattern consistency: the greater of the two, with their faults."""
    return max(muspy_drum_in_duple_rate(p), muspy_drum_in_triple_rate(p))


def muspy_groove_consistency(p: Piece, measure_ticks: int | None = None) -> float:
    """Groove consistency: every tick is a place, so that it nears 1 as ticks get finer, whatever the music; one length
    for all bars (here four quarters), and a bar after the last where the piece ends on a bar line.
    """
    length = measure_ticks or 4 * p.quarter_ticks
    bars = p.end_ticks // length + 1
    if bars < 2:
        return np.nan
    struck: Ints = np.unique(p.onsets)
    at_end = np.searchsorted(struck, (bars - 1) * length)
    followed = np.searchsorted(struck, struck + length)
    same = np.count_nonzero(struck[np.minimum(followed, len(struck) - 1)] == struck + length)
    differing = at_end + (len(struck) - np.searchsorted(struck, length)) - 2 * same
    return float(1 - differing / (length * (bars - 1)))
