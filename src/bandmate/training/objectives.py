"""What is asked of the model: random views of random pieces, as batches of rows.

One objective covers all uses. Which cells are given and which are asked, what of the labels is told, the order of
the tracks and the transposition are drawn anew each time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import LibraryError
from bandmate.tokenizers.grid import GridPiece
from bandmate.tokenizers.grid_rows import Shown, View, fits_transposed, piece_rows
from bandmate.tokenizers.grid_table import MAX_BARS
from bandmate.training.shards import Shard

LEAST_ROWS = 48
_PATIENCE = 200  # draws in vain until any view with music will do, and as many again until none is believed in


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """How views are drawn.

    Attributes:
        rows: most rows of a sequence.
        max_tracks: most tracks seen at once.
        compose, continued, accompany: chances of the tasks; the rest regenerates rectangles.
        hide: chance that a label is not told; hide_level: chances of telling nothing, activity, density.
        bare: chance that nothing is told but tracks, length, meter, perhaps tempo and roles: the model on its own.
        listed: chance that every asked cell is listed with its form, for the model to learn to draw it.
        transpose: whether to move the pitch by -5..6 semitones.
    """

    rows: int = 1024
    max_tracks: int = 8
    compose: float = 0.55
    continued: float = 0.15
    accompany: float = 0.2
    hide: float = 0.25
    hide_level: tuple[float, float, float] = (0.3, 0.35, 0.35)
    bare: float = 0.2
    listed: float = 0.5
    transpose: bool = True


def _shown(rng: np.random.Generator, options: ViewOptions) -> Shown:
    told = rng.random(9) >= options.hide
    level = int(rng.choice(3, p=options.hide_level))
    genre, tags, tempo, key, bars, roles, controls, form, chords = (bool(t) for t in told)
    echo = bool(rng.random() >= 0.4)
    listed = bool(rng.random() < options.listed)
    if rng.random() < options.bare:
        return Shown(False, False, tempo, False, bars, roles, False, 0, False, False, False, listed)
    return Shown(genre, tags, tempo, key, bars, roles, controls, level, echo, form, chords, listed)


def _given(rng: np.random.Generator, options: ViewOptions, tracks: int, bars: int) -> NDArray[np.bool_]:
    given = np.zeros((tracks, bars), bool)
    draw = rng.random()
    if draw < options.compose:
        return given
    if draw < options.compose + options.continued and bars > 1:
        given[:, : int(rng.integers(1, bars))] = True
    elif draw < options.compose + options.continued + options.accompany and tracks > 1:
        kept = rng.permutation(tracks)[: int(rng.integers(1, tracks))]
        given[kept] = True
    else:
        first = int(rng.integers(0, bars))
        last = int(rng.integers(first, bars))
        asked = rng.random(tracks) < 0.6
        asked[int(rng.integers(tracks))] = True
        given[:] = True
        given[asked, first : last + 1] = False
    return given


def _window(rng: np.random.Generator, piece: GridPiece, options: ViewOptions) -> tuple[int, int, tuple[int, ...]]:
    """Start, bars and tracks of a window that fits into the rows."""
    total = len(piece.bars)
    wanted = int(rng.choice([4, 8, 16, 16, 32, 64])) if rng.random() < 0.6 else MAX_BARS
    start = 0 if rng.random() < 0.3 else int(rng.integers(0, max(1, total - min(wanted, 8) + 1)))
    stop = min(total, start + wanted)
    low, high = np.searchsorted(piece.notes["bar"], [start, stop])
    notes = piece.notes[low:high]
    sounding = np.unique(notes["track"])
    order = rng.permutation(sounding)[: options.max_tracks]
    count = np.bincount(notes["bar"][np.isin(notes["track"], order)] - start, minlength=stop - start) + len(order)
    fits = int(np.searchsorted(np.cumsum(count), options.rows - 24 - len(order)))
    return start, min(stop - start, fits), tuple(int(i) for i in order)


def draw_rows(
    rng: np.random.Generator, piece: GridPiece, options: ViewOptions, least: int = LEAST_ROWS
) -> NDArray[np.int16] | None:
    """One random view as rows; None if the draw holds too little music: fewer rows than `least`."""
    start, bars, order = _window(rng, piece, options)
    if bars < 1 or not order:
        return None
    semitones = int(rng.integers(-5, 7)) if options.transpose else 0
    view = View(start, bars, order, _given(rng, options, len(order), bars), semitones, _shown(rng, options))
    if not fits_transposed(piece, view):
        view = View(start, bars, order, view.given, 0, view.shown)
    rows = piece_rows(piece, view)
    return rows if least <= len(rows) <= options.rows + 1 else None


# Draws one sequence of a piece, None if it would hold fewer rows than the number.
Draw = Callable[[np.random.Generator, GridPiece, ViewOptions, int], NDArray[Any] | None]


class Batches:
    """An endless stream of batches, reproducible from its seed and step.

    Each source gets its share of the draws whatever its size; inside a source, longer pieces are drawn more often.

    Raises:
        LibraryError: there is no piece of any source that has a share.
    """

    def __init__(
        self, shard: Shard, shares: dict[str, float], options: ViewOptions, seed: int, draw: Draw = draw_rows
    ) -> None:
        self.shard, self.options, self.seed, self.draw = shard, options, seed, draw
        by_source: dict[str, list[int]] = {}
        for index, origin in enumerate(shard.origins):
            by_source.setdefault(origin.source, []).append(index)
        self.sources = {name: np.array(ids) for name, ids in by_source.items() if shares.get(name, 0.0) > 0}
        if not self.sources:
            raise LibraryError(
                f"no piece of {', '.join(shares) or 'any source'} to train on; add music or other sources"
            )
        weight = np.array([shares[name] for name in self.sources])
        self.share = weight / weight.sum()
        length = np.array([min(600.0, len(piece.bars)) ** 0.5 for piece in shard.pieces])
        self.chance = {name: length[ids] / length[ids].sum() for name, ids in self.sources.items()}

    def rows(self, step: int, count: int) -> list[NDArray[Any]]:
        """The sequences of one step, in draw order.

        Raises:
            LibraryError: no view fits into the rows, as where one bar alone holds more notes.
        """
        rng = np.random.default_rng([self.seed, step])
        names = list(self.sources)
        drawn: list[NDArray[Any]] = []
        vain = 0
        while len(drawn) < count:
            name = names[int(rng.choice(len(names), p=self.share))]
            piece = self.shard.pieces[int(rng.choice(self.sources[name], p=self.chance[name]))]
            rows = self.draw(rng, piece, self.options, LEAST_ROWS if vain < _PATIENCE else 1)
            if rows is not None:
                drawn.append(rows)
            elif (vain := vain + 1) > 2 * _PATIENCE:
                raise LibraryError(
                    f"no view of the pieces fits into {self.options.rows} rows; leave out the densest files"
                )
        return drawn

    def batch(self, step: int, size: int) -> list[NDArray[np.int64]]:
        """One step's rows as padded micro-batches of like length, each at most `size` sequences of full length."""
        drawn = sorted(self.rows(step, 2 * size), key=len)
        groups, group, budget = [], [], size * self.options.rows
        for rows in drawn:
            if group and len(rows) * (len(group) + 1) > budget:
                groups.append(group)
                group = []
            group.append(rows)
        return [pad(group) for group in [*groups, group] if group]


def pad(sequences: list[NDArray[Any]]) -> NDArray[np.int64]:
    """Stack sequences, short ones filled with rows of zeros; int64 (B, T, fields), T - 1 a multiple of 64.

    Few different shapes, since a CPU's matrix library compiles a kernel for each.
    """
    length = 1 + -(-(max(len(rows) for rows in sequences) - 1) // 64) * 64
    out = np.zeros((len(sequences), length, sequences[0].shape[1]), np.int64)
    for index, rows in enumerate(sequences):
        out[index, : len(rows)] = rows
    return out
