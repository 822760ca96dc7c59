"""Locks of a walk: for each take the notes that its cell takes over from an earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.task import Lock, Task
from bandmate.generation.walking_lines import line_of

_CRASHES = (49, 52, 55, 57)


class Locked:
    """For each take, the notes its cell takes over from an earlier one, and how far it has come with them."""

    def __init__(self, task: Task, takes: int) -> None:
        self.task = task
        self.memory: list[dict[tuple[int, int], list[tuple[int, int, int]]]] = [{} for _ in range(takes)]
        for note in task.known:
            self._know(int(note["track"]), note)
        for note in () if task.lines is None else task.lines:
            self._know(line_of(int(note["track"])), note)
        self.notes: list[list[tuple[int, int, int]]] = [[] for _ in range(takes)]
        self.form = [""] * takes

    def _know(self, track: int, note: Any) -> None:
        kept = (int(note["position"]), int(note["pitch"]), int(note["duration"]))
        for memory in self.memory:
            memory.setdefault((track, int(note["bar"])), []).append(kept)

    def enter(self, takes: NDArray[np.int64], cells: NDArray[np.int64], locks: Sequence[Lock | None]) -> None:
        """Some takes begin a cell."""
        where = self.task.where
        for take, cell, lock in zip(takes.tolist(), cells.tolist(), locks, strict=True):
            self.memory[take].setdefault((int(where.track[cell]), int(where.bar[cell])), [])
            source = self.memory[take].get((lock.track, lock.bar), []) if lock else []
            half = int(where.steps[cell]) // 2 if lock is None or lock.until is None else lock.until
            self.form[take] = lock.form if lock and source else ""
            keep = [n for n in source if lock and (lock.form != "varied" or n[0] < half) and self._repeats(cell, n)]
            self.notes[take] = list(reversed(keep))  # subtle: the next note is popped from the end

    def _repeats(self, cell: int, note: tuple[int, int, int]) -> bool:
        """A crash marks the start of a section; it comes again only where the pattern strikes it again."""
        crash = bool(self.task.drum[cell]) and note[1] in _CRASHES
        return not crash or bool(self.task.groove.struck[cell, note[0], note[1]])

    def remember(self, take: int, cell: int, note: tuple[int, int, int]) -> None:
        """A take has written a note."""
        self.memory[take][int(self.task.where.track[cell]), int(self.task.where.bar[cell])].append(note)

    def next(self, take: int, free: NDArray[np.bool_]) -> tuple[int, int, int] | None:
        """The next note a take shall take over; notes that the rules no longer allow are passed over."""
        while self.notes[take] and not free[self.notes[take][-1][0]]:
            self.notes[take].pop()
        return self.notes[take][-1] if self.notes[take] else None

    def more_here(self, take: int) -> int:
        """How many further notes of the lock start where the next one does."""
        notes = self.notes[take]
        return sum(note[0] == notes[-1][0] for note in notes[:-1][-16:])

    def closed(self, take: int) -> bool:
        """Whether the cell ends when its lock does."""
        return self.form[take] in ("same", "rhythm")
