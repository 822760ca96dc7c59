"""The rule that bans copies while notes are drawn: no run that a catalog holds grows longer than it may.

A run (see `library.origins`) of as many notes as are allowed can only grow by a note that the catalog holds after it.
So the rule waits until the top line of a track has come that far, and then masks, for each gap of onsets that is still
free, the pitches with which the catalog goes on. A position at which nothing is left is masked, too, and a cell without
a free position ends. All notes of a chord are treated as its top: the last one is. Where given notes follow, a note is
banned, too, with which the line would grow into a run if it went over into them at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log2

import numpy as np
from numpy.typing import NDArray

from bandmate.library.fingerprint import MAX_GAP_STEPS, MAX_INTERVAL, RATIO_CLASSES, symbol_of
from bandmate.library.origins import NO_RUN, RUN_NOTES, WINDOW, OriginIndex, next_hashes, window_hash, window_hashes
from bandmate.library.runs import BREAK, MIN_INTERVALS

Bools = NDArray[np.bool_]
Note = tuple[int, int]  # onset in steps, pitch
_STEPS = np.arange(-MAX_INTERVAL, MAX_INTERVAL + 1)
_CLASSES = np.arange(-RATIO_CLASSES, RATIO_CLASSES + 1)
PITCHES = np.arange(128)
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

    def copied(self) -> _Line:
        """The same line, to be tried on; without its bans."""
        windows = [each.copy() for each in self.windows]
        return _Line(self.onsets.copy(), self.pitches.copy(), self.symbols.copy(), windows)


@dataclass(frozen=True, slots=True, eq=False)
class _Bans:
    """Steps that are banned, bool (classes of gaps, steps); from which note, and after which gap, they count."""

    steps: Bools
    onset: int
    pitch: int
    gap: int

    def pitches(self) -> Bools:
        """Pitches that are banned for each class of gaps; (classes, 128)."""
        return self.steps[:, np.clip(PITCHES - self.pitch, -MAX_INTERVAL, MAX_INTERVAL) + MAX_INTERVAL]

    def hold(self, onset: int, pitch: int) -> bool:
        """Whether one note is banned."""
        found, counts = self.classes(np.array([onset]))
        return bool(counts[0] and self.pitches()[found[0], pitch])

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
        self._append(self.lines.setdefault(track, self._empty()), onset, pitch)

    def _empty(self) -> _Line:
        return _Line(windows=[[] for _ in self.rule.catalogs])

    def _append(self, line: _Line, onset: int, pitch: int) -> bool:
        """Whether some catalog holds the last eight notes then, or there are no eight."""
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
        return not whole or any(windows[-1] != NO_RUN for windows in line.windows)

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
            line.bans[end] = self._found(line, end, self.rule.notes - RUN_NOTES + 1)
        return line.bans[end]

    def goes_over(self, track: int, behind: Sequence[Note], note: Note | None = None) -> bool:
        """Whether the line of a track would grow into a banned run with notes that follow it.

        Args:
            track: whose line.
            behind: onsets and pitches of the line that is there already behind; runs that lie in it alone do not count.
            note: written before them, None = nothing more is.
        """
        line = self.lines[track].copied() if track in self.lines else self._empty()
        if note is not None:
            self._append(line, *note)
        for count, (onset, pitch) in enumerate(behind, 1):
            if not line.onsets or onset - line.onsets[-1] >= MAX_GAP_STEPS:
                return False
            if len(line) >= self.rule.notes:
                least = max(self.rule.notes, count) - RUN_NOTES + 1  # windows that reach before what is behind
                bans = self._found(line, len(line), least)
                if bans is not None and bans.hold(onset, pitch):
                    return True
            if not self._append(line, onset, pitch) and count >= RUN_NOTES - 1:
                return False  # no run holds both what was written and eight notes that no catalog has
        return False

    def leading_over(self, track: int, behind: Sequence[Note], onset: int, pitches: Sequence[int]) -> list[int]:
        """Which of some pitches, written at an onset, make `goes_over` true."""
        line = self.lines.get(track) or self._empty()
        end = len(line) - (bool(line.onsets) and line.onsets[-1] == onset)
        before = slice(max(0, end - RUN_NOTES + 2), end)
        after = behind[: RUN_NOTES - 1]
        onsets = np.array([*line.onsets[before], onset, *(note[0] for note in after)], np.int64)
        rows = np.empty((len(pitches), len(onsets)), np.int64)  # of each row every eight notes hold the new one
        rows[:] = [*line.pitches[before], 0, *(note[1] for note in after)]
        rows[:, len(line.onsets[before])] = pitches
        if len(onsets) < RUN_NOTES or not len(pitches):
            return []
        hashes, counts = _windows(onsets, rows)
        known = np.zeros(hashes.shape, bool)
        for catalog in self.rule.catalogs:
            known |= (catalog.window_ids(hashes.ravel()) != NO_RUN).reshape(hashes.shape)
        found = np.flatnonzero(np.any(known & counts, axis=1)).tolist()
        return [pitches[row] for row in found if self.goes_over(track, behind, (onset, pitches[row]))]

    def _found(self, line: _Line, end: int, least: int) -> _Bans | None:
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


def _windows(onsets: NDArray[np.int64], rows: NDArray[np.int64]) -> tuple[NDArray[np.uint64], Bools]:
    """Hashes of every eight notes of some rows of pitches over the same onsets, and which hold no long rest."""
    gap = np.diff(onsets)
    ratio = np.clip(np.rint(2 * np.log2(gap[1:] / gap[:-1])), -RATIO_CLASSES, RATIO_CLASSES).astype(np.int64)
    steps = np.clip(np.diff(rows, axis=1), -MAX_INTERVAL, MAX_INTERVAL)
    codes = symbol_of(steps[:, :-1], steps[:, 1:], ratio)
    codes = np.where((gap[1:] >= MAX_GAP_STEPS) | (gap[:-1] >= MAX_GAP_STEPS), BREAK, codes)
    wide = np.concatenate([codes, np.full((len(codes), WINDOW - 1), BREAK)], 1)  # no window goes over two rows
    hashes, counts = window_hashes(np.append(wide, [BREAK] * (WINDOW - 1)))
    shape = (len(rows), wide.shape[1])
    return hashes[: wide.size].reshape(shape), counts[: wide.size].reshape(shape)


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
