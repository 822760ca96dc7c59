"""Interpolate: the music between two clips, in steps.

Tracks are paired by what they do, and the notes of each pair by place and pitch. From step to step the weakest notes
of the first clip fall away and the strongest of the second come in, so that the density goes evenly from one to the
other; paired notes move to the other's place at a moment of their own and their pitches bend over. The key goes the
shortest way round the circle of fifths, and what does not fit the harmony that leads at a step is drawn into it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.chords import estimate_chords
from bandmate.analysis.harmony import estimate_key, signature_fifths
from bandmate.analysis.meter import half_bar_edges, score_bars
from bandmate.errors import ScoreError
from bandmate.groovebook.backing import mean_tempo, one_meter
from bandmate.groovebook.drum_touch import voice_numbers
from bandmate.groovebook.setting import without_gaps
from bandmate.score.model import NO_NOTES, Score, Track, make_meters, make_notes, make_tempos
from bandmate.score.ops import resample
from bandmate.score.pitch import Chord, Key
from bandmate.score.timeline import meter_runs

TPQ = 480
_MOST_APART = 2.5  # cost up to which two notes are one that moves: a 16th or a fifth or so
_MOST_UNLIKE = 4.0  # cost up to which two tracks are one


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One end, at 480 ticks a quarter and as long as the other.

    Attributes:
        tracks: those with notes; chords: two a bar; key: of it; fifths: of its signature; tempo: its mean.
    """

    tracks: tuple[Track, ...]
    chords: tuple[Chord, ...]
    key: Key
    fifths: int
    tempo: float


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two tracks that are one, and how their notes go over into each other.

    Attributes:
        first, second: the tracks; one of them may be silent.
        both: rows (note of first, note of second); its moment of change, 0..1, in `turn`.
        leaves, joins: rows of notes that go, that come; `gone`, `there` are their moments.
    """

    first: Track
    second: Track
    both: NDArray[np.int64]
    turn: NDArray[np.float64]
    leaves: NDArray[np.int64]
    gone: NDArray[np.float64]
    joins: NDArray[np.int64]
    there: NDArray[np.float64]


def interpolate(first: Score, second: Score, steps: int) -> list[Score]:
    """The steps between two clips; the first and the last are the clips themselves.

    Args:
        first: a clip; roles of its tracks count where they are known.
        second: another of the same meter; the shorter goes round until it is as long as the other. Clips that change
            their meter have to do so alike.
        steps: how many in all, 2 or more.

    Raises:
        ScoreError: the meters differ, or a clip is empty.
    """
    bars = _common_bars(first, second)
    ends = [_clip(score, bars) for score in (first, second)]
    pairs = [_paired(a, b, bars) for a, b in _partners(ends[0].tracks, ends[1].tracks)]
    between = [_step(ends[0], ends[1], pairs, step / (steps - 1), bars) for step in range(1, steps - 1)]
    return [first, *between, second]


def _common_bars(first: Score, second: Score) -> NDArray[Any]:
    """The bars that both clips fill, the shorter going round, at 480 ticks a quarter."""
    grids = [score_bars(s if s.ticks_per_quarter == TPQ else resample(s, TPQ)) for s in (first, second)]
    shape = ("numerator", "denominator", "length_ticks")
    if len(grids[0]) == len(grids[1]) and all((grids[0][name] == grids[1][name]).all() for name in shape):
        return grids[0]
    meter = one_meter(first, "the first clip")
    if one_meter(second, "the second clip") != meter:
        two = one_meter(second)
        raise ScoreError(f"the clips are in {meter[0]}/{meter[1]} and {two[0]}/{two[1]}; give two clips of one meter")
    return max(grids, key=len)


def _clip(score: Score, bars: NDArray[Any]) -> Clip:
    if not score.note_count:
        raise ScoreError("a clip without notes leads nowhere; give two clips with music in them")
    whole = score if score.ticks_per_quarter == TPQ else resample(score, TPQ)
    grid = score_bars(whole)
    tracks = tuple(_looped(t, int(grid["length_ticks"].sum()), int(bars["length_ticks"].sum()))
                   for t in whole.tracks if len(t.notes))  # fmt: skip
    key = estimate_key(whole, grid).key or Key(0)
    chords = without_gaps(estimate_chords(whole, grid), key)
    looped = tuple(chords[i % len(chords)] for i in range(2 * len(bars)))
    return Clip(tracks, looped, key, signature_fifths(key), mean_tempo(score))


def _looped(track: Track, length: int, end: int) -> Track:
    copies = []
    for start in range(0, end, length):
        copy = track.notes.copy()
        copy["onset_ticks"] += start
        copies.append(copy[copy["onset_ticks"] < end])
    notes = np.concatenate(copies)
    return replace(track, notes=notes, events=track.events[track.events["ticks"] == 0], end_ticks=0)


def _partners(first: Sequence[Track], second: Sequence[Track]) -> list[tuple[Track | None, Track | None]]:
    """Tracks of both that do the same, the most alike first; those left over stand alone."""
    costs = sorted(
        (_unlike(a, b), i, j) for i, a in enumerate(first) for j, b in enumerate(second) if a.is_drum == b.is_drum
    )  # fmt: skip
    mine, theirs = dict[int, int](), set[int]()
    for cost, i, j in costs:
        if cost <= _MOST_UNLIKE and i not in mine and j not in theirs:
            mine[i] = j
            theirs.add(j)
    out: list[tuple[Track | None, Track | None]] = [
        (a, second[mine[i]] if i in mine else None) for i, a in enumerate(first)
    ]
    return out + [(None, b) for j, b in enumerate(second) if j not in theirs]


def _unlike(a: Track, b: Track) -> float:
    if a.is_drum:
        return 0.0 if a.role == b.role else 1.0
    apart = abs(float(a.notes["pitch"].mean()) - float(b.notes["pitch"].mean())) / 12
    return apart + (0.0 if a.role == b.role else 2.0) + (0.0 if a.program // 8 == b.program // 8 else 0.5)


def _paired(first: Track | None, second: Track | None, bars: NDArray[Any]) -> Pair:
    one, two = first or replace(_some(second), notes=NO_NOTES), second or replace(_some(first), notes=NO_NOTES)
    both = _matched(one, two)
    leaves = np.setdiff1d(np.arange(len(one.notes)), both[:, 0])
    joins = np.setdiff1d(np.arange(len(two.notes)), both[:, 1])
    turn = _spread(-_weight(two, bars)[both[:, 1]])
    gone = _spread(_weight(one, bars)[leaves])
    there = _spread(-_weight(two, bars)[joins])
    return Pair(one, two, both, turn, leaves, gone, joins, there)


def _some(track: Track | None) -> Track:
    return track or Track()


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Moments between 0 and 1, evenly, in the order of the values."""
    rank = np.empty(len(values))
    rank[np.argsort(values, kind="stable")] = np.arange(1, len(values) + 1)
    return rank / (len(values) + 1)


