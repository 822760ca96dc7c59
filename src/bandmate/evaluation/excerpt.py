"""Excerpt: a window of music with what its measures share: notes of all tracks, bars, roles, key and chords.

Roles, key and chords are always estimated, from notes alone, whoever wrote the music and whatever a file or a plan
says of them: takes and people's music are measured by one yardstick. Programs and names are not looked at; only
whether a track is drums.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.chords import chords_of, pitched_notes, span_evidence
from bandmate.analysis.descriptors import PieceView, piece_view
from bandmate.analysis.harmony import final_bass_of, key_of
from bandmate.analysis.meter import bar_beat_quarters, half_bar_edges, main_meter, score_bars
from bandmate.analysis.voices import roles_of
from bandmate.score.cut import window
from bandmate.score.model import NO_NOTES, Score, Track
from bandmate.score.pitch import Chord, Key
from bandmate.score.warp import resample

TICKS = 480  # a quarter
STROKE = TICKS // 24  # ticks: notes of one part that begin closer together than this are one stroke
EARLY = TICKS // 16  # ticks: what begins no more than this before a bar line belongs to it, since people hurry
CELL = TICKS // 4  # ticks of a sixteenth, the grid on which bars are held against each other
BARS = 16  # of a window
LEAST_SOUNDING_BARS, LEAST_NOTES = 12, 64  # of a window that says something
TUNES = ("melody", "lead")
COMPING = ("chords", "pad", "arp")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROW = np.dtype([("ticks", "<i8"), ("duration", "<i8"), ("pitch", "<i8"), ("velocity", "<i8"), ("track", "<i8"),
                ("bar", "<i8"), ("place", "<i8"), ("cell", "<i8"), ("drum", "?")])  # fmt: skip


@dataclass(frozen=True, eq=False)
class Line:
    """One note after another, at most one at a time: onset, length and pitch in ticks and MIDI numbers; int (n,)."""

    ticks: Ints
    duration: Ints
    pitch: Ints
    bar: Ints

    def __len__(self) -> int:
        return len(self.ticks)

    @property
    def moves(self) -> Ints:
        """Semitones from each note to the next; int (n - 1,)."""
        return np.diff(self.pitch)


@dataclass(frozen=True, eq=False)
class Excerpt:
    """A window of constant meter.

    Attributes:
        score: the window alone, on 480 ticks a quarter, its first bar line at tick 0.
        is_end: whether the piece ends with it.
    """

    score: Score
    is_end: bool = False

    @cached_property
    def view(self) -> PieceView:
        """The score against its bars."""
        return piece_view(self.score, score_bars(self.score))

    @property
    def bar_count(self) -> int:
        """How many bars."""
        return len(self.view.bars)

    @cached_property
    def meter(self) -> tuple[int, int]:
        """Numerator and denominator."""
        return main_meter(self.view.bars)

    @cached_property
    def bar_ticks(self) -> int:
        """Length of a bar."""
        return int(self.view.bars["length_ticks"].max())

    @cached_property
    def beat_ticks(self) -> int:
        """Length of a beat, as a foot taps it."""
        return max(1, int(bar_beat_quarters(self.view.bars)[0] * TICKS))

    @property
    def tempo(self) -> float:
        """Quarter notes a minute at the start."""
        return self.score.bpm

    @cached_property
    def notes(self) -> NDArray[Any]:
        """Every note by onset: ROW array. `place` is ticks from the bar line, `cell` the nearest sixteenth."""
        tracks = self.score.tracks
        raw = np.concatenate([t.notes for t in tracks]) if tracks else NO_NOTES
        owner = np.repeat(np.arange(len(tracks)), [len(t.notes) for t in tracks])
        order = np.argsort(raw["onset_ticks"], kind="stable")
        raw, rows = raw[order], np.zeros(len(raw), ROW)
        rows["ticks"], rows["duration"] = raw["onset_ticks"], np.maximum(raw["duration_ticks"], 1)
        rows["pitch"], rows["velocity"], rows["track"] = raw["pitch"], raw["velocity"], owner[order]
        rows["drum"] = np.array([t.is_drum for t in tracks], bool)[rows["track"]] if len(rows) else False
        rows["bar"] = np.minimum((rows["ticks"] + EARLY) // self.bar_ticks, self.bar_count - 1)
        rows["place"] = np.maximum(rows["ticks"] - rows["bar"] * self.bar_ticks, 0)
        rows["cell"] = np.minimum((rows["place"] + CELL // 2) // CELL, max(1, self.bar_ticks // CELL) - 1)
        return rows

    @cached_property
    def pitched(self) -> NDArray[Any]:
        """Every note that is not a drum's."""
        return self.notes[~self.notes["drum"]]

    @cached_property
    def drums(self) -> NDArray[Any]:
        """Every drum stroke."""
        return self.notes[self.notes["drum"]]

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """What each track does, "" without notes."""
        return tuple(guess.role for guess in roles_of(self.view))

    def tracks_of(self, *roles: str) -> list[int]:
        """Indices of the tracks of some roles."""
        return [index for index, role in enumerate(self.roles) if role in roles]

    @cached_property
    def sounding_tracks(self) -> list[int]:
        """Indices of the tracks that have notes."""
        return [index for index, v in enumerate(self.view.tracks) if len(v.notes)]

    @cached_property
    def _pitched_tracks(self) -> list[int]:
        return [index for index in self.sounding_tracks if not self.view.tracks[index].is_drum]

    @cached_property
    def melody(self) -> Line | None:
        """The top of the melody's track; of the only pitched track, whatever its role; None where there is neither."""
        found = self.tracks_of("melody") or self.tracks_of("lead")
        if not found and len(self._pitched_tracks) == 1 and "bass" not in self.roles:
            found = self._pitched_tracks
        return self._line(self.notes["track"] == found[0], top=True) if found else None

    @cached_property
    def bass(self) -> Line | None:
        """The bottom of the fullest bass track; without drums and bass the lowest notes of all; else None."""
        found = self.tracks_of("bass")
        if found:
            fullest = max(found, key=lambda index: len(self.view.tracks[index].notes))
            return self._line(self.notes["track"] == fullest, top=False)
        if len(self.drums) or not len(self.pitched):
            return None
        return self._line(~self.notes["drum"], top=False)

    def _line(self, chosen: NDArray[np.bool_], *, top: bool) -> Line:
        """The highest or lowest note of each stroke; strokes less than a grid step apart are one."""
        rows = self.notes[chosen]
        stroke = np.cumsum(np.diff(rows["ticks"], prepend=rows["ticks"][:1]) >= STROKE)
        order = np.lexsort((-rows["pitch"] if top else rows["pitch"], stroke))
        first = order[np.flatnonzero(np.diff(stroke[order], prepend=-1))]
        rows = rows[first]
        gap = np.diff(rows["ticks"], append=np.iinfo(np.int64).max)
        return Line(rows["ticks"], np.minimum(rows["duration"], gap), rows["pitch"], rows["bar"])

    @cached_property
    def _evidence(self) -> Any:
        notes = pitched_notes(self.score)
        return notes, span_evidence(notes, self.half_edges, TICKS)

    @cached_property
    def half_edges(self) -> Ints:
        """Where half bars begin, and the end; int (2 * bars + 1,) ticks."""
        return half_bar_edges(self.view.bars)

    @cached_property
    def key(self) -> Key | None:
        """The key of the window; None without pitched notes."""
        if not len(self.pitched):
            return None
        notes, evidence = self._evidence
        return key_of(evidence, final_bass_of(notes, TICKS)).key

    @cached_property
    def chords(self) -> tuple[Chord | None, ...]:
        """The chord of each half bar; None where nothing sounds."""
        if not len(self.pitched):
            return (None,) * (2 * self.bar_count)
        return chords_of(self._evidence[1])

    @cached_property
    def chord_tones(self) -> NDArray[np.bool_]:
        """Pitch classes of the chord of each half bar; bool (2 * bars, 12)."""
        table = np.zeros((len(self.chords), 12), bool)
        for row, chord in zip(table, self.chords, strict=True):
            if chord is not None:
                row[list(chord.pitch_classes)] = True
        return table

    @cached_property
    def changes(self) -> Ints:
        """Half bars at which another chord begins, after the first chord; int (n,). Basses do not count as change."""
        heard = [(i, (c.root, c.quality)) for i, c in enumerate(self.chords) if c is not None]
        return np.array([heard[n][0] for n in range(1, len(heard)) if heard[n][1] != heard[n - 1][1]], np.int64)

    @cached_property
    def progression(self) -> tuple[Chord, ...]:
        """The chords one after another, each once while it lasts; one more than `changes`."""
        heard = [chord for chord in self.chords if chord is not None]
        return tuple(
            chord
            for n, chord in enumerate(heard)
            if n == 0 or (chord.root, chord.quality) != (heard[n - 1].root, heard[n - 1].quality)
        )

    def half_of(self, ticks: Ints) -> Ints:
        """The half bar in which each onset lies; int (n,)."""
        at = np.searchsorted(self.half_edges, ticks + EARLY, side="right") - 1
        return np.clip(at, 0, len(self.chords) - 1)

    @cached_property
    def counts(self) -> Ints:
        """Notes that begin in each bar of each track with notes; int (tracks with notes, bars)."""
        flat = np.bincount(self.notes["track"] * self.bar_count + self.notes["bar"],
                           minlength=len(self.score.tracks) * self.bar_count)  # fmt: skip
        return flat.reshape(-1, self.bar_count)[self.sounding_tracks]

    @cached_property
    def likeness(self) -> Floats:
        """How alike bars are, all tracks together (see `bar_likeness`); float (bars, bars)."""
        return bar_likeness(self.notes, self.bar_count)

    @cached_property
    def drum_likeness(self) -> Floats:
        """The same of the drums."""
        return bar_likeness(self.drums, self.bar_count)

    @cached_property
    def melody_likeness(self) -> Floats:
        """The same of the melody's track."""
        found = self.tracks_of("melody") or self.tracks_of("lead")
        return bar_likeness(self.notes[np.isin(self.notes["track"], found[:1])], self.bar_count)


