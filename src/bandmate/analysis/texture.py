"""What can be counted in the notes of a track, over all its bars at once.

`TrackView` holds what several measures share (bars, onset groups, sounding time), each worked out once. The plain
functions (`bar_density(notes, bars)` ...) are for callers that need one measure. Values of bars in which a measure
means nothing (no notes, or pitch on drums) are NaN, never 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.meter import STEPS_PER_QUARTER, bar_beat_quarters, is_compound, place, quarter_ticks

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LOW_SHARE, HIGH_SHARE = 0.15, 0.85  # percentiles for low and high pitch, length and polyphony
REPEAT_LAGS = (1, 2, 4)  # bars back at which material is looked for
# Where the next stronger place of a beat lies, by twelfth of the beat an onset falls in: an onset there that is
# held over it is syncopated. 0 = on the beat itself, which never is.
_STRONGER_SIMPLE = np.array([0, 6, 6, 6, 12, 6, 12, 12, 12, 12, 12, 12])
_STRONGER_COMPOUND = np.array([0, 4, 4, 4, 12, 8, 8, 8, 12, 12, 12, 12])


def _divide(total: NDArray[Any], count: NDArray[Any]) -> Floats:
    result = np.full(len(count), np.nan)
    np.divide(total, count, out=result, where=count > 0)
    return result


@dataclass(frozen=True, eq=False)
class TrackView:
    """The notes of one track against its bars.

    Attributes:
        notes: NOTE array sorted by onset; bars: BAR array (see `timeline.bar_grid`).
        ticks_per_quarter: resolution; is_drum: whether pitches are drum keys.
    """

    notes: NDArray[Any]
    bars: NDArray[Any]
    ticks_per_quarter: float
    is_drum: bool = False
    memo: dict[str, Any] = field(default_factory=dict, init=False, repr=False)  # measures taken so far, by name

    @cached_property
    def onset(self) -> Ints:
        """Onsets in ticks."""
        return np.ascontiguousarray(self.notes["onset_ticks"])

    @cached_property
    def duration(self) -> Ints:
        """Durations in ticks."""
        return np.ascontiguousarray(self.notes["duration_ticks"])

    @cached_property
    def pitch(self) -> Ints:
        """Pitches."""
        return self.notes["pitch"].astype(np.int64)

    @cached_property
    def bar(self) -> Ints:
        """Bar of each note."""
        return place(self.onset, self.bars, self.ticks_per_quarter).bar

    @cached_property
    def quarters(self) -> Floats:
        """Place of each note in its bar, in quarters."""
        return (self.onset - self.bars["start_ticks"][self.bar]) / self.ticks_per_quarter

    @cached_property
    def step(self) -> Ints:
        """Place of each note in its bar on the grid of 24 steps a quarter."""
        return np.rint(self.quarters * STEPS_PER_QUARTER).astype(np.int64)

    @cached_property
    def bar_quarters(self) -> Floats:
        """Length of each bar in quarters."""
        return self.bars["length_ticks"] / self.ticks_per_quarter

    @cached_property
    def count(self) -> Ints:
        """Notes in each bar."""
        return np.bincount(self.bar, minlength=len(self.bars))

    @cached_property
    def filled(self) -> NDArray[np.bool_]:
        """Bars in which a note begins."""
        return self.count > 0

    @cached_property
    def group(self) -> Ints:
        """Onset group of each note: notes less than 1/24 quarter after the one before sound as one stroke."""
        apart = np.diff(self.onset) >= max(1.0, self.ticks_per_quarter / STEPS_PER_QUARTER)
        group = np.zeros(len(self.onset), np.int64)
        np.cumsum(apart | (np.diff(self.bar) > 0), out=group[1:])
        return group

    @cached_property
    def group_first(self) -> Ints:
        """Index of the first note of each group."""
        return np.flatnonzero(np.diff(self.group, prepend=-1))

    @cached_property
    def group_bar(self) -> Ints:
        """Bar of each group."""
        return self.bar[self.group_first]

    @cached_property
    def group_count(self) -> Ints:
        """Groups in each bar."""
        return np.bincount(self.group_bar, minlength=len(self.bars))

    @cached_property
    def group_beat(self) -> Floats:
        """Place of each group in its bar, in beats."""
        return self.quarters[self.group_first] / bar_beat_quarters(self.bars)[self.group_bar]

    @cached_property
    def sounding(self) -> tuple[Ints, Ints]:
        """Where the number of sounding notes changes (ticks), and the number from there on."""
        ends = self.onset + np.maximum(self.duration, 1)
        ticks = np.concatenate([self.onset, ends])
        change = np.ones(len(ticks), np.int64)
        change[len(self.onset) :] = -1
        order = np.argsort(ticks, kind="stable")
        return ticks[order], np.cumsum(change[order])

    @cached_property
    def _sounding_in_bars(self) -> tuple[Floats, Floats]:
        """Note ticks and non-silent ticks in each bar."""
        if not len(self.onset):
            return np.zeros(len(self.bars)), np.zeros(len(self.bars))
        ticks, voices = self.sounding
        span = np.diff(ticks)
        note_ticks = np.append(0, np.cumsum(voices[:-1] * span))
        busy_ticks = np.append(0, np.cumsum((voices[:-1] > 0) * span))
        edges = np.append(self.bars["start_ticks"], self.bars["start_ticks"][-1] + self.bars["length_ticks"][-1])
        return np.diff(np.interp(edges, ticks, note_ticks)), np.diff(np.interp(edges, ticks, busy_ticks))

    @cached_property
    def pitch_order(self) -> Ints:
        """Notes ordered by bar, then pitch."""
        return np.argsort(self.bar * 128 + self.pitch, kind="stable")

    def mean(self, values: NDArray[Any]) -> Floats:
        """Mean of a value of the notes, bar by bar."""
        return _divide(np.bincount(self.bar, values, len(self.bars)), self.count)

    def spread(self, values: NDArray[Any]) -> Floats:
        """Standard deviation of a value of the notes, bar by bar."""
        square = self.mean(np.square(values, dtype=np.float64)) - self.mean(values) ** 2
        return np.sqrt(np.maximum(square, 0.0))

    def rank(self, values: NDArray[Any], share: float, order: Ints | None = None) -> Floats:
        """Value below which a share of the bar's notes lie (nearest rank), bar by bar."""
        if order is None:
            order = np.lexsort((values, self.bar))
        first = np.cumsum(self.count) - self.count
        at = first + np.rint(share * np.maximum(self.count - 1, 0)).astype(np.int64)
        result = np.full(len(self.bars), np.nan)
        result[self.filled] = values[order[at[self.filled]]]
        return result

    @cached_property
    def steps_to_next(self) -> Floats:
        """Mean distance of each group's notes to the nearest note of the next group, in semitones; last is NaN."""
        groups = len(self.group_first)
        result = np.full(groups, np.nan)
        if groups < 2:
            return result
        codes = np.sort(self.group * 256 + self.pitch)
        owner = codes >> 8
        source = codes[owner < groups - 1]
        after = np.searchsorted(codes, source + 256)
        target = source + 256
        up = np.where((after < len(codes)) & (owner[np.minimum(after, len(codes) - 1)] == (target >> 8)),
                      codes[np.minimum(after, len(codes) - 1)] - target, 999)  # fmt: skip
        down = np.where(owner[after - 1] == (target >> 8), target - codes[after - 1], 999)
        nearest = np.minimum(up, down)
        of = source >> 8
        result[:-1] = np.bincount(of, nearest, groups - 1) / np.bincount(of, minlength=groups - 1)
        return result

    @cached_property
    def syncopated(self) -> NDArray[np.bool_]:
        """Which groups start off the beat and leave the next stronger place unstruck."""
        beat = self.group_beat
        twelfth = np.rint(beat * 12).astype(np.int64)
        whole, part = twelfth // 12, twelfth % 12
        compound = is_compound(self.bars)[self.group_bar]
        stronger = np.where(compound, _STRONGER_COMPOUND[part], _STRONGER_SIMPLE[part])
        beats_a_bar = self.bar_quarters / bar_beat_quarters(self.bars)
        start = np.append(0, np.cumsum(np.ceil(beats_a_bar - 1e-9)))[self.group_bar] * 12  # bars in whole beats
        place_of_next = np.append((start + twelfth)[1:], np.iinfo(np.int64).max)
        return (part != 0) & (place_of_next > start + whole * 12 + stronger)