def _weight(track: Track, bars: NDArray[Any]) -> NDArray[np.float64]:
    """How much each note carries: its place in the bar, its length, its force."""
    onset = track.notes["onset_ticks"].astype(np.int64)
    at = onset - bars["start_ticks"][np.searchsorted(bars["start_ticks"], onset + 30, side="right") - 1]
    near = [np.abs((at + step // 2) % step - step // 2) <= 30 for step in (TPQ, TPQ // 2)]
    place = 2.0 * (np.abs(at) <= 30) + 1.0 * near[0] + 0.5 * near[1]
    return place + np.minimum(1.0, track.notes["duration_ticks"] / TPQ) + track.notes["velocity"] / 127


def _matched(one: Track, two: Track) -> NDArray[np.int64]:
    """Notes of both that are near, the nearest first; int (n, 2)."""
    rows = []
    start = two.notes["onset_ticks"].astype(np.int64)
    for i, note in enumerate(one.notes):
        low, high = np.searchsorted(start, (int(note["onset_ticks"]) - 240, int(note["onset_ticks"]) + 241))
        for j in range(int(low), int(high)):
            cost = abs(int(start[j]) - int(note["onset_ticks"])) / 120
            cost += _pitch_cost(int(note["pitch"]), int(two.notes["pitch"][j]), one.is_drum)
            if cost <= _MOST_APART:
                rows.append((cost, i, j))
    mine, theirs, out = set[int](), set[int](), []
    for _, i, j in sorted(rows):
        if i not in mine and j not in theirs:
            mine.add(i)
            theirs.add(j)
            out.append((i, j))
    return np.array(sorted(out), np.int64).reshape(-1, 2)


def _pitch_cost(a: int, b: int, drums: bool) -> float:
    if not drums:
        return abs(a - b) / 6
    numbers = voice_numbers()
    return 0.0 if a == b else 1.2 if numbers[a] == numbers[b] else 99.0


def _step(a: Clip, b: Clip, pairs: Sequence[Pair], t: float, bars: NDArray[Any]) -> Score:
    around = (b.fifths - a.fifths + 5) % 12 - 5
    scale = _signature_scale(a.fifths + round(t * around))
    leader = a if t < 0.5 else b
    edges = half_bar_edges(bars)
    meters = [make_meters(*(int(bars[name][at]) for name in ("numerator", "denominator", "start_ticks")))
              for at, _ in meter_runs(bars, TPQ)]  # fmt: skip
    tracks = []
    for pair in pairs:
        notes = _notes_at(pair, t, edges, leader.chords, scale, t < 0.5)
        if len(notes):
            shown = pair.first if (t < 0.5 and len(pair.first.notes)) or not len(pair.second.notes) else pair.second
            notes["channel"] = shown.channel
            tracks.append(replace(shown, notes=notes))
    return Score(
        tracks=_own_channels(tracks), ticks_per_quarter=TPQ, tempos=make_tempos(a.tempo ** (1 - t) * b.tempo**t),
        meters=np.concatenate(meters), end_ticks=int(edges[-1]),
    )  # fmt: skip


def _own_channels(tracks: Sequence[Track]) -> tuple[Track, ...]:
    free = [channel for channel in range(16) if channel != 9]
    out = []
    for number, track in enumerate(t for t in tracks):
        channel = 9 if track.is_drum else free[number % len(free)]
        notes, events = track.notes.copy(), track.events.copy()
        notes["channel"] = channel
        events["channel"] = np.where(events["status"] < 0xF0, channel, events["channel"])
        out.append(replace(track, notes=notes, events=events))
    return tuple(out)


def _signature_scale(fifths: int) -> frozenset[int]:
    tonic = fifths * 7 % 12
    return frozenset((tonic + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11))


def _notes_at(
    pair: Pair, t: float, edges: NDArray[np.int64], chords: Sequence[Chord], scale: frozenset[int], first_leads: bool
) -> NDArray[Any]:
    """The notes of a pair at a moment."""
    one, two = pair.first.notes, pair.second.notes
    rows: list[tuple[int, int, int, int]] = []

    def fitted(pitch: int, onset: int, length: int, own: bool) -> int:
        if pair.first.is_drum or pair.second.is_drum:
            return pitch
        chord = chords[min(int(np.searchsorted(edges, onset + 20, side="right")) - 1, len(chords) - 1)]
        held = length >= TPQ // 2 or (onset + 20) % TPQ <= 40
        if own and pitch % 12 in scale | chord.pitch_classes:
            return pitch
        return _into(pitch, chord.pitch_classes if held and not own else scale | chord.pitch_classes)

    for (i, j), turn in zip(pair.both.tolist(), pair.turn.tolist(), strict=True):
        now = one[i] if t < turn else two[j]
        onset = int(now["onset_ticks"])
        length = round(
            float(max(1, one[i]["duration_ticks"])) ** (1 - t) * float(max(1, two[j]["duration_ticks"])) ** t
        )
        drums = pair.first.is_drum or pair.second.is_drum
        bent = int(now["pitch"]) if drums else round((1 - t) * int(one[i]["pitch"]) + t * int(two[j]["pitch"]))
        same = int(one[i]["pitch"]) == int(two[j]["pitch"])
        loud = round((1 - t) * int(one[i]["velocity"]) + t * int(two[j]["velocity"]))
        rows.append((onset, length, fitted(bent, onset, length, same), loud))
    for notes, which, moments, stays in ((one, pair.leaves, pair.gone, True), (two, pair.joins, pair.there, False)):
        for index, moment in zip(which.tolist(), moments.tolist(), strict=True):
            if (t < moment) == stays:
                note = notes[index]
                onset, length = int(note["onset_ticks"]), int(note["duration_ticks"])
                pitch = fitted(int(note["pitch"]), onset, length, stays == first_leads)
                rows.append((onset, length, pitch, int(note["velocity"])))
    return _clear(rows, int(edges[-1]))


def _into(pitch: int, classes: frozenset[int]) -> int:
    return min((p for p in range(max(0, pitch - 6), min(127, pitch + 6) + 1) if p % 12 in classes),
               key=lambda p: (abs(p - pitch), p), default=pitch)  # fmt: skip


def _clear(rows: list[tuple[int, int, int, int]], end: int) -> NDArray[Any]:
    """Rows as notes: one on a key at a time, none past the end."""
    rows = [row for row in sorted(rows) if row[0] < end]
    if not rows:
        return NO_NOTES
    out: list[list[int]] = []
    last: dict[int, int] = {}
    for onset, length, pitch, loud in rows:
        before = last.get(pitch)
        if before is not None and onset - out[before][0] < 30:
            continue
        if before is not None:
            out[before][1] = min(out[before][1], onset - out[before][0])
        last[pitch] = len(out)
        out.append([onset, max(1, min(length, end - onset)), pitch, max(1, min(127, loud))])
    return make_notes(*(np.array(column) for column in zip(*out, strict=True)))
