"""Music that is there already, beside what is written: into the piece, and out of it note for note."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.score.model import Score
from bandmate.score.plan import Plan
from bandmate.tokenizers import grid_table as table
from bandmate.tokenizers.grid import TICKS_PER_STEP, GridPiece, encode_piece
from bandmate.tokenizers.grid_rows import with_notes


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Music that is there already.

    Attributes:
        score: on the plan's meter and bars.
        tracks: plan track -> track of the score.
        mask: bool (plan tracks, bars): which cells stay as they are.
    """

    score: Score
    tracks: dict[int, int]
    mask: NDArray[np.bool_]


def place_given(plan: Plan, piece: GridPiece, given: Given | None) -> tuple[GridPiece, NDArray[np.bool_]]:
    if given is None:
        return piece, np.zeros((len(plan.tracks), plan.bars), bool)
    source = encode_piece(given.score)
    cut = -(-(96 * plan.meter[0] // plan.meter[1]) // table.MAX_STEPS)  # of a long bar, a cell holds the first part
    kept = [index for index, track in enumerate(given.score.tracks) if len(track.notes)]
    where = {index: slot for slot, index in enumerate(kept)}
    parts = []
    for mine, theirs in given.tracks.items():
        if theirs in where:
            notes = source.notes[source.notes["track"] == where[theirs]]
            notes = notes[notes["bar"] % cut == 0].copy()
            notes["bar"] //= cut
            notes = notes[notes["bar"] < plan.bars]
            notes["track"] = mine
            parts.append(notes[given.mask[mine][notes["bar"]]])
    notes = np.concatenate(parts) if parts else piece.notes
    notes = notes[np.lexsort((notes["pitch"], notes["position"], notes["track"], notes["bar"]))]
    level = piece.level.copy()
    sounds = np.zeros_like(given.mask)
    sounds[notes["track"], notes["bar"]] = True
    level[given.mask] = np.where(sounds[given.mask], table.LEVEL_SOUNDS, table.LEVEL_EMPTY)
    return GridPiece(
        piece.tracks,
        piece.bars,
        notes,
        piece.chords,
        piece.genre,
        piece.tags,
        piece.tempo,
        piece.key,
        level,
        piece.echo,
    ), given.mask


def merge_notes(piece: GridPiece, more: NDArray[Any]) -> GridPiece:
    """A piece with more notes, all in reading order."""
    notes = np.concatenate([piece.notes, more])
    return with_notes(piece, notes[np.lexsort((notes["pitch"], notes["position"], notes["track"], notes["bar"]))])


def verbatim(score: Score, given: Given | None) -> Score:
    """What is given comes back note for note, whatever the grid made of it."""
    if given is None or given.score.ticks_per_quarter != score.ticks_per_quarter:
        return score
    tracks = list(score.tracks)
    bar_ticks = score.end_ticks // given.mask.shape[1]

    def inside(notes: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        step = (notes["onset_ticks"] + TICKS_PER_STEP // 2) // TICKS_PER_STEP * TICKS_PER_STEP
        return mask[np.minimum(step // bar_ticks, len(mask) - 1)]

    for mine, theirs in given.tracks.items():
        mask, there = given.mask[mine], given.score.tracks[theirs].notes
        if mask.all():
            tracks[mine] = replace(tracks[mine], notes=there)
        elif mask.any():
            written = tracks[mine].notes
            notes = np.concatenate([there[inside(there, mask)], written[~inside(written, mask)]])
            tracks[mine] = replace(tracks[mine], notes=notes[np.lexsort((notes["pitch"], notes["onset_ticks"]))])
    return replace(score, tracks=tuple(tracks))