def _once(measure: Callable[[TrackView], Floats]) -> Callable[[TrackView], Floats]:
    """Keep a measure's result with the view: controls, tags and roles ask for the same ones."""
    name = measure.__name__

    @wraps(measure)
    def kept(v: TrackView) -> Floats:
        if name not in v.memo:
            v.memo[name] = measure(v)
        return v.memo[name]

    return kept


def view(
    notes: NDArray[Any], bars: NDArray[Any], ticks_per_quarter: float | None = None, is_drum: bool = False
) -> TrackView:
    """Set the notes of a track against bars; the resolution is read off the bars if it is not given."""
    return TrackView(notes, bars, quarter_ticks(bars) if ticks_per_quarter is None else ticks_per_quarter, is_drum)


@_once
def density_of(v: TrackView) -> Floats:
    """Notes a quarter in each bar; 0 in empty bars."""
    return v.count / v.bar_quarters


@_once
def onsets_of(v: TrackView) -> Floats:
    """Strokes (distinct onsets) a quarter in each bar; 0 in empty bars."""
    return v.group_count / v.bar_quarters


@_once
def vertical_of(v: TrackView) -> Floats:
    """Notes a stroke in each bar."""
    return _divide(v.count, v.group_count)


@_once
def polyphony_of(v: TrackView) -> Floats:
    """Mean number of notes sounding, over the part of each bar that sounds."""
    note_ticks, busy_ticks = v._sounding_in_bars
    return _divide(note_ticks, np.where(busy_ticks > 1e-6, busy_ticks, 0.0))


