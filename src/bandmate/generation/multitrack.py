"""Frames filled by the flat multitrack model: batches of takes with cached keys and values, a row a step.

Source: sampling of the Multitrack Music Transformer (Dong et al. 2023) in its instrument-informed mode. Kinds and beats
never go back, every field of a note is drawn on its own. Other than there, only instruments of the frame are drawn, a
piece does not end before its last beat, and one that outgrows the rows of training goes on from its latest notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import MissingExtra, ModelError
from bandmate.generation.filters import FieldFilter, draw
from bandmate.models.checkpoint import Weights, load_weights
from bandmate.score.frame import Filler, Frame
from bandmate.score.model import Score
from bandmate.tokenizers.multitrack import (
    BEAT,
    FIELDS,
    HEADS,
    INSTRUMENT,
    KIND,
    MAX_BEATS,
    NAME,
    Kind,
    decode_into,
    instrument_of,
    prefix,
)  # fmt: skip

WINDOW_ROWS = 1024  # what a model has seen in training
_KEPT_ROWS, _KEPT_BEATS = 512, 128  # of a piece that goes on in another window
_LAST_BEAT = MAX_BEATS - 16  # a window that has come so far is full
_NOTES_A_BEAT = 64  # most; then the next beat is due, so that every piece comes to its end


def _nucleus() -> dict[str, FieldFilter]:
    return {name: FieldFilter(1.0, 0, 0.95) for name in HEADS}


@dataclass(frozen=True, slots=True)
class FlatOptions:
    """How rows are drawn.

    Attributes:
        filters: of each field.
        batch: takes at once.
        threads: of torch.
    """

    filters: dict[str, FieldFilter] = field(default_factory=_nucleus)
    batch: int = 16
    threads: int = 1

    @classmethod
    def published(cls) -> FlatOptions:
        """The filters of the paper's code: the likeliest tenth of each field's codes, which makes the kind greedy."""
        return cls({name: FieldFilter(1.0, ceil(0.1 * codes)) for name, codes in FIELDS.items()})


class _Piece:
    """One piece in the making; its dice are its own, so that it does not depend on its neighbours.

    Attributes:
        notes: all rows drawn so far, beats counted from the start.
        window: the rows that are read of it, beats counted from `shift`.
        limit: code of the frame's last beat in this window; a note beyond ends the piece.
    """

    def __init__(self, frame: Frame, dice: np.random.Generator) -> None:
        instruments = [instrument_of(track.program, track.is_drum) for track in frame.tracks]
        self.dice, self.beats, self.done = dice, ceil(frame.quarters), not instruments
        self.head = prefix(instruments)
        self.playing = np.isin(np.arange(FIELDS["instrument"]), self.head[1:-1, INSTRUMENT])
        self.notes: list[NDArray[np.int32]] = []
        self.open_window()

    def open_window(self) -> None:
        """Read the instruments and the latest notes, from now on."""
        latest = np.array(self.notes[-(_KEPT_ROWS - len(self.head)) :], np.int32).reshape(-1, len(FIELDS))
        latest = latest[latest[:, BEAT] > latest[-1:, BEAT] - _KEPT_BEATS]
        self.shift = int(latest[0, BEAT]) - 1 if len(latest) else 0
        latest = latest - self.shift * np.eye(len(FIELDS), dtype=np.int32)[BEAT]
        self.window = np.concatenate([self.head, latest])
        self.rows, self.limit = len(self.window), self.beats - self.shift
        self.beat = max(1, int(self.window[-1, BEAT]))
        self.crowd = int((latest[:, BEAT] == self.beat).sum())

    @property
    def full(self) -> bool:
        """Whether the window holds no further row."""
        return self.rows >= WINDOW_ROWS or self.beat >= _LAST_BEAT

    def take(self, row: NDArray[np.int32]) -> None:
        """Append a drawn row, or end by it."""
        if row[KIND] == Kind.END or row[BEAT] > self.limit:
            self.done = True
            return
        self.crowd = self.crowd + 1 if row[BEAT] == self.beat else 1
        self.beat, self.rows = int(row[BEAT]), self.rows + 1
        self.notes.append(row.copy())
        self.notes[-1][BEAT] += self.shift


def _allowed(pieces: Sequence[_Piece]) -> dict[str, NDArray[np.bool_]]:
    """Codes of every field that may come next; each (pieces, codes)."""
    found = {name: np.broadcast_to(np.arange(n) > 0, (len(pieces), n)) for name, n in FIELDS.items()}
    low = np.array([[piece.beat + (piece.crowd >= _NOTES_A_BEAT)] for piece in pieces])
    limit = np.array([[piece.limit] for piece in pieces])
    code = np.arange(FIELDS["beat"])[None]
    # subtle: the beat after the frame may be drawn too; the piece would go on there, and so it is cut
    found["beat"] = (code >= low) & (code <= limit + 1)
    found["instrument"] = np.stack([piece.playing for piece in pieces])
    kind = np.arange(len(Kind))[None]
    found["kind"] = (kind == Kind.NOTE) | ((kind == Kind.END) & (low >= limit))
    return found


def _draw_rows(
    logits: dict[str, NDArray[np.float32]], pieces: Sequence[_Piece], filters: dict[str, FieldFilter]
) -> NDArray[np.int32]:
    """The next row of every piece, each field on its own."""
    allowed = _allowed(pieces)
    uniform = np.stack([piece.dice.random(len(HEADS)) for piece in pieces])
    columns = [draw(logits[name], allowed[name], uniform[:, i], filters[name])[0] for i, name in enumerate(HEADS)]
    return np.stack(columns, 1).astype(np.int32)


class _Engine:
    """The model with the keys and values of a batch."""

    def __init__(self, weights: Weights, threads: int) -> None:
        try:
            import torch

            from bandmate.models.multitrack import MultitrackModel
        except ImportError as error:
            raise MissingExtra("learn", "the multitrack model") from error
        self.torch = torch
        torch.set_num_threads(threads)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = MultitrackModel(weights.config).to(self.device).eval()
        self.model.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in weights.tensors.items()})
        self.restart()

    def restart(self) -> None:
        """Forget everything."""
        self.length = 0
        self.caches: list[list[Any]] = [[] for _ in self.model.blocks]

    def keep(self, which: NDArray[np.int64]) -> None:
        """Go on with some of the batch only."""
        index = self.torch.from_numpy(which).to(self.device)
        for cache in self.caches:
            cache[:] = [tensor[index] for tensor in cache]

    def feed(self, rows: NDArray[np.int32]) -> dict[str, NDArray[np.float32]]:
        """Append rows (batch, n, fields); the logits of what comes after the last, each (batch, codes)."""
        with self.torch.inference_mode():
            tensor = self.torch.from_numpy(rows.astype(np.int64)).to(self.device)
            hidden = self.model.trunk(tensor, self.length, self.caches)[:, -1]
            self.length += rows.shape[1]
            return {name: values.float().cpu().numpy() for name, values in self.model.logits(hidden).items()}


def _write_window(engine: _Engine, pieces: list[_Piece], filters: dict[str, FieldFilter]) -> None:
    """Write pieces whose windows are of one length until each is done or its window full."""
    engine.restart()
    logits = engine.feed(np.stack([piece.window for piece in pieces]))
    while True:
        rows = _draw_rows(logits, pieces, filters)
        for piece, row in zip(pieces, rows, strict=True):
            piece.take(row)
        going = np.array([i for i, piece in enumerate(pieces) if not piece.done and not piece.full], np.int64)
        if not len(going):
            return
        if len(going) < len(pieces):
            engine.keep(going)
            pieces, rows = [pieces[i] for i in going], rows[going]
        logits = engine.feed(rows[:, None])


def fill_frames(
    frames: Sequence[Frame], seed: int, weights: Weights, options: FlatOptions | None = None
) -> list[Score]:
    """Fill frames by a multitrack model.

    Args:
        frames: any number; each gets exactly its tracks and bars.
        seed: the same seed gives the same scores on one version and batch size.
        weights: of open_multitrack.
        options: filters, batch and threads.

    Raises:
        MissingExtra: torch is not installed.
    """
    options = options or FlatOptions()
    engine = _Engine(weights, options.threads)
    pieces = [_Piece(frame, np.random.default_rng([seed, index])) for index, frame in enumerate(frames)]
    waiting = [piece for piece in pieces if not piece.done]
    while waiting:
        waiting.sort(key=lambda piece: len(piece.window))  # stable: whoever waits together goes together
        length = len(waiting[0].window)
        group = [piece for piece in waiting if len(piece.window) == length][: options.batch]
        _write_window(engine, group, options.filters)
        for piece in group:
            if not piece.done:
                piece.open_window()
        waiting = [piece for piece in waiting if not piece.done]
    return [
        decode_into(np.array(piece.notes, np.int32).reshape(-1, len(FIELDS)), frame)
        for piece, frame in zip(pieces, frames, strict=True)
    ]


def open_multitrack(path: Path) -> Weights:
    """Read the weights of a multitrack model.

    Raises:
        ModelError: the file is missing, damaged, or of another kind of model.
    """
    weights = load_weights(path)
    if weights.tokenizer != NAME or dict(weights.config.fields) != FIELDS:
        raise ModelError(f"{path}: made for '{weights.tokenizer}', not for this version's {NAME}; train it again")
    return weights


def multitrack_filler(path: Path, options: FlatOptions | None = None) -> Filler:
    """A filler by the weights of a file."""
    weights = open_multitrack(path)
    return lambda frames, seed: fill_frames(frames, seed, weights, options)
