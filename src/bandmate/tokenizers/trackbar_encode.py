"""From a score to trackbar ids, on whole arrays: place the notes on steps, sort the events, scatter the tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.texture import view
from bandmate.errors import ScoreError
from bandmate.limits import TRACKS
from bandmate.score.model import Score, Track
from bandmate.score.pitch import Key
from bandmate.score.timeline import bar_grid
from bandmate.tokenizers import trackbar_table as table
from bandmate.tokenizers.base import Vocabulary
from bandmate.tokenizers.trackbar_table import Meter, TrackBarOptions

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A score on steps.

    Attributes:
        instruments: index into INSTRUMENTS, one a track; densities: bin, one a track (empty if not asked for).
        meters: one a bar; bar_start: (bars + 1,) steps from the start, the last one the end of the piece.
        tempos: quarter notes a minute at each bar, whole numbers.
        track, onset, end, pitch, velocity: one a note, in score order; onset and end in steps from the start.
    """

    instruments: tuple[int, ...]
    densities: tuple[int, ...]
    meters: tuple[Meter, ...]
    bar_start: Ints
    tempos: Ints
    track: Ints
    onset: Ints
    end: Ints
    pitch: Ints
    velocity: Ints


def place(score: Score, options: TrackBarOptions) -> Placed:
    """Put every note on the nearest step; tracks without notes are left out.

    Raises:
        ScoreError: more tracks sound than the vocabulary counts (layout "bars"); the message names both numbers.
    """
    tracks = [track for track in score.tracks if len(track.notes)]
    instruments = [table.instrument_index(track.program, track.is_drum) for track in tracks]
    if options.track_order == "fixed":
        order = sorted(range(len(tracks)), key=instruments.__getitem__)
        tracks, instruments = [tracks[i] for i in order], [instruments[i] for i in order]
    if options.layout == "bars" and len(tracks) > TRACKS.high:
        raise ScoreError(
            f"{len(tracks)} tracks sound and layout 'bars' counts {TRACKS.high:g}; merge some or use 'tracks'"
        )
    bars = _cut_long_bars(bar_grid(score), score.ticks_per_quarter)
    meters = _meters(bars, score.ticks_per_quarter, options.steps_per_quarter)
    sizes = table.meters(options.steps_per_quarter)
    bar_start = np.concatenate([[0], np.cumsum([sizes[meter] for meter in meters])])
    onset_ticks, duration_ticks, pitch, velocity = (
        np.concatenate([track.notes[name] for track in tracks] or [[]]).astype(np.int64)
        for name in ("onset_ticks", "duration_ticks", "pitch", "velocity")
    )
    onset = _steps(onset_ticks, bars, bar_start, score.ticks_per_quarter, options)
    end = _steps(onset_ticks + duration_ticks, bars, bar_start, score.ticks_per_quarter, options)
    onset = np.minimum(onset, bar_start[-1] - 1)
    end = np.minimum(np.maximum(end, onset + 1), bar_start[-1])
    track = np.repeat(np.arange(len(tracks)), [len(track.notes) for track in tracks])
    if options.lengths == "off":
        end = _first_in_first_out(track, onset, end, pitch)
    densities = tuple(_density(track, bars, score.ticks_per_quarter) for track in tracks) if options.density else ()
    tempos = _tempos(score, bars)
    return Placed(tuple(instruments), densities, meters, bar_start, tempos, track, onset, end, pitch, velocity)


