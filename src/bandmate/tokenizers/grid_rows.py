"""Views of a piece as rows: header, tracks, given cells, the write mark, asked cells.

A View says which bars and tracks are seen, which cells are given, and what of the labels is told. With every cell
asked it composes; later bars asked: continues; one track asked: accompanies; any rectangle: regenerates.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.tokenizers import grid_table as table
from bandmate.tokenizers.grid import CELL_NOTE, GridPiece
from bandmate.tokenizers.grid_table import COLUMN, FIELDS, Kind

_C = COLUMN


@dataclass(frozen=True, slots=True)
class Shown:
    """What of the labels a view tells; hidden parts are code 0.

    `listed` tells of every asked cell how full it is and how it repeats, of empty ones too: the form that a model
    learns to draw cell by cell.
    """

    genre: bool = True
    tags: bool = True
    tempo: bool = True
    key: bool = True
    bars: bool = True
    roles: bool = True
    controls: bool = True
    level: int = 2  # 0 nothing, 1 which cells sound, 2 how densely
    echo: bool = True
    form: bool = True
    chords: bool = True
    listed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A window on a piece.

    Attributes:
        start, bars: the window.
        order: indices of the tracks seen, in the order they are written.
        given: bool (len(order), bars).
        semitones: transposition of everything but drums.
        shown: which labels are told.
    """

    start: int
    bars: int
    order: tuple[int, ...]
    given: NDArray[np.bool_]
    semitones: int = 0
    shown: Shown = field(default_factory=Shown)

    @classmethod
    def whole(cls, piece: GridPiece, start: int = 0, bars: int | None = None) -> View:
        """Everything asked, nothing hidden."""
        count = len(piece.bars) - start if bars is None else bars
        order = tuple(range(len(piece.tracks)))
        return cls(start, count, order, np.zeros((len(order), count), bool))


def _row(kind: Kind, **fields: int) -> NDArray[np.int16]:
    row = np.zeros(len(FIELDS), np.int16)
    row[0] = kind
    for name, value in fields.items():
        row[_C[name]] = value
    return row


def header_rows(piece: GridPiece, view: View) -> list[NDArray[np.int16]]:
    """Rows that say what the piece is: genre, tags, tempo, key, length, meters, tracks."""
    shown = view.shown
    rows = [_row(Kind.START)]
    if shown.genre and piece.genre:
        rows.append(_row(Kind.GENRE, value1=piece.genre))
    if shown.tags:
        rows += [_row(Kind.TAG, value1=tag) for tag in piece.tags]
    if shown.tempo:
        rows.append(_row(Kind.TEMPO, value1=table.tempo_value(piece.tempo)))
    if shown.key and piece.key:
        rows.append(_row(Kind.KEY, value1=table.key_value(piece.key, view.semitones)))
    if shown.bars:
        begins = table.value_id("begins", int(view.start > 0))
        ends = table.value_id("ends", int(view.start + view.bars < len(piece.bars)))
        rows.append(_row(Kind.BARS, value1=table.value_id("bars", view.bars - 1), value2=begins, value3=ends))
    rows += _meter_rows(piece.bars[view.start : view.start + view.bars])
    return rows + [_track_row(piece, view, slot) for slot in range(len(view.order))]


def _meter_rows(bars: NDArray[Any]) -> list[NDArray[np.int16]]:
    rows, last = [], None
    for index, bar in enumerate(bars):
        meter = (int(bar["numerator"]), int(bar["denominator"]))
        if meter != last:
            rows.append(_row(Kind.METER, bar=index + 1, value1=table.meter_value(*meter)))
            last = meter
    return rows[:16]


def _track_row(piece: GridPiece, view: View, slot: int) -> NDArray[np.int16]:
    track = piece.tracks[view.order[slot]]
    density, register, polyphony = track.controls if view.shown.controls else (0, 0, 0)
    return _row(
        Kind.TRACK,
        track=slot + 1,
        program=table.program_code(track.program, track.is_drum),
        value1=table.value_id("role", track.role) if view.shown.roles and track.role else 0,
        value2=density,
        value3=register if not track.is_drum else 0,
        value4=polyphony,
    )


def _cell_rows(piece: GridPiece, view: View) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    """One row a cell, and its place in the sequence; cells that are told to be empty are left out."""
    count, shown = len(view.order), view.shown
    bar = np.tile(np.arange(view.bars), count)
    slot = np.repeat(np.arange(count), view.bars)
    order = np.array(view.order, np.int64)
    at = view.start + bar
    given = view.given[slot, bar]
    level, echo = piece.level[order[slot], at], piece.echo[order[slot], at]
    rows = np.zeros((len(bar), len(FIELDS)), np.int16)
    rows[:, 0] = np.where(given, Kind.GIVEN, Kind.CELL)
    rows[:, _C["track"]], rows[:, _C["bar"]] = slot + 1, bar + 1
    codes = np.array([table.program_code(piece.tracks[i].program, piece.tracks[i].is_drum) for i in order])
    rows[:, _C["program"]] = codes[slot]
    listed = ~given if shown.listed else np.zeros(len(bar), bool)
    if shown.level or shown.listed:
        told = level if shown.level == 2 else np.minimum(level, table.LEVEL_SOUNDS if shown.level else 0)
        rows[:, _C["value1"]] = np.where(listed, level, told)
    if shown.echo or shown.listed:
        lag = np.array([0, *np.repeat(table.ECHO_LAGS, len(table.ECHO_FORMS))])[np.maximum(echo - table.ECHO_NEW, 0)]
        rows[:, _C["value2"]] = np.where(shown.echo | listed, np.where(lag > bar, table.ECHO_NEW, echo), 0)
    if shown.form:
        rows[:, _C["value3"]], rows[:, _C["value4"]] = piece.bars["section"][at], piece.bars["energy"][at]
    if shown.chords:
        for column, offset in (("chord1", 0), ("chord2", 1), ("chord3", 2)):
            rows[:, _C[column]] = table.transpose_chords(piece.chords[2 * at + offset], view.semitones)
    place = (np.where(given, 0, 1) * view.bars + bar) * count + slot
    keep = (level != table.LEVEL_EMPTY) | listed | (shown.level == 0)
    return rows[keep], place[keep]


