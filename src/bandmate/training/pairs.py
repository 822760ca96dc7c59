"""Pairs of takes as rows, for preference fine-tuning.

Two takes of the same tracks and bars, such as two edits of one file, are told apart by the cells in which they differ:
these are asked, and the cells that they share are given, so that what nobody touched says nothing. Other takes are
compared whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.tokenizers.grid import GridPiece
from bandmate.tokenizers.grid_rows import Shown, View, piece_rows
from bandmate.tokenizers.grid_table import MAX_BARS, Kind
from bandmate.training.objectives import LEAST_ROWS

ROWS = 1024
_HEAD = 24  # rows of a header, more than enough
_CONTEXT = (8, 4, 0)  # bars before the first that differs, the most that fit
Rows = NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Graded:
    """A take that was marked: its rows, its session, its grade (more is better), and the piece, if edits are told."""

    rows: Rows
    session: str
    grade: int
    piece: GridPiece | None = None


def rows_of(piece: GridPiece) -> Rows | None:
    """A take as one sequence: as many bars from its start as fit, all of them asked; None if it is too short."""
    tracks = tuple(range(len(piece.tracks)))
    bars = _fitting(_rows_a_bar(piece), 0, len(tracks))
    if bars < 1 or not tracks:
        return None
    rows = piece_rows(piece, _view(piece, 0, np.zeros((len(tracks), bars), bool)))
    return rows if len(rows) >= LEAST_ROWS else None


def _view(piece: GridPiece, start: int, given: NDArray[np.bool_]) -> View:
    return View(start, given.shape[1], tuple(range(len(given))), given, 0, Shown(tags=bool(piece.tags)))


def _rows_a_bar(piece: GridPiece) -> NDArray[np.int64]:
    return np.bincount(piece.notes["bar"], minlength=len(piece.bars)) + len(piece.tracks)


def _fitting(rows_a_bar: NDArray[np.int64], start: int, tracks: int) -> int:
    """How many bars from there on make a sequence that is read at once."""
    counts = np.cumsum(rows_a_bar[start:])
    return min(MAX_BARS, int(np.searchsorted(counts, ROWS - _HEAD - tracks)), len(counts))


def alike(one: Graded, two: Graded) -> bool:
    """Whether two takes are the same to a model, so that none can be preferred."""
    return np.array_equal(one.rows, two.rows) and (
        one.piece is None or two.piece is None or np.array_equal(one.piece.notes, two.piece.notes)
    )


def differing_cells(one: GridPiece, two: GridPiece) -> NDArray[np.bool_] | None:
    """Which cells (track, bar) of two takes differ; None if they have not the same tracks and bars."""
    if any(not np.array_equal(one.bars[name], two.bars[name]) for name in ("steps", "numerator", "denominator")):
        return None
    if [(t.program, t.is_drum) for t in one.tracks] != [(t.program, t.is_drum) for t in two.tracks]:
        return None
    cells = np.zeros((len(one.tracks), len(one.bars)), bool)
    changed = np.setxor1d(one.notes, two.notes)
    cells[changed["track"], changed["bar"]] = True
    return cells


def pair_rows(one: Graded, two: Graded) -> tuple[Rows, Rows] | None:
    """Rows of two takes with the cells that they share given; None if they are to be compared whole."""
    if one.piece is None or two.piece is None:
        return None
    cells = differing_cells(one.piece, two.piece)
    if cells is None or cells.all() or not cells.any():
        return None
    first, last = np.flatnonzero(cells.any(0))[[0, -1]].tolist()
    counts = np.maximum(_rows_a_bar(one.piece), _rows_a_bar(two.piece))
    for context in _CONTEXT:
        start = max(0, first - context)
        bars = min(_fitting(counts, start, len(cells)), last + 1 - start)
        given = ~cells[:, start : start + bars]
        if bars > 0 and not given.all():
            return piece_rows(one.piece, _view(one.piece, start, given)), piece_rows(
                two.piece, _view(two.piece, start, given)
            )
    return None


def given_part(rows: Rows) -> Rows:
    """What stands before the rows that are asked, to the mark itself; empty where nothing is given."""
    head = rows[: int(np.argmax(rows[:, 0] == Kind.WRITE)) + 1]
    return head if (head[:, 0] == Kind.GIVEN).any() else head[:0]