def bar_likeness(rows: NDArray[Any], bars: int) -> Floats:
    """Strokes that two bars share over strokes in either, by track, sixteenth and pitch.

    Args:
        rows: ROW array.
        bars: how many bars.

    Returns:
        Symmetric, 0..1, float (bars, bars); NaN where one of the two is empty.
    """
    keys, index = np.unique((rows["track"] * 4096 + rows["cell"]) * 128 + rows["pitch"], return_inverse=True)
    seen = np.zeros((bars, len(keys)))
    seen[rows["bar"], index] = 1.0
    shared, size = seen @ seen.T, seen.sum(1)
    either = size[:, None] + size - shared
    both = (size[:, None] > 0) & (size > 0)
    return np.where(both, shared / np.maximum(either, 1.0), np.nan)


def excerpt_of(score: Score, *, is_end: bool = True) -> Excerpt:
    """A whole score as one excerpt, on our ticks."""
    return Excerpt(resample(score, TICKS) if score.ticks_per_quarter != TICKS else score, is_end)


def windows(score: Score, bars: int = BARS, *, strict: bool = True) -> Iterator[Excerpt]:
    """Cut a score into windows, one after another from its first bar, that say something.

    A window has one meter, at least 12 of 16 bars in which a note begins, and at least 64 notes.

    Args:
        score: any score.
        bars: length of a window.
        strict: leave out what is shorter; else a piece of fewer bars is a window itself.
    """
    score = excerpt_of(score).score
    grid = score_bars(score)
    length = bars if strict else min(bars, len(grid))
    for first in range(0, len(grid) - length + 1, length):
        found = _cut(score, grid, first, length)
        if found is not None and _says_something(found, length, strict):
            yield found


