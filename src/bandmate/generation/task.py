"""Task: what is to be written, as the sampler takes it; and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.allowed import Allowed, Cells
from bandmate.generation.groove import GroovePull


@dataclass(frozen=True, slots=True)
class Lock:
    """What a cell takes over: all notes ("same"), those before a step ("varied"), or the rhythm alone.

    `until` is that step of the bar; None = its half.
    """

    form: str
    track: int
    bar: int
    until: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is to be written.

    Attributes:
        prompt: header, given cells and the write mark as rows; (p, fields).
        cells: one CELL row for each asked cell, in order; (n, fields).
        where: the same cells as indices.
        allowed: what the rules leave of each.
        drum: (n,) whether the cell's pitches are drum keys.
        pull: logits added to pitches by chord and key; (n, parts, 128).
        groove: logits added to onsets and drum keys.
        sings: (n,) whether the cell is part of a melody.
        locks: what each cell takes over from an earlier one of its track.
        known: notes of cells that are there already, the sources of locks; CELL_NOTE.
        walks: (n,) the line that a cell takes over where a bass walks, before any other lock; lines: their notes.
        listed: the form is the model's: it draws of each cell how full it is and how it repeats; `locks` is not used.
        may_rest, must_rest: (n,) with `listed`: whether the cell may be left empty, and whether it has to.
        due: (n,) with `listed`: whether the cell may not be left empty while its track has not sounded yet.
        around: NEIGHBOUR notes around the cells, in steps as `where.to_end` counts them; where copies are banned.
    """

    prompt: NDArray[np.int16]
    cells: NDArray[np.int16]
    where: Cells
    allowed: Allowed
    drum: NDArray[np.bool_]
    pull: NDArray[np.float32]
    groove: GroovePull
    sings: NDArray[np.bool_]
    locks: Sequence[Lock | None]
    known: NDArray[Any]
    listed: bool = False
    may_rest: NDArray[np.bool_] | None = None
    must_rest: NDArray[np.bool_] | None = None
    due: NDArray[np.bool_] | None = None
    around: NDArray[Any] | None = None
    walks: Sequence[Lock | None] = ()
    lines: NDArray[Any] | None = None

    def lock_of(self, cell: int, other: Lock | None) -> Lock | None:
        """What a cell takes over: the line it walks, else another lock."""
        return (self.walks[cell] if len(self.walks) else None) or other

    @property
    def may_be_empty(self) -> NDArray[np.bool_]:
        """(n,) whether a cell may hold no note."""
        if not self.listed:
            return self.allowed.least == 0
        return np.ones(len(self.cells), bool) if self.may_rest is None else self.may_rest

    @property
    def most_rows(self) -> int:
        """Rows a take can have at most."""
        return len(self.prompt) + len(self.cells) + int(self.allowed.most.sum()) + 1


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """One take's rows after the prompt, and the mean log-likelihood of a drawn field under the rules.

    `copies` says that the take runs into given notes with a run that is banned, since nothing else was left to write.
    """

    rows: NDArray[np.int16]
    log_likelihood: float
    copies: bool = False
