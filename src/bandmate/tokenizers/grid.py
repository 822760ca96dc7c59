"""`grid.v1`: a score as a grid of cells (tracks x bars), one row a note.

`encode_piece` puts a Score on the grid, `decode_piece` gives it back; `tokenizers/grid_rows` turns any view of a piece
into the rows a model reads. Onsets keep 24 steps a quarter and the rest as micro-timing (at most 2.1 ms of error at
120 BPM); lengths and velocities keep the nearest of a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.score.model import MADE, METER, Score, Track, make_notes, make_tempos
from bandmate.score.pitch import Chord, Key
from bandmate.score.timeline import bar_grid, bar_of
from bandmate.tokenizers import grid_table as table
from bandmate.tokenizers.grid_table import MAX_STEPS, STEPS_PER_QUARTER

TICKS_PER_QUARTER = 480
TICKS_PER_STEP = TICKS_PER_QUARTER // STEPS_PER_QUARTER
_DRUM_STEPS = 6  # a hit has no length of its own; a sixteenth shows well in any editor

CELL_NOTE = np.dtype(
    [
        ("bar", "<i4"),
        ("track", "<i2"),
        ("position", "<i2"),  # steps from the bar line
        ("pitch", "u1"),
        ("duration", "u1"),  # code in DURATIONS
        ("velocity", "u1"),  # code 1..32
        ("micro", "u1"),  # code 1..5
    ]
)
GRID_BAR = np.dtype(
    [("steps", "<i2"), ("numerator", "<i2"), ("denominator", "<i2"), ("section", "<i2"), ("energy", "<i2")]
)


@dataclass(frozen=True, slots=True)
class GridTrack:
    """One track of a piece: its program (or kit), role and the values of its controls (ids, 0 = not known)."""

    program: int
    is_drum: bool
    role: str = ""
    name: str = ""
    controls: tuple[int, int, int] = (0, 0, 0)  # density, register, polyphony


@dataclass(frozen=True, slots=True, eq=False)
class GridPiece:
    """A piece on the grid.

    Attributes:
        tracks: at most MAX_TRACKS.
        bars: GRID_BAR (n,), consecutive; section and energy are value ids, 0 = not known.
        notes: CELL_NOTE, sorted by (bar, track, position, pitch), without duplicates.
        chords: chord codes, two a bar and one beyond the end; int16 (2n + 1,), 0 = not known.
        genre, tags: value ids, 0 or () = not known.
        tempo: quarter notes a minute at the start.
        key: None = not known.
    """

    tracks: tuple[GridTrack, ...]
    bars: NDArray[Any]
    notes: NDArray[Any]
    chords: NDArray[Any]
    genre: int = 0
    tags: tuple[int, ...] = ()
    tempo: float = 120.0
    key: Key | None = None
    level: NDArray[Any] = field(default_factory=lambda: np.zeros((0, 0), np.int16))
    echo: NDArray[Any] = field(default_factory=lambda: np.zeros((0, 0), np.int16))

    def lines(self) -> Iterator[str]:
        """The piece as readable lines, one a row (`bandmate tokens --as grid`)."""
        from bandmate.tokenizers.grid_rows import View, piece_rows, row_text

        for start in range(0, len(self.bars), 32):
            view = View.whole(self, start, min(32, len(self.bars) - start))
            for row in piece_rows(self, view):
                yield row_text(row)


def _bar_table(score: Score) -> tuple[NDArray[Any], NDArray[Any]]:
    """Bars of at most MAX_STEPS, as (start_ticks, length_ticks) and as GRID_BAR rows."""
    ticks_per_step = score.ticks_per_quarter / STEPS_PER_QUARTER
    bars = bar_grid(score)
    limit = int(MAX_STEPS * ticks_per_step)
    pieces = np.maximum(1, -(-bars["length_ticks"] // limit))
    index = np.repeat(np.arange(len(bars)), pieces)
    part = np.arange(len(index)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    start = bars["start_ticks"][index] + part * limit
    length = np.minimum(limit, bars["length_ticks"][index] - part * limit)
    rows = np.zeros(len(index), GRID_BAR)
    rows["steps"] = np.clip(np.rint(length / ticks_per_step), 1, MAX_STEPS)
    rows["numerator"], rows["denominator"] = bars["numerator"][index], bars["denominator"][index]
    span = np.empty(len(index), [("start_ticks", "<i8"), ("length_ticks", "<i8")])
    span["start_ticks"], span["length_ticks"] = start, length
    return span, rows


_LONGEST = int(table.DURATIONS[-1])
_DURATION_CODES = table.duration_code(np.arange(_LONGEST + 1)).astype(np.uint8)  # by steps
_VELOCITY_CODES = (1 + np.maximum(np.arange(256), 1) // table.VELOCITY_STEP).astype(np.uint8)


def _place(score: Score, tracks: Sequence[Track], span: NDArray[Any], bars: NDArray[Any]) -> NDArray[Any]:
    """Every note of some tracks in its cell, sorted, duplicates dropped."""

    def column(name: str) -> NDArray[Any]:
        return np.concatenate([track.notes[name] for track in tracks])

    steps_per_tick = STEPS_PER_QUARTER / score.ticks_per_quarter
    onset, pitch = column("onset_ticks"), column("pitch")
    bar = bar_of(span, onset)
    steps = bars["steps"].astype(np.int64)
    exact = (onset - span["start_ticks"][bar]) * steps_per_tick
    position = np.rint(exact).astype(np.int64)
    over = np.flatnonzero(position >= steps[bar])  # rounds onto the next bar line; after the last bar there is none
    last = over[bar[over] + 1 >= len(bars)]
    late = over[bar[over] + 1 < len(bars)]
    position[last] = steps[bar[last]] - 1
    micro = 3 + np.clip(np.rint((exact - position) * table.MICRO_CODES), -2, 2)
    bar[late] += 1
    position[late] = 0
    track = np.repeat(np.arange(len(tracks)), [len(t.notes) for t in tracks])
    length = np.minimum(np.rint(column("duration_ticks") * steps_per_tick), _LONGEST).astype(np.int64)
    length[np.array([t.is_drum for t in tracks])[track]] = _DRUM_STEPS
    cell = ((bar * len(tracks) + track) * MAX_STEPS + position) * 128 + pitch
    order = np.argsort(cell, kind="stable")
    cell = cell[order]
    order = order[np.append(True, cell[1:] != cell[:-1])]
    notes = np.empty(len(order), CELL_NOTE)
    notes["bar"], notes["track"], notes["position"] = bar[order], track[order], position[order]
    notes["pitch"], notes["duration"] = pitch[order], _DURATION_CODES[length[order]]
    notes["velocity"], notes["micro"] = _VELOCITY_CODES[column("velocity")[order]], micro[order]
    return notes


def _counts(notes: NDArray[Any], tracks: int, bars: int) -> NDArray[np.int64]:
    """Notes of each cell; (tracks, bars)."""
    cell = notes["track"].astype(np.int64) * bars + notes["bar"]
    return np.bincount(cell, minlength=tracks * bars).reshape(tracks, bars)


def _controls(notes: NDArray[Any], count: NDArray[np.int64], bars: NDArray[Any]) -> list[tuple[int, int, int]]:
    """Density, register and polyphony of each track, as value ids."""
    tracks = len(count)
    quarters = bars["steps"] / STEPS_PER_QUARTER
    sounding, total = (count > 0) @ quarters, count.sum(1)
    pitch = np.bincount(notes["track"], notes["pitch"], tracks) / np.maximum(total, 1)
    place = (notes["bar"].astype(np.int64) * tracks + notes["track"]) * MAX_STEPS + notes["position"]
    onsets = np.bincount(notes["track"][np.append(True, np.diff(place) != 0)[: len(notes)]], minlength=tracks)
    density, polyphony = total / np.maximum(sounding, 1e-9), total / np.maximum(onsets, 1)
    columns = [
        table.VALUE_OFFSETS[name] + np.searchsorted(edges, values)
        for name, edges, values in (
            ("density", table.DENSITY_EDGES, density),
            ("register", table.REGISTER_EDGES, pitch),
            ("polyphony", table.POLYPHONY_EDGES, polyphony),
        )
    ]
    return [(int(a), int(b), int(c)) for a, b, c in zip(*columns, strict=True)]


def _levels(count: NDArray[np.int64], bars: NDArray[Any]) -> NDArray[np.int16]:
    """How full each cell is, as value ids; (tracks, bars)."""
    code = table.LEVEL_SOUNDS + 1 + np.searchsorted(table.LEVEL_EDGES, count / (bars["steps"] / STEPS_PER_QUARTER))
    return np.where(count > 0, code, table.LEVEL_EMPTY).astype(np.int16)


def _echoes(notes: NDArray[Any], tracks: int, bars: int) -> NDArray[np.int16]:
    """How each cell repeats an earlier one: the closest form at the nearest lag, else new; 0 for empty cells."""
    cell = notes["track"].astype(np.int64) * bars + notes["bar"]
    full = notes["position"].astype(np.int64) * 128 + notes["pitch"]
    width = MAX_STEPS * 128
    keys = {"pitch": cell * width + full, "rhythm": np.unique(cell * width + notes["position"].astype(np.int64) * 128)}
    echo = np.full(tracks * bars, table.ECHO_NEW, np.int16)
    best = np.zeros(tracks * bars)
    size = {name: np.bincount(key // width, minlength=tracks * bars) for name, key in keys.items()}
    bar = np.arange(tracks * bars) % bars
    for lag_index, lag in enumerate(table.ECHO_LAGS):
        like = {}
        for name, key in keys.items():
            shared = np.isin(key, key + lag * width, assume_unique=True)
            common = np.bincount((key // width)[shared], minlength=tracks * bars) * (bar >= lag)
            before = np.where(bar >= lag, np.roll(size[name], lag), 0)
            like[name] = common / np.maximum(size[name] + before - common, 1)
        forms = (like["pitch"] >= 0.85, like["pitch"] >= 0.5, like["rhythm"] >= 0.85)
        for form_index, (met, worth) in enumerate(zip(forms, (3, 2, 1), strict=True)):
            better = met & (worth > best) & (size["pitch"] > 0)
            echo[better] = table.ECHO_NEW + 1 + lag_index * len(table.ECHO_FORMS) + form_index
            best[better] = worth
    echo[size["pitch"] == 0] = 0
    return echo.reshape(tracks, bars)


def _labelled_bars(bars: NDArray[Any], labels: Mapping[str, Any]) -> NDArray[Any]:
    for label, start, count, energy in labels.get("sections", ()):
        name = label if label in table.SECTIONS else "other"
        bars["section"][start : start + count] = table.value_id("section", name)
        bars["energy"][start : start + count] = table.value_id("energy", int(energy) - 1) if energy else 0
    return bars


def _chord_codes(names: Sequence[Any], bars: int) -> NDArray[np.int16]:
    codes = np.zeros(2 * bars + 1, np.int16)
    memo: dict[Any, int] = {}
    for index, name in enumerate(list(names)[: 2 * bars]):
        if name not in memo:
            memo[name] = table.chord_code(Chord.parse(name) if isinstance(name, str) and name else name or None)
        codes[index] = memo[name]
    return codes


def encode_piece(score: Score, labels: Mapping[str, Any] | None = None, *, echoes: bool = True) -> GridPiece:
    """Put a score on the grid.

    Tracks without notes are dropped; of more than MAX_TRACKS the fullest stay.

    Args:
        score: from either MIDI door, or made.
        labels: what is known: genre, moods, key (name), tempo, sections [(label, start_bar, bars, energy)],
            chords (two a bar; names, Chords or None), roles (one per track of the score).
        echoes: also measure how cells repeat earlier ones; only training needs it.
    """
    labels = labels or {}
    roles = labels.get("roles") or [track.role for track in score.tracks]
    kept = [index for index, track in enumerate(score.tracks) if len(track.notes)]
    kept = sorted(sorted(kept, key=lambda i: -len(score.tracks[i].notes))[: table.MAX_TRACKS])
    tracks = [score.tracks[index] for index in kept]
    span, bars = _bar_table(score)
    bars = _labelled_bars(bars, labels)
    notes = _place(score, tracks, span, bars) if tracks else np.empty(0, CELL_NOTE)
    count = _counts(notes, len(tracks), len(bars))
    controls = _controls(notes, count, bars)
    grid_tracks = tuple(
        GridTrack(t.program, t.is_drum, roles[i] if i < len(roles) else "", t.name, controls[slot])
        for slot, (i, t) in enumerate(zip(kept, tracks, strict=True))
    )
    return GridPiece(
        tracks=grid_tracks,
        bars=bars,
        notes=notes,
        chords=_chord_codes(labels.get("chords", ()), len(bars)),
        genre=table.value_id("genre", labels.get("genre") or ""),
        tags=tuple(filter(None, (table.value_id("tag", mood) for mood in labels.get("moods", ())))),
        tempo=float(labels.get("tempo") or score.bpm),
        key=Key.parse(labels["key"]) if labels.get("key") else None,
        level=_levels(count, bars),
        echo=_echoes(notes, len(tracks), len(bars)) if echoes else np.zeros(count.shape, np.int16),
    )


def _limit_lengths(track: NDArray[Any], onset: NDArray[Any], end: NDArray[Any], pitch: NDArray[Any]) -> NDArray[Any]:
    """Ends cut where the same key of the same track is struck again."""
    order = np.lexsort((onset, pitch, track))
    same = (track[order][1:] == track[order][:-1]) & (pitch[order][1:] == pitch[order][:-1])
    limit = np.where(same, onset[order][1:], np.iinfo(np.int64).max)
    cut = end.copy()
    cut[order[:-1]] = np.minimum(end[order[:-1]], limit)
    return np.maximum(cut, onset + 1)


def decode_piece(piece: GridPiece, *, polyphony: Sequence[int] | None = None) -> Score:
    """Give a piece back as a score; nothing sounds past its last bar line.

    Args:
        piece: from encode_piece or a model.
        polyphony: most notes at once, one a track; a track with 1 has each note end where the next begins.
    """
    notes, bars = piece.notes, piece.bars
    start = np.concatenate([[0], np.cumsum(bars["steps"].astype(np.int64))]) * TICKS_PER_STEP
    micro = (notes["micro"].astype(np.int64) - 3) * TICKS_PER_STEP // table.MICRO_CODES
    onset = np.maximum(0, start[notes["bar"]] + notes["position"].astype(np.int64) * TICKS_PER_STEP + micro)
    onset = np.minimum(onset, start[-1] - 1)
    end = np.minimum(onset + table.DURATIONS[notes["duration"]] * TICKS_PER_STEP, start[-1])
    end = _limit_lengths(notes["track"], onset, end, notes["pitch"])
    velocity = np.clip((notes["velocity"].astype(np.int64) - 1) * table.VELOCITY_STEP + 2, 1, 127)
    channels = _channels(piece.tracks)
    tracks = []
    for index, grid_track in enumerate(piece.tracks):
        mine = notes["track"] == index
        if polyphony is not None and polyphony[index] == 1:
            end[mine] = _one_at_a_time(onset[mine], end[mine])
        made = make_notes(
            onset[mine], end[mine] - onset[mine], notes["pitch"][mine], velocity[mine], channel=channels[index]
        )
        tracks.append(Track(grid_track.name, grid_track.program, grid_track.is_drum, made, role=grid_track.role))
    return Score(
        tracks=tuple(tracks),
        ticks_per_quarter=TICKS_PER_QUARTER,
        tempos=make_tempos(piece.tempo),
        meters=_meters(bars, start),
        end_ticks=int(start[-1]),
    )


def _one_at_a_time(onset: NDArray[Any], end: NDArray[Any]) -> NDArray[Any]:
    order = np.argsort(onset, kind="stable")
    cut = end.copy()
    cut[order[:-1]] = np.maximum(onset[order[:-1]] + 1, np.minimum(end[order[:-1]], onset[order[1:]]))
    return cut


def _channels(tracks: Sequence[GridTrack]) -> list[int]:
    free = [channel for channel in range(16) if channel != 9]
    melodic = 0
    channels = []
    for track in tracks:
        channels.append(9 if track.is_drum else free[melodic % len(free)])
        melodic += not track.is_drum
    return channels


def _meters(bars: NDArray[Any], start: NDArray[Any]) -> NDArray[Any]:
    pair = np.stack([bars["numerator"], bars["denominator"]])
    change = np.append(True, (pair[:, 1:] != pair[:, :-1]).any(0))
    rows = [(start[i], bars["numerator"][i], bars["denominator"][i], 0, MADE, 24, 8) for i in np.flatnonzero(change)]
    return np.array(rows, METER)


class GridTokenizer:
    """`grid.v1` behind the registry's door: a Score to a GridPiece and back."""

    name = table.NAME
    encode = staticmethod(encode_piece)
    decode = staticmethod(decode_piece)

    @staticmethod
    def with_tempo(piece: GridPiece, bpm: float) -> GridPiece:
        """The same piece at another tempo."""
        return replace(piece, tempo=bpm)
