"""The grid model on its own: frames filled without a plan, form, harmony and groove all drawn by the model.

This is what the model is judged by against people's music; composing (generation/compose) adds the plan of a genre.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import ModelError
from bandmate.generation.allowed import Allowed, Cells
from bandmate.generation.engine import Heads
from bandmate.generation.engine_choice import WriteOptions, make_engine
from bandmate.generation.filters import FieldFilter, SamplingOptions
from bandmate.generation.given import merge_notes
from bandmate.generation.groove import no_pull
from bandmate.generation.no_copy_guard import neighbours
from bandmate.generation.sampler import sample
from bandmate.generation.task import Task
from bandmate.generation.windows import CONTEXT_SHARE, WINDOW_ROWS
from bandmate.models.checkpoint import Weights
from bandmate.score.frame import Frame
from bandmate.score.model import Score
from bandmate.tokenizers import grid_table as table
from bandmate.tokenizers.grid import CELL_NOTE, GRID_BAR, GridPiece, GridTrack, decode_piece
from bandmate.tokenizers.grid_rows import Shown, View, notes_from_rows, piece_rows
from bandmate.tokenizers.grid_table import COLUMN, Kind

_ROWS_A_CELL = 8
_ENTRY_BARS = 4  # a track that rests at first comes in at a line of so many bars
_BARE = Shown(genre=False, tags=False, key=False, controls=False, level=0, echo=False, form=False, chords=False)
_LISTED = replace(_BARE, listed=True)


MOST_AT_ONCE = 16
# Found by benchmarks/tune_sampling.py: at 1.0 the model wanders, with a form below 0.9 it loops; loose touch is better.
_NOTES = FieldFilter(0.97, 0, 0.985)
FREE = SamplingOptions(
    position=_NOTES,
    pitch=FieldFilter(0.93, 0, 0.985),
    duration=_NOTES,
    velocity=FieldFilter(1.05, 0, 0.995),
    micro=FieldFilter(1.15),
    level=FieldFilter(0.93, 0, 0.98),
    echo=FieldFilter(0.95, 0, 0.985),
    drums=0.9,
)


def fill_frames(
    frames: Sequence[Frame],
    seed: int,
    weights: Weights,
    options: WriteOptions | None = None,
    *,
    warmths: Sequence[float] = (1.0,),
) -> list[Score]:
    """Fill frames with music, each on its own; frames that follow each other and are equal share a batch.

    Args:
        frames: tracks, bars, meter and tempo are kept exactly.
        seed: the same seed gives the same scores on one engine.
        weights: of a grid model.
        options: engine, threads and soft filters (None = FREE); harmony, groove and repetition do not pull here.
        warmths: factors on the temperature of all but pitches, dealt to the frames in turn.

    Raises:
        ModelError: a bar of the frame's meter does not fit on the grid.
    """
    options = options or WriteOptions(sampling=FREE)
    filled: list[Score] = []
    for frame, same in groupby(frames):
        left = len(list(same))
        while left:
            count = min(left, MOST_AT_ONCE)
            seeds = [seed * 1_000_003 + len(filled) + number for number in range(count)]
            warmth = [warmths[(len(filled) + number) % len(warmths)] for number in range(count)]
            filled += _fill(frame, seeds, weights, options, np.array(warmth, np.float32))
            left -= count
    return filled


def _empty_piece(frame: Frame) -> GridPiece:
    numerator, denominator = frame.meter
    steps = 4 * table.STEPS_PER_QUARTER * numerator // denominator
    if not 1 <= steps <= table.MAX_STEPS:
        raise ModelError(f"bars of {numerator}/{denominator} do not fit on the grid; take at most 8 quarters a bar")
    bars = np.zeros(frame.bars, GRID_BAR)
    bars["steps"], bars["numerator"], bars["denominator"] = steps, numerator, denominator
    tracks = tuple(GridTrack(track.program, track.is_drum, track.role, track.name) for track in frame.tracks)
    shape = (len(tracks), frame.bars)
    return GridPiece(
        tracks, bars, np.empty(0, CELL_NOTE), np.zeros(2 * frame.bars + 1, np.int16), tempo=frame.tempo,
        level=np.full(shape, table.LEVEL_SOUNDS, np.int16), echo=np.zeros(shape, np.int16),
    )  # fmt: skip


def _windows(frame: Frame) -> list[tuple[int, int, int]]:
    """Windows over the bars as (first bar read, first bar written, end)."""
    fit = max(2, WINDOW_ROWS // (_ROWS_A_CELL * max(1, len(frame.tracks))))
    context = max(1, int(fit * CONTEXT_SHARE))
    found = [(0, 0, min(frame.bars, fit))]
    while found[-1][2] < frame.bars:
        begin = found[-1][2]
        found.append((max(0, begin - context), begin, min(frame.bars, begin + fit - context)))
    return found


def _due(piece: GridPiece, seed: int) -> NDArray[np.bool_]:
    """From which bar on each track may no longer be silent if it has not sounded; bool (tracks, bars).

    The tracks of a frame are those that sound in it, so none may be left out; the line at which one that the model
    would leave out comes in is drawn.
    """
    bars = len(piece.bars)
    lines = np.arange(0, bars, _ENTRY_BARS)
    entry = np.random.default_rng(seed).choice(lines, len(piece.tracks))
    silent = ~np.isin(np.arange(len(piece.tracks)), piece.notes["track"])
    return silent[:, None] & (np.arange(bars)[None] >= entry[:, None])


def _task(piece: GridPiece, window: tuple[int, int, int], listed: bool, seed: int) -> Task:
    start, begin, end = window
    given = np.zeros((len(piece.tracks), end - start), bool)
    given[:, : begin - start] = True
    view = View(start, end - start, tuple(range(len(piece.tracks))), given, 0, _LISTED if listed else _BARE)
    rows = piece_rows(_with_rests(piece), view)
    mark = int(np.flatnonzero(rows[:, 0] == Kind.WRITE)[0])
    cells = rows[mark + 1 :][rows[mark + 1 :, 0] == Kind.CELL].copy()
    cells[:, [COLUMN["value1"], COLUMN["value2"]]] = 0
    track, bar = cells[:, COLUMN["track"]].astype(np.int64) - 1, cells[:, COLUMN["bar"]].astype(np.int64) - 1 + start
    steps = piece.bars["steps"].astype(np.int64)
    where = Cells(track, bar, steps[bar], np.cumsum(steps[::-1])[::-1][bar])
    allowed = Allowed.everything(where)
    allowed.most = np.minimum(allowed.most, np.maximum(1, 12 * where.steps // table.STEPS_PER_QUARTER))
    return Task(
        prompt=rows[: mark + 1], cells=cells, where=where, allowed=allowed,
        drum=np.array([t.is_drum for t in piece.tracks])[track], pull=np.zeros((len(cells), 2, 128), np.float32),
        groove=no_pull(where), sings=np.zeros(len(cells), bool), locks=[None] * len(cells), known=piece.notes,
        listed=listed, due=_due(piece, seed)[track, bar] if listed else None,
        around=neighbours(piece.notes[piece.notes["bar"] >= start], where, np.cumsum(steps[::-1])[::-1]),
    )  # fmt: skip


def _with_rests(piece: GridPiece) -> GridPiece:
    """The piece with what its notes say of each cell, so that given cells are told as they are."""
    level = np.full(piece.level.shape, table.LEVEL_SOUNDS, np.int16)
    written = int(piece.notes["bar"].max()) + 1 if len(piece.notes) else 0
    sounds = np.zeros(level.shape, bool)
    sounds[piece.notes["track"], piece.notes["bar"]] = True
    level[:, :written] = np.where(sounds[:, :written], table.LEVEL_SOUNDS, table.LEVEL_EMPTY)
    return replace(piece, level=level)


def _fill(
    frame: Frame, seeds: list[int], weights: Weights, options: WriteOptions, warmth: NDArray[np.float32]
) -> list[Score]:
    base, heads, order = _empty_piece(frame), Heads(weights), tuple(range(len(frame.tracks)))
    listed = bool(weights.config.form)
    pieces = [base] * len(seeds)
    for number, window in enumerate(_windows(frame)):
        groups = [list(range(len(seeds)))] if number == 0 else [[take] for take in range(len(seeds))]
        for group in groups:
            task = _task(pieces[group[0]], window, listed, seeds[0])
            engine = make_engine(options, weights, len(group), task.most_rows)
            own = [seeds[take] * 64 + number for take in group]
            heat = None if np.all(warmth == 1.0) else warmth[group]
            done = sample(engine, heads, task, own, options.sampling, no_copy=options.no_copy, warmth=heat)
            for take, result in zip(group, done, strict=True):
                pieces[take] = merge_notes(pieces[take], notes_from_rows(result.rows, order, window[0]))
    return [decode_piece(piece) for piece in pieces]