def ending(score: Score, bars: int = BARS) -> Excerpt | None:
    """The last bars of a piece, for the lines that ask how it ends; None where the meter changes in them."""
    score = excerpt_of(score).score
    grid = score_bars(score)
    return _cut(score, grid, max(0, len(grid) - bars), min(bars, len(grid)))


def _cut(score: Score, grid: NDArray[Any], first: int, length: int) -> Excerpt | None:
    chosen = grid[first : first + length]
    if len(np.unique(chosen[["length_ticks", "numerator", "denominator"]])) != 1:
        return None
    start, end = int(chosen["start_ticks"][0]), int(chosen["start_ticks"][-1] + chosen["length_ticks"][-1])
    parts = tuple(Track(t.name, t.program, t.is_drum, _notes_in(t.notes, start, end)) for t in score.tracks)
    bare = replace(score, tracks=parts, markers=(), header=None, end_ticks=end)
    cut = replace(window(replace(bare, tracks=()), start, end), tracks=parts)
    return Excerpt(cut, is_end=first + length == len(grid))


def _notes_in(notes: NDArray[Any], start: int, end: int) -> NDArray[Any]:
    onset = notes["onset_ticks"]
    inside = notes[(onset >= start - EARLY) & (onset < end - EARLY)].copy()
    inside["onset_ticks"] = np.maximum(inside["onset_ticks"] - start, 0)
    room = (end - start) - inside["onset_ticks"]
    inside["duration_ticks"] = np.clip(inside["duration_ticks"], 1, np.maximum(room, 1))
    return inside


def _says_something(found: Excerpt, bars: int, strict: bool) -> bool:
    sounding = len(np.unique(found.notes["bar"]))
    if strict:
        return sounding >= LEAST_SOUNDING_BARS * bars / BARS and len(found.notes) >= LEAST_NOTES * bars / BARS
    return len(found.notes) > 0
