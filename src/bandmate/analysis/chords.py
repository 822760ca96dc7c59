"""Which chord sounds in each half bar, from notes alone.

Evidence is the share of each pitch class in the half bar, the lowest note, and the lowest note at its start, all seen
from each candidate root, so that the same table serves all twelve. A Viterbi pass weighs it against the cost of a
change of chord.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.meter import half_bar_edges, quarter_ticks, score_bars
from bandmate.score.model import NOTE, Score
from bandmate.score.pitch import QUALITIES, Chord

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_SPANS, MOST_ROWS = 256, 8_000_000  # spans one note counts in; rows of note and span gathered at once


@dataclass(frozen=True, slots=True, eq=False)
class SpanEvidence:
    """What sounds in consecutive spans of time.

    Attributes:
        chroma: sounding time of each pitch class, in quarters; float (n, 12).
        low: pitch class of the lowest note of each span, -1 = silence; int (n,).
        low_start: pitch class of the lowest note that begins or sounds in its first quarter note; int (n,).
    """

    chroma: Floats
    low: Ints
    low_start: Ints


def pitched_notes(score: Score) -> NDArray[Any]:
    """The notes of all tracks but drums, sorted by onset."""
    parts = [track.notes for track in score.tracks if not track.is_drum and len(track.notes)]
    notes = np.concatenate(parts) if parts else np.empty(0, NOTE)
    return notes[np.argsort(notes["onset_ticks"], kind="stable")] if len(parts) > 1 else notes


def _lowest(span: Ints, pitch: Ints, count: int) -> Ints:
    """Pitch class of the lowest pitch in each span, -1 where none."""
    lowest = np.full(count, 128, np.int64)
    np.minimum.at(lowest, span, pitch)
    lowest[lowest < 128] %= 12
    lowest[lowest == 128] = -1
    return lowest


def span_evidence(notes: NDArray[Any], edges: NDArray[np.int64], ticks_per_quarter: float) -> SpanEvidence:
    """Gather what sounds between neighbouring edges; a note counts in every span it sounds in.

    A drone counts for its first MOST_SPANS spans (fewer in files of more than 30,000 notes), so that memory is bounded.
    """
    count = len(edges) - 1
    onset = notes["onset_ticks"]
    end = onset + np.maximum(notes["duration_ticks"], 1)
    early = int(ticks_per_quarter / 24)
    first = np.clip(np.searchsorted(edges, onset + early, side="right") - 1, 0, count - 1)
    last = np.maximum(first, np.clip(np.searchsorted(edges, end - early, side="left") - 1, 0, count - 1))
    spans = np.minimum(last - first + 1, max(8, min(MOST_SPANS, MOST_ROWS // max(1, len(notes)))))
    owner = np.repeat(np.arange(len(notes)), spans)
    span = np.arange(len(owner)) - np.repeat(np.cumsum(spans) - spans, spans) + first[owner]
    pitch = notes["pitch"].astype(np.int64)[owner]
    sounding = np.minimum(end[owner], edges[span + 1]) - np.maximum(onset[owner], edges[span])
    weight = np.maximum(sounding, 1) / ticks_per_quarter
    flat = np.bincount(span * 12 + pitch % 12, weight, count * 12)
    chroma = np.asarray(flat, np.float64).reshape(count, 12)
    at_start = onset[owner] < edges[span] + 0.9 * ticks_per_quarter
    return SpanEvidence(chroma, _lowest(span, pitch, count), _lowest(span[at_start], pitch[at_start], count))


# One row a quality: a bias, then for each semitone above the root the weight of its sounding share (square root), of
# being the lowest note, and of being the lowest note at the start. Made by benchmarks/fit_analysis.py (softmax
# regression, weight decay 1e-4) from 23,710 half bars of 150 POP909 songs with their chord track and 300 voicings
# of each quality (fifth missing in 15 %, up to 15 % of a foreign note, root lowest in 84 %), rounded to tenths.
EVIDENCE: dict[str, tuple[float, tuple[float, ...], tuple[float, ...], tuple[float, ...]]] = {
    "maj": (0.0,
        (5.0, -1.8, 0.0, -5.0, 4.5, -0.6, -0.6, 4.6, -2.5, -0.5, -2.8, -2.0),
        (0.2, -0.4, 0.3, -0.1, -0.7, 0.2, -0.4, -0.2, -0.4, -0.5, 0.5, 0.3),
        (1.9, -0.9, -0.2, 0.0, 0.7, -0.9, -0.9, 0.3, -0.2, -0.7, -0.8, -0.3)),
    "min": (-1.0,
        (5.3, -2.1, -0.5, 5.4, -6.1, -0.4, -3.8, 5.2, -1.5, -3.4, -1.1, -2.6),
        (0.3, 0.2, 0.9, -0.3, -0.1, 0.2, -0.5, -0.3, -0.4, -0.9, 0.1, -0.3),
        (1.8, -0.5, -0.2, 0.2, -0.1, -0.9, -0.1, 0.3, -0.7, -0.8, 0.0, -0.3)),
    "7": (-2.9,
        (2.1, -1.6, -1.1, -2.2, 5.2, -1.1, -0.6, 2.4, -1.0, -0.6, 6.5, -1.4),
        (0.8, -0.5, -0.1, -0.1, 0.0, 0.3, 0.0, -0.2, -0.1, -0.3, 0.4, -0.2),
        (2.4, -0.4, -0.1, -0.3, -0.5, -0.2, -0.3, -0.3, 0.1, -0.1, 0.1, -0.1)),
    "min7": (-3.0,
        (2.5, -1.3, -0.6, 5.6, -2.3, -1.0, -3.4, 2.8, -1.2, -1.9, 5.8, -0.6),
        (1.0, -0.3, 0.3, -1.0, -0.1, 0.4, -0.4, 0.5, -0.6, -0.3, -0.1, 0.3),
        (2.5, -0.2, 0.1, -0.9, -0.2, -0.5, -0.1, -0.2, -0.6, -0.2, 0.3, -0.3)),
    "maj7": (-2.4,
        (2.5, -0.9, -1.1, -1.9, 3.6, -1.4, -0.9, 2.5, -1.5, -0.7, -1.5, 6.7),
        (0.8, -0.4, 0.5, -0.2, 0.0, 0.0, -0.2, 0.2, -0.3, -0.1, -0.2, -0.1),
        (2.5, -0.5, 0.4, -0.2, -0.8, -0.3, -0.2, 0.1, -0.2, -0.5, -0.1, -0.3)),
    "sus4": (-1.4,
        (2.7, -0.9, -1.6, -3.1, -2.5, 5.2, -0.7, 3.1, -1.8, -2.2, -2.6, -1.0),
        (1.3, -0.2, 0.0, -0.2, 0.2, 0.1, -0.1, 0.1, -0.2, 0.1, -0.3, -0.2),
        (2.3, -0.2, -0.1, -0.2, 0.0, -0.2, -0.1, -0.2, -0.1, -0.2, 0.0, -0.1)),
    "sus2": (-1.2,
        (2.7, -0.3, 5.3, -2.7, -1.7, -2.1, -1.9, 3.1, -0.9, -2.0, -1.8, -1.3),
        (1.3, -0.1, 0.1, 0.0, -0.1, -0.2, -0.1, 0.0, -0.2, -0.2, -0.1, 0.0),
        (2.3, -0.1, -0.3, -0.2, -0.1, -0.4, -0.1, -0.5, -0.2, 0.1, 0.3, -0.2)),
    "dim": (-1.9,
        (2.4, 0.0, -1.0, 3.4, -1.0, -0.6, 4.8, -2.3, -1.4, -3.1, -2.1, -0.7),
        (1.1, -0.2, -0.1, 0.1, -0.1, -0.2, 0.4, -0.1, -0.1, -0.3, 0.2, -0.3),
        (3.0, -0.2, -0.1, -0.5, -0.1, -0.2, -0.4, 0.0, -0.3, -0.2, -0.2, -0.3)),
    "aug": (-2.0,
        (1.5, -1.0, -0.9, -1.8, 3.8, -1.4, -0.9, -2.8, 4.7, -1.1, -1.0, -1.1),
        (0.9, -0.3, -0.1, -0.1, 0.3, -0.2, -0.1, -0.1, 0.3, -0.2, 0.0, 0.0),
        (3.5, -0.4, -0.1, -0.1, -0.9, -0.1, -0.2, 0.0, -0.8, -0.2, -0.1, -0.2)),
    "m7b5": (-2.5,
        (1.2, -1.4, -0.8, 2.3, -0.8, -1.5, 3.9, -2.4, -1.0, -1.5, 4.7, -0.4),
        (1.3, -0.2, -0.2, -0.2, -0.1, -0.2, 0.5, -0.1, -0.1, -0.1, 0.0, -0.4),
        (3.0, -0.2, -0.2, -0.5, -0.1, -0.1, -0.5, -0.1, -0.3, -0.1, -0.4, -0.3)),
    "dim7": (-2.3,
        (0.7, -0.8, -1.3, 2.6, -1.1, -1.1, 3.6, -2.0, -1.0, 4.2, -1.3, -0.8),
        (1.1, -0.1, -0.3, 0.5, -0.1, -0.2, -0.1, -0.1, -0.2, 0.2, -0.1, -0.4),
        (3.2, -0.1, -0.2, -0.6, -0.1, -0.1, -0.7, -0.1, -0.2, -0.5, -0.1, -0.3)),
    "6": (-2.4,
        (0.2, -0.6, -2.7, -2.0, 4.1, -1.6, -1.2, 2.0, -0.7, 5.4, -1.6, -2.1),
        (1.0, -0.2, -0.3, -0.1, 0.5, -0.2, -0.2, 0.4, -0.1, -0.3, -0.1, -0.1),
        (3.5, -0.2, -0.2, 0.0, -0.5, -0.2, -0.3, -0.3, -0.1, -1.2, -0.1, 0.0)),
    "min6": (-2.3,
        (0.4, -0.3, -1.7, 4.2, -1.8, -1.9, -2.5, 2.4, -0.7, 5.3, -2.0, -0.6),
        (0.7, -0.1, -0.2, 0.5, -0.1, -0.4, -0.3, 0.6, -0.2, 0.1, -0.2, -0.2),
        (3.2, -0.1, -0.2, -0.6, -0.1, -0.2, -0.2, -0.3, -0.2, -0.8, -0.1, -0.2)),
    "7sus4": (-2.3,
        (0.1, -0.8, -2.2, -2.9, -2.0, 4.3, -0.3, 1.9, -1.5, -1.5, 4.7, 0.0),
        (1.4, -0.2, -0.1, -0.2, -0.1, 0.2, -0.2, 0.4, -0.1, -0.2, -0.4, -0.1),
        (3.1, -0.2, -0.2, -0.2, -0.1, -0.3, -0.2, -0.4, -0.1, -0.1, -0.9, -0.1)),
}  # fmt: skip
CHANGE_COST = 1.5  # nats that a new chord must win by
_CHUNK = 4096  # spans scored at once: bounds the memory of very long files
_QUALITIES = tuple(EVIDENCE)
_BIAS = np.array([row[0] for row in EVIDENCE.values()])
_WEIGHTS = np.array([np.concatenate(row[1:]) for row in EVIDENCE.values()]).T  # (36, qualities)


def chord_scores(evidence: SpanEvidence) -> Floats:
    """Log-probability of each chord in each span: float (n, 12 * qualities), root-major; zero where silent."""
    count = len(evidence.chroma)
    scores = np.empty((count, 12 * len(_QUALITIES)))
    for start in range(0, count, _CHUNK):
        part = slice(start, min(start + _CHUNK, count))
        scores[part] = _chunk_scores(evidence.chroma[part], evidence.low[part], evidence.low_start[part])
    return scores


def span_features(chroma: Floats, low: Ints, low_start: Ints) -> Floats:
    """What EVIDENCE weighs, for each span seen from each of twelve roots; float (n, 12, 36)."""
    seen = np.zeros((len(chroma), 3, 12))
    seen[:, 0] = np.sqrt(chroma / np.maximum(chroma.sum(1, keepdims=True), 1e-9))
    for place, lowest in ((1, low), (2, low_start)):
        heard = np.flatnonzero(lowest >= 0)
        seen[heard, place, lowest[heard]] = 1.0
    around = (np.arange(12)[:, None] + np.arange(12)) % 12  # pitch class `step` above each root
    return seen[:, :, around].transpose(0, 2, 1, 3).reshape(len(chroma), 12, 36)


def _chunk_scores(chroma: Floats, low: Ints, low_start: Ints) -> Floats:
    scores = (span_features(chroma, low, low_start) @ _WEIGHTS + _BIAS).reshape(len(chroma), -1)
    peak = scores.max(1, keepdims=True)
    scores -= peak + np.log(np.exp(scores - peak).sum(1, keepdims=True))
    scores[chroma.sum(1) == 0] = 0.0
    return scores


def _best_path(scores: Floats, change_cost: float) -> Ints:
    """Viterbi with one price for any change of state."""
    best = scores[0].copy()
    champions = np.empty(len(scores), np.int64)
    switched = np.zeros(scores.shape, bool)
    for t in range(1, len(scores)):
        champion = best.argmax()
        bar = best[champion] - change_cost
        champions[t] = champion
        np.less(best, bar, out=switched[t])
        np.maximum(best, bar, out=best)
        best += scores[t]
    path = np.empty(len(scores), np.int64)
    path[-1] = best.argmax()
    for t in range(len(scores) - 1, 0, -1):
        path[t - 1] = champions[t] if switched[t, path[t]] else path[t]
    return path


# What a clearly sounding extra note makes of a chord: (semitones above the root, quality), the first that holds.
EXTENSIONS = {
    "maj": ((11, "maj7"), (10, "7"), (9, "6"), (2, "add9")),
    "min": ((10, "min7"), (11, "mM7"), (9, "min6")),
    "7": ((2, "9"),),
    "maj7": ((2, "maj9"),),
    "min7": ((2, "min9"),),
}
CLEAR_SHARE = 0.15  # of the sounding time of the chord


def _extended(quality: str, share: list[float]) -> str:
    """The quality with sevenths, sixths and ninths that sound clearly; power chords where no third sounds."""
    if share[3] + share[4] < 0.02 and share[7] > 0 and share[0] + share[7] > 0.9:
        return "5"
    for _ in range(2):
        clear = [name for step, name in EXTENSIONS.get(quality, ()) if share[step] >= CLEAR_SHARE]
        quality = clear[0] if clear else quality
    return quality


def chords_of(evidence: SpanEvidence) -> tuple[Chord | None, ...]:
    """The chord of each span of gathered evidence; None where nothing sounds."""
    path = _best_path(chord_scores(evidence), CHANGE_COST)
    starts = np.flatnonzero(np.diff(path, prepend=-1))  # a chord's extensions are judged over all of its spans
    roots = path[starts] // len(_QUALITIES)
    together = np.add.reduceat(evidence.chroma, starts, axis=0)
    shares = np.take_along_axis(together, (roots[:, None] + np.arange(12)) % 12, axis=1)  # from the root up
    shares /= np.maximum(shares.sum(1, keepdims=True), 1e-9)
    names = [_QUALITIES[state] for state in path[starts] % len(_QUALITIES)]
    low, silent = evidence.low_start.tolist(), (evidence.low < 0).tolist()
    chords: list[Chord | None] = []
    for root, name, share, start, stop in zip(
        roots.tolist(), names, shares.tolist(), starts, np.append(starts[1:], len(path)), strict=True
    ):
        quality = _extended(name, share)
        tones = {(root + step) % 12 for step in QUALITIES[quality]} - {root}
        made = {bass: Chord(root, quality, bass) for bass in (None, *tones)}
        chords += [None if silent[i] else made.get(low[i], made[None]) for i in range(start, stop)]
    return tuple(chords)


def estimate_chords(score: Score, bars: NDArray[Any] | None = None) -> tuple[Chord | None, ...]:
    """Find the chord of each half bar.

    Args:
        score: any score; drums are not listened to.
        bars: its BAR array; worked out if not given.

    Returns:
        Two entries a bar (first half, second half; see `meter.half_bar_edges`), None where nothing sounds. A bass
        is named where a chord tone other than the root is lowest.
    """
    bars = score_bars(score) if bars is None else bars
    notes = pitched_notes(score)
    if not len(notes):
        return (None,) * (2 * len(bars))
    return chords_of(span_evidence(notes, half_bar_edges(bars), quarter_ticks(bars)))
