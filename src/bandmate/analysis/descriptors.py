"""DESCRIPTORS: what a control, a library tag and an evaluation metric measure, in one table.

The same functions serve all three, so that "density 3 was asked, density 3 was got" compares like with like. Each
measure works on a `TrackView` (levels "track" and "bar") or a `PieceView` (level "piece"). A value that means nothing
(no notes; pitch on drums) is NaN and has no bin (-1).

Edges lie near the octiles of about 950 tracks of 260 files drawn from the training corpus (full bands, songs, quartets,
drummers), pulled apart where many tracks share one value; those of swing and of whole voices are set by hand.

Source: horizontal and vertical density, steps and leaps after Composer's Assistant; polyphony and length percentiles
after MIDI-GPT; pitch-class entropy, scale and groove consistency after MusPy (here with bars of the real meter; an
empty last bar is left off).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bandmate.analysis import texture
from bandmate.analysis.meter import score_bars
from bandmate.analysis.texture import (
    Floats,
    Ints,
    TrackView,
    bar_density,
    bar_onsets,
    bar_polyphony,
    bar_velocity,
    view,
)
from bandmate.score.model import NO_NOTES, NOTE, Score
from bandmate.score.timeline import ticks_to_seconds

__all__ = [
    "DESCRIPTORS", "NO_BIN", "Descriptor", "PieceView", "TrackView", "bar_density", "bar_onsets", "bar_polyphony",
    "bar_values", "bar_velocity", "best_scale_share", "groove_of", "piece_values", "piece_view",
    "track_value", "track_values", "track_view", "view",
]  # fmt: skip
NO_BIN = -1
MAJOR_SETS = np.array([[(c - root) % 12 in (0, 2, 4, 5, 7, 9, 11) for c in range(12)] for root in range(12)], float)


@dataclass(frozen=True, eq=False)
class PieceView:
    """A whole score against its bars: one TrackView a track."""

    score: Score
    bars: NDArray[Any]
    tracks: tuple[TrackView, ...]

    @cached_property
    def together(self) -> TrackView:
        """All tracks as one, drums included."""
        parts = [v.notes for v in self.tracks if len(v.notes)]
        notes = np.concatenate(parts) if parts else NO_NOTES
        notes = notes[np.argsort(notes["onset_ticks"], kind="stable")]
        return TrackView(notes, self.bars, float(self.score.ticks_per_quarter))

    @cached_property
    def pitched(self) -> NDArray[Any]:
        """The notes of all tracks but drums, unsorted."""
        parts = [v.notes for v in self.tracks if not v.is_drum]
        return np.concatenate(parts) if parts else np.empty(0, NOTE)

    @cached_property
    def pitch_class_share(self) -> Floats:
        """Share of onsets in each pitch class, drums apart; (12,), NaN without notes."""
        count = np.bincount(self.pitched["pitch"] % 12, minlength=12)
        return count / count.sum() if count.sum() else np.full(12, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Descriptor:
    """One measurable trait of music.

    Attributes:
        name: how controls, tags and reports call it.
        level: "track", "bar" or "piece".
        unit: of the value; low, high: its range (values past it count as its ends).
        measure: TrackView -> float (track), TrackView -> float (n_bars,) (bar), PieceView -> float (piece).
        edges: rising borders of the bins; bin i holds edges[i - 1] <= value < edges[i].
        drums: whether it means something on a drum track.
        words: what the lowest and the highest bin are called.
    """

    name: str
    level: str
    unit: str
    low: float
    high: float
    measure: Callable[[Any], Any]
    edges: tuple[float, ...]
    drums: bool = True
    words: tuple[str, str] = ("", "")

    @property
    def bin_count(self) -> int:
        """Number of bins: 0 .. bin_count - 1."""
        return len(self.edges) + 1

    def bin(self, value: float) -> int:
        """The bin of a value; NO_BIN (-1) for NaN."""
        return NO_BIN if value != value else int(np.searchsorted(self.edges, value, side="right"))

    def bins(self, values: ArrayLike) -> NDArray[np.int64]:
        """The bins of many values; NO_BIN (-1) for NaN."""
        array = np.asarray(values, np.float64)
        return np.where(np.isnan(array), NO_BIN, np.searchsorted(self.edges, array, side="right"))

    def value(self, index: int) -> float:
        """A value in the middle of a bin."""
        borders = (self.low, *self.edges, self.high)
        return (borders[index] + borders[index + 1]) / 2


def _mean_of_bars(measure: Callable[[TrackView], Floats]) -> Callable[[TrackView], float]:
    def measured(v: TrackView) -> float:
        values = measure(v)[v.filled]
        values = values[~np.isnan(values)]
        return float(values.mean()) if len(values) else np.nan

    return measured


def _whole(measure: Callable[[TrackView], float]) -> Callable[[TrackView], float]:
    return lambda v: float(measure(v)) if len(v.notes) else np.nan


def _percentile(values: Callable[[TrackView], NDArray[Any]], share: float) -> Callable[[TrackView], float]:
    def measured(v: TrackView) -> float:
        array = values(v)
        if not len(array):
            return np.nan
        at = round(share * (len(array) - 1))
        return float(np.partition(array, at)[at])

    return measured


def _polyphony_percentile(share: float) -> Callable[[TrackView], float]:
    def measured(v: TrackView) -> float:
        if not len(v.notes):
            return np.nan
        ticks, voices = v.sounding
        time = np.bincount(voices[:-1], np.diff(ticks))
        time[0] = 0.0
        return float(np.searchsorted(np.cumsum(time), share * time.sum()))

    return measured


def _swing(division: int) -> Callable[[TrackView], float]:
    def measured(v: TrackView) -> float:
        place = texture.swing_pairs(v, division)[1]
        return float(np.median(place)) if len(place) >= 4 else np.nan

    return measured


def _per_filled_quarter(count: Callable[[TrackView], NDArray[Any]]) -> Callable[[TrackView], float]:
    return _whole(lambda v: count(v).sum() / v.bar_quarters[v.filled].sum())


def _piece_density(p: PieceView) -> float:
    return len(p.together.notes) / float(p.together.bar_quarters.sum())


def _notes_a_second(p: PieceView) -> float:
    seconds = float(ticks_to_seconds(p.score, p.score.last_ticks))
    return len(p.together.notes) / seconds if seconds > 0 else np.nan


def _active_tracks(p: PieceView) -> float:
    filled = np.sum([v.filled for v in p.tracks], axis=0) if p.tracks else np.zeros(1)
    return float(filled[filled > 0].mean()) if np.any(filled) else np.nan


def _entropy(p: PieceView) -> float:
    share = p.pitch_class_share
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.where(share == 0, 0.0, -share * np.log2(share)).sum())


def best_scale_share(classes: NDArray[Any]) -> float:
    """Share of notes in the best of the twelve major scales (which are the minor ones too); NaN without notes.

    Args:
        classes: notes of each pitch class, or their shares; (12,).
    """
    total = classes.sum()
    return float((MAJOR_SETS @ classes).max() / total) if total else np.nan


def _scale_consistency(p: PieceView) -> float:
    return best_scale_share(p.pitch_class_share)


def groove_of(bar: Ints, step: Ints, bar_quarters: Floats) -> float:
    """How alike the places struck in a bar and the next are, twelve a quarter as MusPy's 48 a bar of 4/4.

    Args:
        bar: of each onset; int (n,).
        step: its place in the bar on the grid of 24 steps a quarter; int (n,).
        bar_quarters: length of each bar; float (n_bars,).

    Returns:
        0..1; NaN without onsets or with a single bar.
    """
    if len(bar_quarters) < 2 or not len(bar):
        return np.nan
    steps = np.rint(bar_quarters * 12).astype(np.int64)
    span = int(steps.max()) + 1
    struck = np.zeros((len(steps), span), bool)
    struck[bar, np.minimum(step // 2, span - 1)] = True
    differing = (struck[1:] != struck[:-1]).sum(1) / np.maximum(1, np.maximum(steps[1:], steps[:-1]))
    return float(1.0 - np.minimum(differing, 1.0).mean())


def _groove_consistency(p: PieceView) -> float:
    return groove_of(p.together.bar, p.together.step, p.together.bar_quarters)


def _dynamic_range(p: PieceView) -> float:
    velocity = p.together.notes["velocity"]
    return float(np.percentile(velocity, 95) - np.percentile(velocity, 5)) if len(velocity) else np.nan


def _of_all(measure: Callable[[TrackView], float]) -> Callable[[PieceView], float]:
    return lambda p: measure(p.together)


_SHARES = (0.06, 0.16, 0.25, 0.34, 0.45, 0.6, 0.8)
_LOW_PITCHES = (38.0, 47.0, 54.0, 58.0, 63.0, 67.0, 72.0)
_HIGH_PITCHES = (45.0, 57.0, 63.0, 67.0, 71.0, 76.0, 81.0)
_LENGTHS = (0.2, 0.3, 0.45, 0.6, 0.9, 1.4, 2.6)
_SWINGS = (0.515, 0.54, 0.57, 0.6, 0.63, 0.655, 0.68)

_TRACK = (
    Descriptor("density", "track", "notes a quarter", 0, 16, _per_filled_quarter(lambda v: v.count),
               (0.7, 1.0, 1.25, 1.6, 2.05, 2.9, 4.1), words=("sparse", "busy")),
    Descriptor("onsets", "track", "strokes a quarter", 0, 8, _per_filled_quarter(lambda v: v.group_count),
               (0.5, 0.8, 1.03, 1.26, 1.6, 2.0, 2.8), words=("slow-moving", "fast-moving")),
    Descriptor("vertical_density", "track", "notes a stroke", 1, 8,
               _whole(lambda v: v.count.sum() / v.group_count.sum()),
               (1.01, 1.05, 1.2, 1.35, 1.6, 2.0, 2.6), words=("single notes", "thick chords")),
    Descriptor("polyphony", "track", "notes", 1, 12,
               _whole(lambda v: np.divide(*(part.sum() for part in v._sounding_in_bars))),
               (1.02, 1.1, 1.3, 1.6, 2.0, 2.5, 3.2), False, ("one voice", "many voices")),
    Descriptor("min_polyphony", "track", "notes", 0, 10, _polyphony_percentile(texture.LOW_SHARE),
               (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0), False),
    Descriptor("max_polyphony", "track", "notes", 0, 10, _polyphony_percentile(texture.HIGH_SHARE),
               (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0), False),
    Descriptor("low_pitch", "track", "MIDI pitch", 0, 127, _percentile(lambda v: v.pitch, texture.LOW_SHARE),
               _LOW_PITCHES, False, ("deep", "high")),
    Descriptor("high_pitch", "track", "MIDI pitch", 0, 127, _percentile(lambda v: v.pitch, texture.HIGH_SHARE),
               _HIGH_PITCHES, False, ("deep", "high")),
    Descriptor("range", "track", "semitones", 0, 60, _whole(lambda v: v.pitch.max() - v.pitch.min()),
               (10.0, 13.0, 16.0, 19.0, 24.0, 29.0, 38.0), False, ("narrow", "wide")),
    Descriptor("note_length", "track", "quarters", 0, 16,
               _percentile(lambda v: v.duration / v.ticks_per_quarter, 0.5), _LENGTHS, False, ("short", "long")),
    Descriptor("min_length", "track", "quarters", 0, 16,
               _percentile(lambda v: v.duration / v.ticks_per_quarter, texture.LOW_SHARE), _LENGTHS, False),
    Descriptor("max_length", "track", "quarters", 0, 16,
               _percentile(lambda v: v.duration / v.ticks_per_quarter, texture.HIGH_SHARE), _LENGTHS, False),
    Descriptor("legato", "track", "length / time to the next stroke", 0, 2, _mean_of_bars(texture.legato_of),
               (0.45, 0.65, 0.8, 0.87, 0.94, 0.985, 1.1), False, ("staccato", "legato")),
    Descriptor("velocity", "track", "MIDI velocity", 1, 127, _whole(lambda v: v.notes["velocity"].mean()),
               (50.0, 62.0, 75.0, 83.0, 92.0, 100.0, 110.0), words=("soft", "loud")),
    Descriptor("velocity_spread", "track", "MIDI velocity", 0, 50, _whole(lambda v: v.notes["velocity"].std()),
               (1.0, 3.0, 5.0, 8.0, 11.0, 16.0, 24.0), words=("even", "dynamic")),
    Descriptor("syncopation", "track", "share of strokes", 0, 1, _whole(lambda v: v.syncopated.mean()),
               (0.005, 0.02, 0.05, 0.09, 0.15, 0.23, 0.35), words=("on the beat", "syncopated")),
    Descriptor("swing", "track", "place of the off-eighth in the beat", 0.4, 0.75, _swing(1), _SWINGS,
               words=("straight", "swung")),
    Descriptor("swing_16", "track", "place of the off-sixteenth in the eighth", 0.4, 0.75, _swing(2), _SWINGS,
               words=("straight", "shuffled")),
    Descriptor("repetition", "track", "share of notes heard 1, 2 or 4 bars before", 0, 1,
               _mean_of_bars(texture.repetition_of), _SHARES, words=("changing", "repetitive")),
    Descriptor("silence", "track", "share of bars in which no note begins", 0, 1, lambda v: float(1 - v.filled.mean()),
               (0.005, 0.03, 0.08, 0.17, 0.3, 0.47, 0.68), words=("always there", "mostly silent")),
    Descriptor("step_share", "track", "share of moves", 0, 1, _mean_of_bars(texture.step_share_of), _SHARES, False,
               ("hardly steps", "stepwise")),
    Descriptor("leap_share", "track", "share of moves", 0, 1, _mean_of_bars(texture.leap_share_of), _SHARES, False,
               ("no leaps", "leaping")),
    Descriptor("pitch_classes", "track", "pitch classes a bar", 0, 12, _mean_of_bars(texture.pitch_classes_of),
               (1.5, 2.25, 2.75, 3.1, 3.45, 4.0, 4.6), False, ("plain", "chromatic")),
    Descriptor("timing_spread", "track", "quarters", 0, 0.1, _whole(lambda v: texture.deviations(v).std()),
               (0.001, 0.003, 0.006, 0.01, 0.015, 0.025, 0.036), words=("quantised", "loose")),
)  # fmt: skip

_BAR = (
    Descriptor("bar_density", "bar", "notes a quarter", 0, 16, texture.density_of,
               (0.01, 0.6, 1.05, 1.5, 2.1, 3.0, 4.5), words=("sparse", "busy")),
    Descriptor("bar_onsets", "bar", "strokes a quarter", 0, 8, texture.onsets_of,
               (0.01, 0.45, 0.7, 1.05, 1.6, 2.1, 3.0), words=("slow-moving", "fast-moving")),
    Descriptor("bar_vertical_density", "bar", "notes a stroke", 1, 8, texture.vertical_of,
               (1.01, 1.2, 1.5, 1.8, 2.1, 2.6, 3.2), words=("single notes", "thick chords")),
    Descriptor("bar_polyphony", "bar", "notes", 1, 12, texture.polyphony_of, (1.02, 1.2, 1.5, 2.0, 2.5, 3.1, 4.1),
               False, ("one voice", "many voices")),
    Descriptor("bar_low_pitch", "bar", "MIDI pitch", 0, 127, texture.low_of, _LOW_PITCHES, False, ("deep", "high")),
    Descriptor("bar_high_pitch", "bar", "MIDI pitch", 0, 127, texture.high_of, _HIGH_PITCHES, False, ("deep", "high")),
    Descriptor("bar_range", "bar", "semitones", 0, 60, texture.range_of, (1.0, 3.0, 5.0, 7.0, 9.0, 12.0, 17.0),
               False, ("narrow", "wide")),
    Descriptor("bar_note_length", "bar", "quarters", 0, 16, texture.length_of, _LENGTHS, False, ("short", "long")),
    Descriptor("bar_legato", "bar", "length / time to the next stroke", 0, 2, texture.legato_of,
               (0.45, 0.65, 0.8, 0.9, 0.98, 1.02, 1.2), False, ("staccato", "legato")),
    Descriptor("bar_velocity", "bar", "MIDI velocity", 1, 127, texture.velocity_of,
               (50.0, 62.0, 75.0, 83.0, 92.0, 100.0, 110.0), words=("soft", "loud")),
    Descriptor("bar_velocity_spread", "bar", "MIDI velocity", 0, 50, texture.velocity_spread_of,
               (0.5, 2.0, 4.0, 6.0, 9.0, 13.0, 20.0), words=("even", "dynamic")),
    Descriptor("bar_syncopation", "bar", "share of strokes", 0, 1, texture.syncopation_of,
               (0.01, 0.1, 0.18, 0.26, 0.36, 0.5, 0.7), words=("on the beat", "syncopated")),
    Descriptor("bar_swing", "bar", "place of the off-eighth in the beat", 0.4, 0.75, texture.swing_of, _SWINGS,
               words=("straight", "swung")),
    Descriptor("bar_repetition", "bar", "share of notes heard 1, 2 or 4 bars before", 0, 1, texture.repetition_of,
               _SHARES, words=("new", "repeated")),
    Descriptor("bar_silence", "bar", "share of the bar", 0, 1, texture.silence_of,
               (0.02, 0.1, 0.2, 0.35, 0.5, 0.7, 0.99), False, ("full", "silent")),
    Descriptor("bar_step_share", "bar", "share of moves", 0, 1, texture.step_share_of, _SHARES, False,
               ("hardly steps", "stepwise")),
    Descriptor("bar_leap_share", "bar", "share of moves", 0, 1, texture.leap_share_of, _SHARES, False,
               ("no leaps", "leaping")),
    Descriptor("bar_pitch_classes", "bar", "pitch classes", 0, 12, texture.pitch_classes_of,
               (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0), False, ("plain", "chromatic")),
    Descriptor("bar_timing_spread", "bar", "quarters", 0, 0.1, texture.timing_spread_of,
               (0.001, 0.004, 0.008, 0.014, 0.02, 0.028, 0.036), words=("quantised", "loose")),
)  # fmt: skip

_PIECE = (
    Descriptor("tempo", "piece", "quarter notes a minute", 20, 400, lambda p: float(p.score.bpm),
               (70.0, 80.0, 92.0, 103.0, 116.0, 128.0, 140.0), words=("slow", "fast")),
    Descriptor("piece_density", "piece", "notes a quarter", 0, 64, _piece_density,
               (3.0, 4.0, 5.0, 6.5, 8.5, 10.0, 13.5), words=("sparse", "busy")),
    Descriptor("notes_a_second", "piece", "notes a second", 0, 100, _notes_a_second,
               (5.5, 7.0, 8.5, 10.0, 12.5, 18.0, 28.0), words=("calm", "hectic")),
    Descriptor("active_tracks", "piece", "tracks a bar", 0, 32, _active_tracks,
               (1.1, 1.5, 2.6, 3.5, 4.0, 4.6, 5.9), words=("solo", "full band")),
    Descriptor("pitch_class_entropy", "piece", "bits", 0, 3.585, _entropy,
               (2.6, 2.72, 2.81, 2.89, 2.98, 3.09, 3.22), words=("plain", "chromatic")),
    Descriptor("scale_consistency", "piece", "share of notes in the best seven-note scale", 0.58, 1,
               _scale_consistency, (0.82, 0.87, 0.91, 0.94, 0.965, 0.983, 0.997), words=("chromatic", "diatonic")),
    Descriptor("groove_consistency", "piece", "share of places struck alike in neighbouring bars", 0, 1,
               _groove_consistency, (0.74, 0.79, 0.86, 0.91, 0.94, 0.96, 0.98), words=("changing", "steady")),
    Descriptor("piece_velocity_range", "piece", "MIDI velocity", 0, 126, _dynamic_range,
               (10.0, 30.0, 50.0, 60.0, 75.0, 87.0, 100.0), words=("even", "dynamic")),
    Descriptor("piece_syncopation", "piece", "share of strokes", 0, 1,
               _of_all(_whole(lambda v: v.syncopated.mean())), (0.003, 0.01, 0.02, 0.035, 0.06, 0.1, 0.2),
               words=("on the beat", "syncopated")),
    Descriptor("piece_swing", "piece", "place of the off-eighth in the beat", 0.4, 0.75, _of_all(_swing(1)), _SWINGS,
               words=("straight", "swung")),
    Descriptor("piece_swing_16", "piece", "place of the off-sixteenth in the eighth", 0.4, 0.75, _of_all(_swing(2)),
               _SWINGS, words=("straight", "shuffled")),
    Descriptor("piece_repetition", "piece", "share of notes heard 1, 2 or 4 bars before", 0, 1,
               _of_all(_mean_of_bars(texture.repetition_of)), _SHARES, words=("changing", "repetitive")),
)  # fmt: skip

DESCRIPTORS: dict[str, Descriptor] = {item.name: item for item in (*_TRACK, *_BAR, *_PIECE)}


def track_view(score: Score, index: int, bars: NDArray[Any] | None = None) -> TrackView:
    """Set one track of a score against the score's bars."""
    track = score.tracks[index]
    bars = score_bars(score) if bars is None else bars
    return TrackView(track.notes, bars, float(score.ticks_per_quarter), track.is_drum)


