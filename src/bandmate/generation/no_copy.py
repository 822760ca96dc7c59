"""The rule that bans copies while notes are drawn: no run that a catalog holds grows longer than it may.

A run (see `library.origins`) of as many notes as are allowed can only grow by a note that the catalog holds after it.
So the rule waits until the top line of a track has come that far, and then masks, for each gap of onsets that is still
free, the pitches with which the catalog goes on. A position at which nothing is left is masked, too, and a cell without
a free position ends. All notes of a chord are treated as its top: the last one is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.constraints import Cells
from bandmate.library.fingerprint import MAX_GAP_STEPS, MAX_INTERVAL, RATIO_CLASSES, symbol_of
from bandmate.library.origins import NO_RUN, RUN_NOTES, WINDOW, OriginIndex, next_hashes, window_hash
from bandmate.library.runs import MIN_INTERVALS

Bools = NDArray[np.bool_]
_STEPS = np.arange(-MAX_INTERVAL, MAX_INTERVAL + 1)
_CLASSES = np.arange(-RATIO_CLASSES, RATIO_CLASSES + 1)
_PITCHES = np.arange(128)
_BROKEN = -1  # the symbol of notes around a long rest


@dataclass(frozen=True, slots=True)
class NoCopy:
    """What is banned: runs of more than `notes` notes that one of the catalogs holds; at least RUN_NOTES."""

    catalogs: tuple[OriginIndex, ...]
    notes: int


@dataclass(slots=True, eq=False)
class _Line:
    """The top line of a track as far as it is written, with the symbol and the windows that end at each note."""

    onsets: list[int] = field(default_factory=list)
    pitches: list[int] = field(default_factory=list)
    symbols: list[int] = field(default_factory=list)
    windows: list[list[int]] = field(default_factory=list)  # one list a catalog
    bans: dict[int, _Bans | None] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.onsets)


@dataclass(frozen=True, slots=True, eq=False)
class _Bans:
    """Steps that are banned, bool (classes of gaps, steps); from which note, and after which gap, they count."""

    steps: Bools
    onset: int
    pitch: int
    gap: int

    def pitches(self) -> Bools:
        """Pitches that are banned for each class of gaps; (classes, 128)."""
        return self.steps[:, np.clip(_PITCHES - self.pitch, -MAX_INTERVAL, MAX_INTERVAL) + MAX_INTERVAL]

    def classes(self, onsets: NDArray[np.int64]) -> tuple[NDArray[np.int64], Bools]:
        """Classes of the gaps to some later onsets, and which of them do not end the line as a rest."""
        gaps = onsets - self.onset
        octaves = np.log2(np.maximum(gaps, 1) / self.gap)
        found = np.clip(np.rint(2 * octaves), -RATIO_CLASSES, RATIO_CLASSES).astype(np.int64) + RATIO_CLASSES
        return found, (gaps > 0) & (gaps < MAX_GAP_STEPS)


class Watch:
    """The lines of one take, and what the rule bans next in each."""

    def __init__(self, rule: NoCopy) -> None:
        self.rule = rule
        self.lines: dict[int, _Line] = {}

    def add(self, track: int, onset: int, pitch: int) -> None:
        """A note is written; those of a track come by onset, then by pitch; onsets are steps from anywhere."""
        line = self.lines.setdefault(track, _Line(windows=[[] for _ in self.rule.catalogs]))
        line.bans.clear()
        if line.onsets and line.onsets[-1] == onset:
            for values in (line.onsets, line.pitches, line.symbols, *line.windows):
                values.pop()
        line.onsets.append(onset)
        line.pitches.append(pitch)
        line.symbols.append(_symbol(line.onsets[-3:], line.pitches[-3:]))
        last = line.symbols[-WINDOW:]
        whole = len(line) >= RUN_NOTES and _BROKEN not in last
        hashed = window_hash(last) if whole else None
        for catalog, windows in zip(self.rule.catalogs, line.windows, strict=True):
            windows.append(NO_RUN if hashed is None else catalog.window_id(hashed))

    def bans(self, track: int, onset: int | None = None) -> _Bans | None:
        """What a track may not write next, None if it may write everything.

        Args:
            track: whose line.
            onset: None = at a later onset than that of the last note; else at this one, which may be the same: then
                the new note takes the place of the last one.
        """
        line = self.lines.get(track)
        if line is None or len(line) < self.rule.notes:
            return None
        end = len(line) - (line.onsets[-1] == onset)
        if end not in line.bans:
            line.bans[end] = self._found(line, end)
        return line.bans[end]

    def _found(self, line: _Line, end: int) -> _Bans | None:
        least = self.rule.notes - RUN_NOTES + 1
        steps = np.zeros((len(_CLASSES), len(_STEPS)), bool)
        for catalog, windows in zip(self.rule.catalogs, line.windows, strict=True):
            row = _unbroken(windows, end)
            if len(row) < least:
                continue
            hashes, shared = catalog.goes_on(row, least)
            for many in np.unique(shared):
                steps |= _going_on(line, end, hashes[shared == many], int(many))
        if not steps.any():
            return None
        return _Bans(steps, line.onsets[end - 1], line.pitches[end - 1], line.onsets[end - 1] - line.onsets[end - 2])


def _symbol(onsets: Sequence[int], pitches: Sequence[int]) -> int:
    """The symbol of three notes, _BROKEN if there are fewer or a rest lies between them."""
    if len(onsets) < 3:
        return _BROKEN
    first, second = onsets[1] - onsets[0], onsets[2] - onsets[1]
    if max(first, second) >= MAX_GAP_STEPS:
        return _BROKEN
    steps = [max(-MAX_INTERVAL, min(MAX_INTERVAL, b - a)) for a, b in pairwise(pitches)]
    ratio = max(-RATIO_CLASSES, min(RATIO_CLASSES, round(2 * log2(second / first))))
    return int(symbol_of(steps[0], steps[1], ratio))


def _unbroken(windows: Sequence[int], end: int) -> list[int]:
    """The windows up to a note, after the last that the catalog does not hold."""
    begin = end
    while begin and windows[begin - 1] != NO_RUN:
        begin -= 1
    return list(windows[begin:end])


def _going_on(line: _Line, end: int, hashes: NDArray[np.uint64], shared: int) -> Bools:
    """Classes and steps of a next note that make one of some windows of a run that has steps enough to count."""
    kinds = np.unique(np.diff(line.pitches[end - shared - RUN_NOTES + 1 : end]))
    last = line.pitches[end - 1] - line.pitches[end - 2]
    grid = symbol_of(max(-MAX_INTERVAL, min(MAX_INTERVAL, last)), _STEPS[None], _CLASSES[:, None])
    found = np.isin(next_hashes(line.symbols[end - WINDOW + 1 : end], grid), hashes)
    return found & (len(kinds) + ~np.isin(_STEPS, kinds) >= MIN_INTERVALS)[None]


class Guard:
    """The rule over a batch of takes of one task.

    Args:
        rule: what is banned.
        takes: how many.
        where, drum: of the task's cells.
        known: notes that are there already, by bar and position; those before a cell count as its past, and those of
            the cells themselves, which locks may take over, do not.
        ends: steps from the start of each bar to the end of the piece.
    """

    def __init__(
        self, rule: NoCopy, takes: int, where: Cells, drum: Bools, known: NDArray[Any], ends: NDArray[np.int64]
    ) -> None:
        self.where, self.drum = where, drum
        self.watches = [Watch(rule) for _ in range(takes)]
        past: dict[int, list[tuple[int, int, int]]] = {}
        asked = set(zip(where.track.tolist(), where.bar.tolist(), strict=True))
        for note in known[np.lexsort((known["pitch"], known["position"], known["bar"]))]:
            track, bar, position = int(note["track"]), int(note["bar"]), int(note["position"])
            if (track, bar) not in asked:
                past.setdefault(track, []).append((bar, position - int(ends[bar]), int(note["pitch"])))
        self.past = [{track: list(reversed(notes)) for track, notes in past.items()} for _ in range(takes)]

    def _onset(self, cell: int, position: Any) -> Any:
        return position - int(self.where.to_end[cell])

    def enter(self, take: int, cell: int) -> None:
        """A take begins a cell: what is known of its track before is its past."""
        track, bar = int(self.where.track[cell]), int(self.where.bar[cell])
        past = self.past[take].get(track, [])
        while past and past[-1][0] < bar:
            _, onset, pitch = past.pop()
            self.watches[take].add(track, onset, pitch)

    def note(self, take: int, cell: int, position: int, pitch: int) -> None:
        """A take has written a note."""
        if not self.drum[cell]:
            self.watches[take].add(int(self.where.track[cell]), self._onset(cell, position), pitch)

    def positions(self, take: int, cell: int, free: Bools, pitch: Bools, at: tuple[int, int]) -> None:
        """Mask positions at which every pitch is banned.

        Args:
            take: which one.
            cell: the one it stands in.
            free: positions that the take may write next; (MAX_STEPS,), narrowed in place.
            pitch: pitches that are allowed in each part of the bar; (parts, 128).
            at: position and pitch of the last note in the cell, -1 without one.
        """
        if self.drum[cell]:
            return
        parts, steps = len(pitch), int(self.where.steps[cell])
        later = self.watches[take].bans(int(self.where.track[cell]))
        if later is not None:
            left = np.any(pitch[:, None] & ~later.pitches()[None], axis=2)  # (parts, classes)
            where = np.flatnonzero(free)
            where = where[where > at[0]]
            found, counts = later.classes(self._onset(cell, where))
            free[where] = left[np.minimum(where * parts // steps, parts - 1), found] | ~counts
        if at[0] >= 0 and free[at[0]]:
            bans = self._bans(take, cell, at[0])
            above = pitch[min(at[0] * parts // steps, parts - 1)] & (at[1] < _PITCHES)
            free[at[0]] = bool((above & ~bans).any()) if bans is not None else True

    def _bans(self, take: int, cell: int, position: int) -> Bools | None:
        onset = self._onset(cell, position)
        bans = self.watches[take].bans(int(self.where.track[cell]), onset)
        if bans is None:
            return None
        found, counts = bans.classes(np.array([onset]))
        return bans.pitches()[found[0]] if counts[0] else None

    def pitches(self, take: int, cell: int, position: int, allowed: Bools) -> None:
        """Mask pitches that are banned at a position; (128,), narrowed in place.

        Where a lock leaves nothing else, a banned pitch stays: what is locked comes first, and the report tells.
        """
        bans = None if self.drum[cell] else self._bans(take, cell, position)
        if bans is not None and (allowed & ~bans).any():
            allowed &= ~bans