@_once
def silence_of(v: TrackView) -> Floats:
    """Share of each bar in which nothing sounds."""
    return np.clip(1.0 - v._sounding_in_bars[1] / v.bars["length_ticks"], 0.0, 1.0)


@_once
def low_of(v: TrackView) -> Floats:
    """15th percentile of pitch in each bar."""
    return v.rank(v.pitch, LOW_SHARE, v.pitch_order)


@_once
def high_of(v: TrackView) -> Floats:
    """85th percentile of pitch in each bar."""
    return v.rank(v.pitch, HIGH_SHARE, v.pitch_order)


@_once
def range_of(v: TrackView) -> Floats:
    """Semitones from the lowest to the highest note of each bar."""
    return v.rank(v.pitch, 1.0, v.pitch_order) - v.rank(v.pitch, 0.0, v.pitch_order)


@_once
def length_of(v: TrackView) -> Floats:
    """Median note length in each bar, in quarters."""
    return v.rank(v.duration, 0.5) / v.ticks_per_quarter


@_once
def velocity_of(v: TrackView) -> Floats:
    """Mean velocity in each bar."""
    return v.mean(v.notes["velocity"])


@_once
def velocity_spread_of(v: TrackView) -> Floats:
    """Standard deviation of velocity in each bar."""
    return v.spread(v.notes["velocity"].astype(np.float64))


@_once
def syncopation_of(v: TrackView) -> Floats:
    """Share of each bar's strokes that start off the beat and are held over the next stronger place."""
    return _divide(np.bincount(v.group_bar, v.syncopated, len(v.bars)), v.group_count)


def swing_pairs(v: TrackView, division: int) -> tuple[Ints, Floats]:
    """Off notes of pairs: the bar, and the place in the pair (0.5 straight, 0.667 triplet), of each.

    Args:
        v: the track.
        division: pairs a quarter: 1 for eighths, 2 for sixteenths.
    """
    simple = ~is_compound(v.bars)[v.group_bar]
    at = v.quarters[v.group_first] * division
    pair = np.floor(at + 0.06)
    part = at - pair
    middle = (part > 0.28) & (part < 0.40)  # of a triplet: no pair at all
    off = simple & (part > 0.44) & (part < 0.71)
    if middle.any():
        key = v.group_bar * 4096 + pair.astype(np.int64)
        off[off] = ~np.isin(key[off], key[middle])
    return v.group_bar[off], part[off]


def swing_of(v: TrackView, division: int = 1) -> Floats:
    """Mean place of the off-eighth in its beat, bar by bar; NaN without off-eighths."""
    bar, part = swing_pairs(v, division)
    return _divide(np.bincount(bar, part, len(v.bars)), np.bincount(bar, minlength=len(v.bars)))