def piece_view(score: Score, bars: NDArray[Any] | None = None) -> PieceView:
    """Set all tracks of a score against its bars."""
    bars = score_bars(score) if bars is None else bars
    return PieceView(score, bars, tuple(track_view(score, i, bars) for i in range(len(score.tracks))))


def track_value(v: TrackView, name: str) -> float:
    """One track descriptor of a track, even where it means little (pitch on drums); kept with the view."""
    key = f"track.{name}"
    if key not in v.memo:
        v.memo[key] = float(DESCRIPTORS[name].measure(v))
    return v.memo[key]


def track_values(v: TrackView) -> dict[str, float]:
    """All track descriptors of a track; NaN where one means nothing."""
    return {d.name: track_value(v, d.name) if d.drums or not v.is_drum else np.nan for d in _TRACK}


def bar_values(v: TrackView) -> dict[str, Floats]:
    """All bar descriptors of a track, each float (n_bars,); NaN where one means nothing."""
    nothing = np.full(len(v.bars), np.nan)
    return {d.name: d.measure(v) if d.drums or not v.is_drum else nothing for d in _BAR}


def piece_values(p: PieceView) -> dict[str, float]:
    """All piece descriptors; NaN where one means nothing."""
    return {d.name: float(d.measure(p)) for d in _PIECE}
