"""Piece: a whole score with what its metrics share: pitches counted, notes on bars and beats, chords.

An `Excerpt` is a window of one meter on our ticks, for the report card; a Piece is the whole of any score on its own
ticks, meter changes included, for metrics that others publish of whole pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.chords import SpanEvidence, chords_of, pitched_notes, span_evidence
from bandmate.analysis.harmony import final_bass_of, key_of
from bandmate.analysis.meter import STEPS_PER_QUARTER, bars_to, beat_starts, half_bar_edges, place
from bandmate.score.model import NO_NOTES, Score
from bandmate.score.pitch import Chord, Key

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One note after another: onset, length and pitch; int (n,) each, ticks and MIDI numbers."""

    ticks: Ints
    duration: Ints
    pitch: Ints

    def __len__(self) -> int:
        return len(self.ticks)


@dataclass(frozen=True, eq=False)
class Piece:
    """A score to be measured; every part is worked out when first asked for.

    Attributes:
        score: any score; its ticks are the unit of all places here.
    """

    score: Score

    @property
    def quarter_ticks(self) -> int:
        """Ticks a quarter."""
        return self.score.ticks_per_quarter

    @cached_property
    def end_ticks(self) -> int:
        """Where the last note of any track ends; 0 without notes."""
        return int(self.ends.max()) if len(self.ends) else 0

    @cached_property
    def pitch_counts(self) -> Ints:
        """Notes of each pitch, drums apart; int (128,)."""
        counts = np.zeros(128, np.int64)
        for track in self.score.tracks:
            if not track.is_drum:
                counts += np.bincount(track.notes["pitch"], minlength=128)
        return counts

    @cached_property
    def class_counts(self) -> Ints:
        """Notes of each pitch class, drums apart; int (12,)."""
        return np.append(self.pitch_counts, np.zeros(4, np.int64)).reshape(11, 12).sum(0)

    @cached_property
    def pitched(self) -> NDArray[Any]:
        """The notes of all tracks but drums, by onset: NOTE array."""
        return pitched_notes(self.score)

    @cached_property
    def onsets(self) -> Ints:
        """Where the notes of all tracks begin, in no order; int (n,) ticks."""
        parts = [track.notes["onset_ticks"] for track in self.score.tracks]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    @cached_property
    def ends(self) -> Ints:
        """Where they end, in the same order; int (n,) ticks."""
        parts = [track.notes["onset_ticks"] + track.notes["duration_ticks"] for track in self.score.tracks]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    @cached_property
    def reached(self) -> tuple[Ints, Ints]:
        """How far the music reaches once each note has begun; a note without length as if it had one tick.

        Returns:
            Where notes begin, in order, and the latest end of those up to each; int (n,) ticks both.
        """
        order = np.argsort(self.onsets, kind="stable")
        onset = self.onsets[order]
        return onset, np.maximum.accumulate(np.maximum(self.ends[order], onset + 1))

    @cached_property
    def drum_onsets(self) -> Ints:
        """Where drum strokes begin, in no order; int (n,) ticks."""
        parts = [track.notes["onset_ticks"] for track in self.score.tracks if track.is_drum]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    @cached_property
    def bars(self) -> NDArray[Any]:
        """Its bars under its meter map to the end of its last note, whatever a file says of its length: BAR array."""
        return bars_to(self.score, self.end_ticks)

    @cached_property
    def beat_ticks(self) -> Ints:
        """Where each beat begins, as a foot taps it, to the end of the last note; int (beats,) ticks."""
        ticks = beat_starts(self.score, self.bars)
        return ticks[ticks < max(1, self.end_ticks)]

    @cached_property
    def places(self) -> tuple[Ints, Floats]:
        """Bar of each of `onsets`, and its place after the bar line in quarters; one just before it belongs to it."""
        found = place(self.onsets, self.bars, self.quarter_ticks)
        return found.bar, found.quarters

    @cached_property
    def drum_quarters(self) -> Floats:
        """Place of each drum stroke after its bar line, in quarters; one just before a bar line belongs to it."""
        return place(self.drum_onsets, self.bars, self.quarter_ticks).quarters

    @cached_property
    def voices(self) -> tuple[Ints, Ints]:
        """How many different pitches sound, drums apart, and for how long.

        Returns:
            Pitches at once and ticks, one a stretch of time between changes; int (m,) both.
        """
        parts = [track.notes for track in self.score.tracks if not track.is_drum] or [NO_NOTES]
        pitch, onset, duration = (
            np.concatenate([part[name] for part in parts], dtype=np.int64)
            for name in ("pitch", "onset_ticks", "duration_ticks")
        )
        start, end = _unions(pitch, onset, onset + duration)
        ticks = np.concatenate([start, end])
        order = np.argsort(ticks, kind="stable")
        change = np.repeat(np.array([1, -1]), len(start))[order]
        return np.cumsum(change)[:-1], np.diff(ticks[order])

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The top note of each stroke of every track with notes that is not drums."""
        return tuple(_top(t.notes, self.quarter_ticks) for t in self.score.tracks if len(t.notes) and not t.is_drum)

    @cached_property
    def half_edges(self) -> Ints:
        """Where half bars begin, and the end; int (2 * bars + 1,) ticks."""
        return half_bar_edges(self.bars)

    @cached_property
    def evidence(self) -> SpanEvidence:
        """What sounds in each half bar, drums apart."""
        return span_evidence(self.pitched, self.half_edges, self.quarter_ticks)

    @cached_property
    def chords(self) -> tuple[Chord | None, ...]:
        """The estimated chord of each half bar; None where nothing sounds."""
        return chords_of(self.evidence) if len(self.pitched) else (None,) * (2 * len(self.bars))

    @cached_property
    def key(self) -> Key | None:
        """The estimated key, major or minor; None without pitched notes."""
        if not len(self.pitched):
            return None
        return key_of(self.evidence, final_bass_of(self.pitched, self.quarter_ticks)).key


def _unions(pitch: Ints, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Notes of one pitch that overlap, as one stretch: where the stretches of all pitches start and end."""
    sounding = end > start
    pitch, start, end = pitch[sounding], start[sounding], end[sounding]
    if not len(start):
        return start, end
    floor = pitch * (int(end.max()) + 1)  # each pitch on a floor of its own, so that one pass serves all
    order = np.argsort(floor + start, kind="stable")
    low, high, floor = (floor + start)[order], np.maximum.accumulate((floor + end)[order]), floor[order]
    first = np.append(True, low[1:] > high[:-1])
    last = np.append(first[1:], True)
    return (low - floor)[first], (high - floor)[last]


def _top(notes: NDArray[Any], quarter_ticks: int) -> Line:
    """The highest note of each stroke; notes less than 1/24 quarter after the one before are of its stroke."""
    onset, pitch = notes["onset_ticks"], notes["pitch"].astype(np.int64)
    stroke = np.cumsum(np.diff(onset, prepend=onset[:1]) >= max(1.0, quarter_ticks / STEPS_PER_QUARTER))
    order = np.lexsort((-pitch, stroke))
    first = order[np.flatnonzero(np.diff(stroke[order], prepend=-1))]
    return Line(onset[first], notes["duration_ticks"][first], pitch[first])
