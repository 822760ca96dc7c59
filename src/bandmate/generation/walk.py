"""Walk: where each take stands in the grammar of `grid.v1`, and what it may write next.

Cells come in their order, notes inside a cell by position and pitch, and a cell ends when the model says so within its
bounds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.due import Due
from bandmate.generation.no_copy import NoCopy
from bandmate.generation.no_copy_guard import Guard
from bandmate.generation.task import Lock, Task
from bandmate.generation.walk_locks import Locked
from bandmate.tokenizers.grid_table import COLUMN, FIELDS, LEVEL_EMPTY, MAX_STEPS, Kind

_C = COLUMN
_TIRED = 0.8  # logits a melody loses on a pitch with each repeat after the first


def _cells_shape(task: Task) -> tuple[int, int]:
    rows = np.concatenate([task.prompt, task.cells])
    return int(rows[:, _C["track"]].max()) + 1, int(rows[:, _C["bar"]].max()) + 1


class Walk:
    """Where each take stands in the grammar."""

    def __init__(
        self,
        task: Task,
        takes: int,
        rows: int,
        no_copy: NoCopy | None = None,
        warmth: NDArray[np.float32] | None = None,
    ) -> None:
        self.task, self.warmth = task, warmth
        self.guard = None
        if no_copy is not None and task.around is not None:
            self.guard = Guard(no_copy, takes, task.where, task.drum, task.around, task.may_be_empty)
        self.cell = np.full(takes, -1)
        self.position = np.full(takes, -1)
        self.pitch = np.full(takes, -1)
        self.count = np.zeros(takes, np.int64)
        self.at_once = np.zeros(takes, np.int64)
        self.done = np.zeros(takes, bool)
        self.rows = np.zeros((takes, rows, len(FIELDS)), np.int16)
        self.length = np.zeros(takes, np.int64)
        self.total = np.zeros(takes)
        self.draws = np.zeros(takes, np.int64)
        self.locked = Locked(task, takes)
        tracks = int(task.where.track.max()) + 1
        self.last = np.full((takes, tracks), -1)  # the pitch each track wrote last, and how often in a row
        self.run = np.zeros((takes, tracks), np.int64)
        allowed, cells = task.allowed, np.arange(len(task.cells))
        place = allowed.part(cells[:, None], np.arange(MAX_STEPS)[None], task.where.steps)  # (n, MAX_STEPS)
        any_pitch = np.any(allowed.pitch, axis=2)
        self.open = allowed.position & any_pitch[cells[:, None], place]
        top = 127 - np.argmax(allowed.pitch[:, :, ::-1], 2)
        self.highest = np.where(any_pitch, top, -1)  # (n, parts)
        self.due = Due(task, takes)
        self.least, self.most = np.zeros(takes, np.int64), np.zeros(takes, np.int64)
        self.seen = np.zeros((takes, *_cells_shape(task), len(FIELDS)), np.int16)  # rows of cells by track and bar
        given = task.prompt[task.prompt[:, 0] == Kind.GIVEN]
        self.seen[:, given[:, _C["track"]], given[:, _C["bar"]]] = given

    def positions(self) -> NDArray[np.bool_]:
        """Positions each take may write next; (takes, MAX_STEPS)."""
        cell = np.maximum(self.cell, 0)
        step = np.arange(MAX_STEPS)[None]
        free = self.open[cell] & (step > self.position[:, None])
        again = (self.position >= 0) & (self.at_once < self.task.allowed.at_once[cell])
        part = self.task.allowed.part(cell, np.maximum(self.position, 0), self.task.where.steps)
        again &= self.pitch < self.highest[cell, part]
        rows = np.flatnonzero(again)
        free[rows, self.position[rows]] = True
        for take in self.due.takes(cell, self.done | (self.cell < 0)):
            self.due.narrow(self, take, free[take])
        if self.guard:
            for take in np.flatnonzero((self.cell >= 0) & ~self.done).tolist():
                at = (int(self.position[take]), int(self.pitch[take]))
                pitch, before = self.task.allowed.pitch[cell[take]], free[take].copy()
                self.guard.positions(take, int(cell[take]), free[take], pitch, at)
                if self.due.owes[cell[take]] and not free[take].any():
                    free[take] = before  # what is locked comes first
        return free

    def pitches(self, take: NDArray[np.int64], position: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Pitches some takes may write at a position; (len(take), 128)."""
        cell = self.cell[take]
        part = self.task.allowed.part(cell, position, self.task.where.steps)
        above = np.arange(128)[None] > np.where(position == self.position[take], self.pitch[take], -1)[:, None]
        free = self.task.allowed.pitch[cell, part] & above
        for index in self.due.takes(cell):
            self.due.narrow_pitches(self, int(take[index]), int(position[index]), free[index])
        if self.guard:
            for index, who in enumerate(take.tolist()):
                self.guard.pitches(who, int(cell[index]), int(position[index]), free[index])
        return free

    def waits(self, may: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Takes, of those that may write on, whose cell may not end since its line would copy with what is behind."""
        waits = np.zeros(len(may), bool)
        for take in np.flatnonzero(may).tolist() if self.guard else ():
            waits[take] = self.guard is not None and self.guard.waits(take, int(self.cell[take]))
        return waits

    def tired(self, take: NDArray[np.int64]) -> NDArray[np.float32]:
        """Logits that melodies lose on the pitch they keep repeating; (len(take), 128)."""
        cell = self.cell[take]
        track = self.task.where.track[cell]
        weary = np.maximum(self.run[take, track] - 1, 0) * self.task.sings[cell] * _TIRED
        same = np.arange(128)[None] == self.last[take, track][:, None]
        return np.where(same, -weary[:, None], 0.0).astype(np.float32)

    def write(self, row: NDArray[np.int16], take: NDArray[np.int64]) -> None:
        """Append rows to some takes."""
        self.rows[take, self.length[take]] = row
        self.length[take] += 1

    def leave_cell(self, take: NDArray[np.int64]) -> NDArray[np.int64]:
        """Some takes leave their cell, the piece of some ends; the takes for which another cell begins."""
        if self.guard:
            for who in take[self.cell[take] >= 0].tolist():
                self.guard.leave(who, int(self.cell[who]))
        self.cell[take] += 1
        ended = self.cell[take] >= len(self.task.cells)
        self.done[take[ended]] = True
        self.cell[take[ended]] = len(self.task.cells) - 1
        self.position[take] = self.pitch[take] = -1
        self.count[take] = self.at_once[take] = 0
        return take[~ended]

    def enter_cell(self, take: NDArray[np.int64], rows: NDArray[np.int16], locks: Sequence[Lock | None]) -> None:
        """A cell begins for some takes; `rows` are its rows, which may say that it stays empty."""
        cell, allowed = self.cell[take], self.task.allowed
        empty = self.task.listed & (rows[:, _C["value1"]] == LEVEL_EMPTY)
        self.most[take] = np.where(empty, 0, allowed.most[cell])
        self.least[take] = np.where(empty, 0, np.maximum(allowed.least[cell], int(self.task.listed)))
        self.write(rows, take)
        self.seen[take, rows[:, _C["track"]], rows[:, _C["bar"]]] = rows
        self.locked.enter(
            take, cell, [None if owes else lock for owes, lock in zip(self.due.owes[cell], locks, strict=True)]
        )
        self.due.enter(take, cell)
        if self.guard:
            for who, where in zip(take.tolist(), cell.tolist(), strict=True):
                self.guard.enter(who, where)

    def past(self, take: NDArray[np.int64], rows: NDArray[np.int16], lags: Sequence[int]) -> NDArray[np.int16]:
        """Rows of the cells so many bars before some cells, on their track; 0 = none; (len(take), lags, fields)."""
        track, bar = rows[:, _C["track"]], rows[:, _C["bar"]]
        found = [self.seen[take, track, np.where(bar > lag, bar - lag, 0)] for lag in lags]
        return np.stack(found, 1) if found else np.zeros((len(take), 0, len(FIELDS)), np.int16)

    def note(self, take: NDArray[np.int64], position: NDArray[np.int64], pitch: NDArray[np.int64]) -> None:
        """Some takes write a note."""
        same = position == self.position[take]
        self.due.meet(take, self.cell[take], position, pitch)
        self.at_once[take] = np.where(same, self.at_once[take] + 1, 1)
        self.position[take], self.pitch[take] = position, pitch
        track = self.task.where.track[self.cell[take]]
        self.run[take, track] = np.where(self.last[take, track] == pitch, self.run[take, track] + 1, 1)
        self.last[take, track] = pitch
        self.count[take] += 1