@_once
def repetition_of(v: TrackView) -> Floats:
    """How much of each bar was heard 1, 2 or 4 bars before: notes in common / notes in either, the best lag."""
    span = 1 << 20
    codes = np.sort(v.bar * span + (v.step // 3) * 128 + v.pitch)
    codes = codes[np.diff(codes, prepend=-1) > 0]
    bar = codes // span
    size = np.bincount(bar, minlength=len(v.bars))
    best = np.where(v.filled, 0.0, np.nan)
    for lag in REPEAT_LAGS:
        before = codes - lag * span
        found = codes[np.minimum(np.searchsorted(codes, before), len(codes) - 1)] == before if len(codes) else before
        common = np.bincount(bar, found, len(v.bars))
        earlier = np.append(np.zeros(min(lag, len(size)), np.int64), size[:-lag])
        best = np.fmax(best, np.where(v.filled, common / np.maximum(size + earlier - common, 1), np.nan))
    return best


@_once
def step_share_of(v: TrackView) -> Floats:
    """Share of each bar's moves to the next stroke that are steps (1 or 2 semitones)."""
    return _move_share(v, 0.0, 2.0)


@_once
def leap_share_of(v: TrackView) -> Floats:
    """Share of each bar's moves to the next stroke that are leaps (more than 2 semitones)."""
    return _move_share(v, 2.0, 128.0)


def _move_share(v: TrackView, above: float, upto: float) -> Floats:
    moves = v.steps_to_next
    counted = np.bincount(v.group_bar, ~np.isnan(moves), len(v.bars))
    with np.errstate(invalid="ignore"):
        inside = (moves > above) & (moves <= upto)
    return _divide(np.bincount(v.group_bar, inside, len(v.bars)), counted)


@_once
def pitch_classes_of(v: TrackView) -> Floats:
    """Distinct pitch classes in each bar; 0 in empty bars."""
    seen = np.zeros((len(v.bars), 12), bool)
    seen[v.bar, v.pitch % 12] = True
    return seen.sum(1).astype(np.float64)


@_once
def deviations(v: TrackView) -> Floats:
    """How far each note lies from the nearest sixteenth or eighth triplet, in quarters (late is above 0)."""
    straight = v.quarters - np.rint(v.quarters * 4) / 4
    triplet = v.quarters - np.rint(v.quarters * 3) / 3
    return np.where(np.abs(straight) <= np.abs(triplet), straight, triplet)


@_once
def timing_spread_of(v: TrackView) -> Floats:
    """Standard deviation of the notes from the grid of sixteenths and triplets, in quarters, bar by bar."""
    return v.spread(deviations(v))


@_once
def legato_of(v: TrackView) -> Floats:
    """Mean of note length over the time to the next stroke, at most 2: 1 is legato, below 0.5 staccato."""
    next_onset = np.append(v.onset[v.group_first][1:], np.iinfo(np.int64).max)
    gap = next_onset[v.group] - v.onset
    bar_length = v.bars["length_ticks"][v.bar]
    return v.mean(np.minimum(v.duration / np.maximum(np.minimum(gap, bar_length), 1), 2.0))


def bar_density(notes: NDArray[Any], bars: NDArray[Any]) -> Floats:
    """Notes a quarter in each bar; float (n_bars,), 0 where empty."""
    return density_of(view(notes, bars))


def bar_onsets(notes: NDArray[Any], bars: NDArray[Any]) -> Floats:
    """Strokes a quarter in each bar; float (n_bars,), 0 where empty."""
    return onsets_of(view(notes, bars))


def bar_polyphony(notes: NDArray[Any], bars: NDArray[Any]) -> Floats:
    """Mean number of notes sounding in each bar; float (n_bars,), NaN where silent."""
    return polyphony_of(view(notes, bars))


def bar_pitch_range(notes: NDArray[Any], bars: NDArray[Any]) -> tuple[Floats, Floats]:
    """15th and 85th percentile of pitch in each bar; float (n_bars,) each, NaN where empty."""
    v = view(notes, bars)
    return low_of(v), high_of(v)


def bar_velocity(notes: NDArray[Any], bars: NDArray[Any]) -> Floats:
    """Mean velocity in each bar; float (n_bars,), NaN where empty."""
    return velocity_of(view(notes, bars))