def _note_rows(piece: GridPiece, view: View) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    slots = np.full(len(piece.tracks), -1)
    slots[list(view.order)] = np.arange(len(view.order))
    low, high = np.searchsorted(piece.notes["bar"], [view.start, view.start + view.bars])
    notes = piece.notes[low:high]
    notes = notes[slots[notes["track"]] >= 0]
    slot, bar = slots[notes["track"]], notes["bar"] - view.start
    drum = np.array([t.is_drum for t in piece.tracks], bool)[notes["track"]]
    codes = np.array([table.program_code(t.program, t.is_drum) for t in piece.tracks])
    rows = np.zeros((len(notes), len(FIELDS)), np.int16)
    rows[:, 0] = Kind.NOTE
    rows[:, _C["track"]], rows[:, _C["bar"]] = slot + 1, bar + 1
    rows[:, _C["program"]] = codes[notes["track"]]
    rows[:, _C["position"]] = notes["position"] + 1
    rows[:, _C["pitch"]] = notes["pitch"] + np.where(drum, 129, 1 + view.semitones)
    for name in ("duration", "velocity", "micro"):
        rows[:, _C[name]] = notes[name]
    place = (np.where(view.given[slot, bar], 0, 1) * view.bars + bar) * len(view.order) + slot
    return rows, place


def piece_rows(piece: GridPiece, view: View) -> NDArray[np.int16]:
    """A view of a piece as the rows a model reads; int16 (n, len(FIELDS))."""
    cells, cell_place = _cell_rows(piece, view)
    notes, note_place = _note_rows(piece, view)
    border = view.bars * len(view.order)  # places below it are given
    order = np.argsort(np.concatenate([cell_place * 2, note_place * 2 + 1]), kind="stable")
    head = np.stack(header_rows(piece, view))
    given = int((cell_place < border).sum() + (note_place < border).sum())
    target = np.empty(len(order), np.int64)
    target[order] = np.arange(len(order))
    target += len(head) + (target >= given)  # the write mark stands between given and asked
    rows = np.zeros((len(head) + len(order) + 2, len(FIELDS)), np.int16)
    rows[: len(head)] = head
    rows[len(head) + given] = _row(Kind.WRITE, value1=table.LEVEL_EMPTY if view.shown.listed else 0)
    rows[-1] = _row(Kind.END)
    rows[target[: len(cells)]] = cells
    rows[target[len(cells) :]] = notes
    return rows


def fits_transposed(piece: GridPiece, view: View) -> bool:
    """Whether a transposition keeps every pitched note inside 0..127."""
    drum = np.array([t.is_drum for t in piece.tracks], bool)[piece.notes["track"]]
    pitch = piece.notes["pitch"][~drum].astype(np.int64) + view.semitones
    return not len(pitch) or (pitch.min() >= 0 and pitch.max() <= 127)


def notes_from_rows(rows: NDArray[np.int16], order: tuple[int, ...], start: int = 0) -> NDArray[Any]:
    """The NOTE rows of a sequence as CELL_NOTE, on the tracks and bars the view named."""
    rows = rows[rows[:, 0] == Kind.NOTE]
    notes = np.empty(len(rows), CELL_NOTE)
    notes["bar"] = rows[:, _C["bar"]] - 1 + start
    notes["track"] = np.array([*order])[rows[:, _C["track"]] - 1]
    notes["position"] = rows[:, _C["position"]] - 1
    notes["pitch"] = (rows[:, _C["pitch"]] - 1) % 128
    for name in ("duration", "velocity", "micro"):
        notes[name] = rows[:, _C[name]]
    return notes[np.lexsort((notes["pitch"], notes["position"], notes["track"], notes["bar"]))]


def with_notes(piece: GridPiece, notes: NDArray[Any]) -> GridPiece:
    """The same piece holding other notes."""
    return replace(piece, notes=notes)


_VALUE_NAMES = ["-"] + [
    f"{name}={entry}".replace(" ", "_") for name, entries in table.VALUES.items() for entry in entries
]


def row_text(row: NDArray[np.int16]) -> str:
    """One row as a readable line: its kind, then its fields that say something."""
    parts = [Kind(int(row[0])).name]
    for name, column in _C.items():
        value = int(row[column])
        if column and value:
            parts.append(_VALUE_NAMES[value] if name.startswith("value") else f"{name}={value}")
    return " ".join(parts)
