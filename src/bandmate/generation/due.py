"""What is due: notes that have to be written in a cell, and the room that the walk keeps for them.

A locked rhythm, a drum pattern, chords of at least so many notes and a least number of notes a bar are promises. The
walk goes from left to right and from low to high, so each is kept by never going past it, and by never spending notes
or places that it still needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.allowed import capacity, musts, notes_due
from bandmate.tokenizers.grid_table import MAX_STEPS

if TYPE_CHECKING:
    from bandmate.generation.task import Task
    from bandmate.generation.walk import Walk


class Due:
    """For each take, what its cell still owes; cells that owe nothing cost nothing."""

    def __init__(self, task: Task, takes: int) -> None:
        self.task = task
        self.owes = task.allowed.bound  # (n,)
        self.any = bool(self.owes.any())
        self.met = np.zeros(takes, np.int64)
        self._memo: dict[
            int, tuple[list[tuple[int, int]], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]
        ] = {}

    def takes(self, cell: NDArray[np.int64], without: NDArray[np.bool_] | None = None) -> list[int]:
        """Which of some takes stand in a cell that owes something."""
        if not self.any:
            return []
        owing = self.owes[cell] if without is None else self.owes[cell] & ~without
        return np.flatnonzero(owing).tolist()

    def enter(self, take: NDArray[np.int64], cell: NDArray[np.int64]) -> None:
        """A cell begins for some takes."""
        self.met[take] = 0

    def meet(
        self, take: NDArray[np.int64], cell: NDArray[np.int64], position: NDArray[np.int64], pitch: NDArray[np.int64]
    ) -> None:
        """Some takes write a note."""
        for index in self.takes(cell):
            who, must = int(take[index]), self._of(int(cell[index]))[0]
            at = int(self.met[who])
            if at < len(must) and must[at][0] == position[index] and must[at][1] in (-1, int(pitch[index])):
                self.met[who] += 1

    def _of(self, cell: int) -> tuple[list[tuple[int, int]], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Of a cell: what has to begin, how many notes fit after and have to begin after each position, its keys."""
        if cell not in self._memo:
            allowed, where = self.task.allowed, self.task.where
            room, due = capacity(allowed, where, cell), notes_due(allowed, cell)
            after = np.append(np.cumsum(room[::-1])[::-1][1:], 0)
            due_after = np.append(np.cumsum(due[::-1])[::-1][1:], 0)
            keys = allowed.keys_at(cell, int(where.steps[cell]))
            keys[room == 0] = False
            self._memo[cell] = musts(allowed, cell), np.stack([room, after]), np.stack([due, due_after]), keys
        return self._memo[cell]

    def _left_here(self, walk: Walk, take: int, position: int) -> int:
        """How many notes have yet to begin at a position, if the next one does."""
        cell = int(walk.cell[take])
        must, (_, after), (due, _), _ = self._of(cell)
        here = int(walk.at_once[take]) if position == walk.position[take] else 0
        named = sum(1 for place, key in must[int(self.met[take]) :] if place == position and key >= 0)
        company = max(int(self.task.allowed.together[cell]), int(due[position])) - here
        floor = 0
        if self.task.allowed.floor[cell]:
            owed, left = self._bounds(walk, take)
            floor = max(owed - int(after[position]), self._strike(cell, owed, left, 0) if here else 0)
        return max(company, named, floor)

    def _bounds(self, walk: Walk, take: int) -> tuple[int, int]:
        """How many notes a cell still has to get, and how many it may get."""
        return int(walk.least[take] - walk.count[take]), int(walk.most[take] - walk.count[take])

    def _follows(self, cell: int, owed: int, left: int) -> bool:
        """Whether chords can follow that bring a cell what it is owed and no more than it may get."""
        least, most = max(1, int(self.task.allowed.together[cell])), int(self.task.allowed.at_once[cell])
        return owed <= 0 or any(max(n * least, owed) <= min(n * most, left) for n in range(1, left // least + 1))

    def _strike(self, cell: int, owed: int, left: int, begun: int) -> int:
        """Notes of the smallest chord, of `begun` or more, after which the rest of what is owed can follow."""
        sizes = range(begun, left + 1)
        return next((n for n in sizes if self._follows(cell, owed - n, left - n)), max(begun, owed))

    def _company(self, walk: Walk, take: int, position: int) -> int:
        """How many notes begin at a position from now on, if one does, so that what is owed then can follow."""
        cell = int(walk.cell[take])
        begun = max(1, self._left_here(walk, take, position))
        return self._strike(cell, *self._bounds(walk, take), begun) if self.task.allowed.floor[cell] else begun

    def waits(self, walk: Walk) -> NDArray[np.bool_]:
        """Takes whose cell may not end yet."""
        waits = np.zeros(len(walk.cell), bool)
        for take in self.takes(np.maximum(walk.cell, 0), walk.done | (walk.cell < 0)):
            position = int(walk.position[take])
            owed = self.met[take] < len(self._of(int(walk.cell[take]))[0])
            waits[take] = owed or (position >= 0 and self._left_here(walk, take, position) > 0)
        return waits

    def narrow(self, walk: Walk, take: int, free: NDArray[np.bool_]) -> None:
        """Take out of the positions of a take those at which it could no longer keep what it owes."""
        cell, position = int(walk.cell[take]), int(walk.position[take])
        must, (room, after), (due, due_after), keys = self._of(cell)
        free &= room > 0
        if position >= 0:
            above = int(keys[position, int(walk.pitch[take]) + 1 :].sum())
            free[position] &= above >= self._company(walk, take, position)
            if self._left_here(walk, take, position) > 0:
                free[np.arange(MAX_STEPS) != position] = False
                return
        left = int(walk.most[take] - walk.count[take])
        next_must = must[int(self.met[take])][0] if self.met[take] < len(must) else MAX_STEPS
        places = np.arange(MAX_STEPS)
        free &= places <= next_must
        company = np.maximum(int(self.task.allowed.together[cell]), due)
        cost = np.where(places == position, 1, company)
        free &= cost + due_after <= left
        if self.task.allowed.floor[cell]:
            owed = int(walk.least[take] - walk.count[take])
            free &= np.where(places == position, 1, room) + after >= owed
            here = np.where(places == position, int(walk.at_once[take]), 0)
            strike = np.array([self._strike(cell, owed, left, n) for n in range(int(cost.max()) + 1)])
            free &= here + strike[cost] <= room

    def narrow_pitches(self, walk: Walk, take: int, position: int, free: NDArray[np.bool_]) -> None:
        """Take out of the pitches of a take at a position those that leave no room above for what is due there."""
        cell = int(walk.cell[take])
        must, _, (_, due_after), keys = self._of(cell)
        free &= keys[position]
        named = [key for place, key in must[int(self.met[take]) :] if place == position and key >= 0]
        here = int(walk.at_once[take]) if position == walk.position[take] else 0
        if named:
            free[named[0] + 1 :] = False
            spare = int(walk.most[take] - walk.count[take] - due_after[position]) - len(named)
            if spare <= 0 or here + len(named) >= int(self.task.allowed.at_once[cell]):
                free[: named[0]] = False
        company = self._company(walk, take, position) - 1
        if company > 0:
            above = np.cumsum(free[::-1])[::-1] - free if not named else None
            if above is not None:
                free &= above >= company