def _cut_long_bars(bars: NDArray[Any], ticks_per_quarter: int) -> NDArray[Any]:
    longest = table.MAX_BAR_QUARTERS * ticks_per_quarter
    pieces = -(-bars["length_ticks"] // longest)
    if pieces.max() == 1:
        return bars
    cut = np.repeat(bars, pieces)
    index = np.arange(len(cut)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    left = cut["length_ticks"] - index * longest
    cut["start_ticks"] += index * longest
    cut["length_ticks"] = np.minimum(left, longest)
    return cut


def _meters(bars: NDArray[Any], ticks_per_quarter: int, steps_per_quarter: int) -> tuple[Meter, ...]:
    """The meter that each bar is written in; a bar that a change cut short gets the meter of what is left."""
    known = table.meters(steps_per_quarter)
    found: dict[tuple[int, int, int], Meter] = {}
    meters = []
    rows = bars[["length_ticks", "numerator", "denominator"]].tolist()
    for row in rows:
        if row not in found:
            length, numerator, denominator = row
            found[row] = _meter(length, numerator, denominator, ticks_per_quarter, known)
        meters.append(found[row])
    return tuple(meters)


def _meter(length: int, numerator: int, denominator: int, ticks_per_quarter: int, known: dict[Meter, int]) -> Meter:
    if (numerator, denominator) in known and length == max(1, ticks_per_quarter * 4 * numerator // denominator):
        return numerator, denominator
    for base in (4, 8, 16, 32):
        count, rest = divmod(length * base, 4 * ticks_per_quarter)
        if not rest and (count, base) in known:
            return count, base
    fits = [(abs(4 * n * ticks_per_quarter / d - length), d, n) for n, d in known]
    _, base, count = min(fits)
    return count, base


def _steps(ticks: Ints, bars: NDArray[Any], bar_start: Ints, ticks_per_quarter: int, options: TrackBarOptions) -> Ints:
    """The nearest step of each tick, halves up, counted from its own bar line."""
    bar = np.searchsorted(bars["start_ticks"], ticks, side="right") - 1
    inside = ticks - bars["start_ticks"][bar]
    steps = (2 * inside * options.steps_per_quarter + ticks_per_quarter) // (2 * ticks_per_quarter)
    return np.minimum(bar_start[bar] + steps, bar_start[bar + 1])


def _first_in_first_out(track: Ints, onset: Ints, end: Ints, pitch: Ints) -> Ints:
    """Ends as NOTE_OFF gives them: of equal pitches that sound at once, the first struck ends first."""
    key = track * 128 + pitch
    by_onset, by_end = np.lexsort((onset, key)), np.lexsort((end, key))
    paired = np.empty_like(end)
    paired[by_onset] = end[by_end]
    return paired


def _density(track: Track, bars: NDArray[Any], ticks_per_quarter: int) -> int:
    notes = view(track.notes, bars, float(ticks_per_quarter), track.is_drum)
    return max(0, table.DENSITY.bin(table.DENSITY.measure(notes)))


def _tempos(score: Score, bars: NDArray[Any]) -> Ints:
    tempos = score.tempos[np.argsort(score.tempos["ticks"], kind="stable")]
    if not len(tempos):
        return np.full(len(bars), 120)
    # a change within half a beat behind a bar line belongs to the line
    line = bars["start_ticks"] + np.minimum(score.ticks_per_quarter, bars["length_ticks"]) // 2
    at = np.clip(np.searchsorted(tempos["ticks"], line, side="right") - 1, 0, None)
    bpm = np.rint(60e6 / np.maximum(1, tempos["us_per_quarter"][at])).astype(np.int64)
    return np.clip(bpm, table.TEMPO_LOW, table.TEMPO_HIGH)


def header_ids(placed: Placed, words: Vocabulary, options: TrackBarOptions, genre: str | None, key: Key | None) -> Ints:
    """PIECE_START and the tokens of the header."""
    ids = [words.id("PIECE_START")]
    if options.steps_per_quarter != table.DEFAULT_STEPS:
        ids.append(words.find(f"STEPS={options.steps_per_quarter}"))
    if genre is not None:
        ids.append(words.find(f"GENRE={genre}"))
    ids.append(words.id("TEMPO", int(placed.tempos[0]) - table.TEMPO_LOW))
    if placed.meters[0] != (4, 4):
        ids.append(_meter_id(placed.meters[0], words))
    if key is not None:
        ids.append(words.id("KEY", list(table.KEYS.values()).index(key)))
    return np.array(ids, np.int64)


def _meter_id(meter: Meter, words: Vocabulary) -> int:
    return words.find(f"TIME_SIG={meter[0]}/{meter[1]}")


class _Sheet:
    """The ids of the body, filled in column by column: in each cell (track and bar) what stands before its events."""

    def __init__(self, cells: int) -> None:
        self.before: list[tuple[NDArray[np.bool_], NDArray[Any]]] = []
        self.after: list[tuple[NDArray[np.bool_], NDArray[Any]]] = []
        self.cells = cells

    def put(self, where: NDArray[np.bool_], ids: Any, *, after: bool = False) -> None:
        (self.after if after else self.before).append((where, np.broadcast_to(np.asarray(ids), self.cells)))

    def lay_out(self, inner: Ints) -> tuple[NDArray[np.int32], Ints]:
        """The array with all columns filled, and where the events of each cell begin."""
        before = np.sum([where for where, _ in self.before], axis=0)
        after = np.sum([where for where, _ in self.after], axis=0)
        sizes = before + inner + after
        start = np.cumsum(sizes) - sizes
        out = np.zeros(int(sizes.sum()), np.int32)
        inner_start = self._fill(out, start, self.before)
        self._fill(out, inner_start + inner, self.after)
        return out, inner_start

    @staticmethod
    def _fill(out: NDArray[np.int32], start: Ints, columns: list[tuple[NDArray[np.bool_], NDArray[Any]]]) -> Ints:
        at = start.copy()
        for where, ids in columns:
            out[at[where]] = ids[where]
            at += where
        return at


def body_ids(placed: Placed, words: Vocabulary, options: TrackBarOptions) -> NDArray[np.int32]:
    """The tokens between header and PIECE_END."""
    tracks, bars = len(placed.instruments), len(placed.meters)
    if not tracks:
        return np.zeros(0, np.int32)
    by_track = options.layout == "tracks"
    cell, events = _events(placed, words, options, tracks if not by_track else 1, bars if by_track else 1)
    sheet = _Sheet(tracks * bars)
    order = np.arange(tracks * bars)
    track, bar = np.divmod(order, bars) if by_track else np.divmod(order, tracks)[::-1]
    inner = np.bincount(cell, weights=events.size, minlength=len(order)).astype(np.int64)
    if by_track:
        first, last = bar == 0, bar == bars - 1
        for column in _track_columns(placed, words):
            sheet.put(first, column[track])
        _put_bar_start(sheet, placed, words, bar, np.ones(len(order), bool), track == 0)
        sheet.put(np.ones(len(order), bool), words.id("BAR_END"), after=True)
        sheet.put(last, words.id("TRACK_END"), after=True)
        head = np.zeros(0, np.int32)
    else:
        first, last = track == 0, track == tracks - 1
        _put_bar_start(sheet, placed, words, bar, first, first)
        sheet.put(inner > 0, words.id("TRACK") + track)
        sheet.put(last, words.id("BAR_END"), after=True)
        columns = [*_track_columns(placed, words), np.full(tracks, words.id("TRACK_END"))]
        head = np.column_stack(columns).ravel().astype(np.int32)
    out, start = sheet.lay_out(inner)
    inner_before = np.cumsum(inner) - inner
    events.write(out, start[cell] - inner_before[cell])
    return np.concatenate([head, out])


def _track_columns(placed: Placed, words: Vocabulary) -> list[Ints]:
    columns = [
        np.full(len(placed.instruments), words.id("TRACK_START")),
        words.id("INST") + np.array(placed.instruments, np.int64),
    ]
    return columns + ([words.id("DENSITY") + np.array(placed.densities, np.int64)] if placed.densities else [])


def _put_bar_start(
    sheet: _Sheet,
    placed: Placed,
    words: Vocabulary,
    bar: Ints,
    where: NDArray[np.bool_],
    with_tempo: NDArray[np.bool_],
) -> None:
    sheet.put(where, words.id("BAR_START"))
    changes = np.array([False, *(a != b for a, b in zip(placed.meters[1:], placed.meters, strict=False))])
    if changes.any():
        ids = {meter: _meter_id(meter, words) for meter in set(placed.meters)}
        sheet.put(where & changes[bar], np.array([ids[meter] for meter in placed.meters])[bar])
    speeds = np.append(False, placed.tempos[1:] != placed.tempos[:-1])
    if speeds.any():
        sheet.put(with_tempo & speeds[bar], (words.id("TEMPO") - table.TEMPO_LOW + placed.tempos)[bar])


@dataclass(frozen=True, slots=True, eq=False)
class _Events:
    """Events in the order they are written; each is its TIME_DELTAs, its token, a velocity, its DURATIONs."""

    size: Ints
    delta: Ints
    token: Ints
    velocity: Ints  # id, 0 = none
    duration: Ints  # steps, 0 = none
    longest: int
    delta_id: int
    duration_id: int

    def write(self, out: NDArray[np.int32], shift: Ints) -> None:
        """Scatter them; `shift` is where the events of their cell begin, less all events before."""
        at = shift + np.cumsum(self.size) - self.size
        at = self._write_times(out, at, self.delta, self.delta_id)
        out[at] = self.token
        at = at + 1
        struck = np.flatnonzero(self.velocity)
        if len(struck):
            out[at[struck]] = self.velocity[struck]
            at[struck] += 1
        if self.duration_id:
            self._write_times(out, at, self.duration, self.duration_id)

    def _write_times(self, out: NDArray[np.int32], at: Ints, steps: Ints, first_id: int) -> Ints:
        while (long := steps > self.longest).any():
            out[at[long]] = first_id + self.longest - 1
            at, steps = at + long, steps - long * self.longest
        some = steps > 0
        out[at[some]] = first_id + steps[some] - 1
        return at + some


def _events(
    placed: Placed, words: Vocabulary, options: TrackBarOptions, tracks: int, bars: int
) -> tuple[Ints, _Events]:
    """The cell of each event, and the events, sorted by cell, place, off before on, pitch.

    A cell is track * bars + bar, or bar * tracks + track; the one of `tracks` and `bars` that does not count is 1.
    """
    by_off, start = options.lengths == "off", placed.bar_start
    bar = np.searchsorted(start, placed.onset, side="right") - 1
    position = placed.onset - start[bar]
    kind, pitch, track = np.ones(len(bar), np.int64), placed.pitch, placed.track
    if by_off:  # an end on a bar line belongs to the bar before it
        end_bar = np.searchsorted(start, placed.end, side="left") - 1
        bar, position = np.append(bar, end_bar), np.append(position, placed.end - start[end_bar])
        kind, pitch, track = np.append(kind, np.zeros_like(kind)), np.append(pitch, pitch), np.append(track, track)
    cell = track * bars + bar if options.layout == "tracks" else bar * tracks + track
    span = int(np.diff(start).max()) + 1
    key = ((cell * span + position) * 2 + kind) * 128 + pitch
    order = _sorting(key)
    cell, position, kind, pitch = cell[order], position[order], kind[order], pitch[order]
    delta = position.copy()
    delta[1:] -= np.where(cell[1:] == cell[:-1], position[:-1], 0)
    token = words.id("NOTE_ON") + pitch
    if by_off:
        token = np.where(kind == 1, token, words.id("NOTE_OFF") + pitch)
    velocity = duration = np.zeros(len(order), np.int64)
    if options.velocity_bins:
        bins = placed.velocity * options.velocity_bins // 128 + words.id("VELOCITY")
        velocity = np.append(bins, np.zeros_like(bins))[order] if by_off else bins[order]
    longest = table.longest(options.steps_per_quarter)
    size = 1 - -delta // longest + (velocity > 0)
    if not by_off:
        duration = (placed.end - placed.onset)[order]
        size = size - -duration // longest
    duration_id = 0 if by_off else words.id("DURATION")
    return cell, _Events(size, delta, token, velocity, duration, longest, words.id("TIME_DELTA"), duration_id)


def _sorting(key: Ints) -> Ints:
    """What np.argsort(key, kind="stable") gives, faster: the place of each key rides in its low bits."""
    bits = max(1, len(key).bit_length())
    if len(key) and int(key.max()).bit_length() + bits > 62:
        return np.argsort(key, kind="stable")
    return np.sort(key << bits | np.arange(len(key))) & ((1 << bits) - 1)
