"""OriginIndex: from which piece a run of notes comes, in any key and at any tempo.

A *run* is a row of notes with the same semitone steps and the same classes of ratios between gaps of onsets, in the
top line of one pitched track (see `library.fingerprint`). Every eight neighbouring notes of every line of the catalog
are one hash, and the hashes are kept in the order of the notes: a hash finds the places, its neighbours tell how far
the run goes on. Runs of fewer than eight notes are not looked for; runs of fewer than MIN_INTERVALS different steps
(scales in one step, repeated notes, trills) do not count.

What is everybody's. Eight notes found in COMMON_WORKS or more works begin no run. They may lie inside one: a run counts
if at least eight of its notes in a row are found in fewer works.

Source: seed and extend after Altschul and others 1990 (BLAST); the rules are ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.library.fingerprint import Line, melodic_lines, mixed, shingle, shingle_of, symbols
from bandmate.library.runs import BREAK, MIN_INTERVALS, CodedLines, bars_of
from bandmate.score.model import Score

RUN_NOTES = 8
WINDOW = RUN_NOTES - 2  # symbols of so many notes
COMMON_WORKS = 8
HASH_BYTES = 5
_KEPT_BITS = np.uint64(64 - 8 * HASH_BYTES)
NO_RUN = -1  # at ends of lines and around long rests

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a catalog: its name and file, the work it belongs to, source, licence and credit."""

    name: str
    file: str
    work: str
    source: str = ""
    licence: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True)
class SharedRun:
    """A run of notes that a score shares with a piece of a catalog; bars and tracks count from 0.

    Attributes:
        notes: its length.
        track, first_bar, last_bar: where it lies in the score that was asked about.
        first_note: of the track's top line.
        piece: where it comes from; piece_track, piece_bar: where it starts there.
        works: how many works of the catalog hold all of it.
    """

    notes: int
    track: int
    first_bar: int
    last_bar: int
    first_note: int
    piece: Piece
    piece_track: int
    piece_bar: int
    works: int


def window_hashes(codes: NDArray[Any]) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """A hash of each WINDOW neighbouring symbols, and whether it counts: no window goes over a break.

    Args:
        codes: symbols with breaks, as `library.runs.coded_lines` gives them; (n,).

    Returns:
        Two arrays of n - WINDOW + 1 entries, of none if there are fewer symbols.
    """
    hashed = shingle(codes, WINDOW) >> _KEPT_BITS
    if not len(hashed):
        return hashed, np.zeros(0, bool)
    before = np.append(0, np.cumsum(codes >= BREAK))
    return hashed, before[WINDOW:] == before[:-WINDOW]


def window_hash(codes: Sequence[int]) -> int:
    """The hash of one window, in plain numbers."""
    return shingle_of(codes) >> int(_KEPT_BITS)


def next_hashes(last: Sequence[int], codes: NDArray[Any]) -> NDArray[np.uint64]:
    """The hashes of windows that begin with the same WINDOW - 1 symbols and end with each of some others."""
    total = np.zeros(1, np.uint64)
    for column, code in enumerate(last):
        total = mixed(total ^ np.uint64(code + column + 1))
    return mixed(total ^ (codes.astype(np.uint64) + np.uint64(WINDOW))) >> _KEPT_BITS


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Places of some windows, sorted by window; int (n,) both."""

    ids: Ints
    places: Ints


def _seeds(asked: Ints, found: _Places) -> tuple[Ints, Ints, Ints]:
    """Rows of windows that a line shares with places: first window, place, windows."""
    begin, end = np.searchsorted(found.ids, asked, side="left"), np.searchsorted(found.ids, asked, side="right")
    counts = end - begin
    row = np.repeat(np.arange(len(asked)), counts)
    within = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    place = found.places[np.repeat(begin, counts) + within]
    order = np.lexsort((row, place - row))
    row, place = row[order], place[order]
    begins = np.append(True, (np.diff(row) != 1) | (np.diff(place) != 1)) if len(row) else np.zeros(0, bool)
    at = np.flatnonzero(begins)
    return row[at], place[at], np.diff(np.append(at, len(row)))


def different_intervals(pitch: NDArray[Any]) -> int:
    """How many different semitone steps a row of notes has."""
    return len(np.unique(np.diff(pitch)))


class OriginIndex:
    """The runs of a catalog.

    Args:
        hashes: of all different windows; uint64 (u,).
        ids: which window begins at each place, NO_RUN = none; int32 (n,). A line's places follow each other.
        works: in how many works each window is found, at most COMMON_WORKS; uint8 (u,).
        bars: bar in which each place lies; uint16 (n,).
        starts: where each line starts; int64 (lines,). lines: piece and track of each line; int32 (lines, 2).
        pieces: of the catalog. notes: of all lines together.
    """

    def __init__(
        self,
        hashes: NDArray[np.uint64],
        ids: NDArray[Any],
        works: NDArray[np.uint8],
        bars: NDArray[np.uint16],
        starts: Ints,
        lines: NDArray[np.int32],
        pieces: Sequence[Piece],
        notes: int,
    ) -> None:
        self.hashes, self.ids, self.works, self.bars = hashes, ids, works, bars
        self.starts, self.lines, self.pieces, self.notes = starts, lines, tuple(pieces), notes
        self.common = works >= COMMON_WORKS
        self._order = np.argsort(hashes)
        self._sorted = hashes[self._order]
        known: dict[str, int] = {}
        self._work_of = np.array([known.setdefault(piece.work, len(known)) for piece in pieces], np.int64)

    @classmethod
    def of_lines(cls, found: CodedLines, pieces: Sequence[Piece]) -> OriginIndex:
        """Index coded lines; `pieces` are those that they name, in their order."""
        hashed, counts = window_hashes(found.codes)
        ids = np.full(len(found.codes), NO_RUN, np.int32)
        unique, first, back = np.unique(hashed[counts], return_index=True, return_inverse=True)
        rank = np.empty(len(unique), np.int32)
        rank[np.argsort(first)] = np.arange(len(unique))  # windows are numbered as they appear: that packs well
        ids[: len(hashed)][counts] = rank[back.ravel()]
        hashes = np.empty(len(unique), np.uint64)
        hashes[rank] = unique
        line = np.repeat(np.arange(len(found.starts)), np.diff(np.append(found.starts, len(found.codes))))
        known: dict[str, int] = {}
        work_of = np.array([known.setdefault(piece.work, len(known)) for piece in pieces], np.int64)
        at = np.flatnonzero(ids >= 0)
        pairs = np.unique(ids[at].astype(np.int64) * (len(known) + 1) + work_of[found.lines[line[at], 0]])
        works = np.bincount(pairs // (len(known) + 1), minlength=len(unique)) if len(pairs) else np.zeros(0)
        notes = len(found.codes) + len(found.starts)
        return cls(hashes, ids, np.minimum(works, COMMON_WORKS).astype(np.uint8), found.bars, found.starts,
                   found.lines, pieces, notes)  # fmt: skip

    def __len__(self) -> int:
        return len(self.pieces)

    @cached_property
    def _postings(self) -> tuple[Ints, Ints]:
        """All places sorted by window, and where the places of each window begin."""
        places = np.argsort(self.ids, kind="stable")
        counts = np.bincount(self.ids[self.ids >= 0], minlength=len(self.hashes))
        return places, np.append(0, np.cumsum(counts)) + np.count_nonzero(self.ids < 0)

    def window_ids(self, hashes: NDArray[np.uint64]) -> Ints:
        """Which windows of the catalog some hashes are, NO_RUN = none of them."""
        if not len(self._sorted):
            return np.full(len(hashes), NO_RUN, np.int64)
        at = np.minimum(np.searchsorted(self._sorted, hashes), len(self._sorted) - 1)
        return np.where(self._sorted[at] == hashes, self._order[at], NO_RUN)

    def window_id(self, hashed: int) -> int:
        """Which window of the catalog a hash is, NO_RUN = none of them."""
        at = int(np.searchsorted(self._sorted, np.uint64(hashed)))
        return int(self._order[at]) if at < len(self._sorted) and self._sorted[at] == hashed else NO_RUN

    def places_of(self, window: int) -> Ints:
        """Where a window of the catalog begins."""
        places, begins = self._postings
        return places[begins[window] : begins[window + 1]]

    def shared_runs(self, score: Score, *, common: bool = False) -> list[SharedRun]:
        """The runs that a score shares with the catalog, none inside another, longest first.

        Args:
            score: any score.
            common: count what is everybody's, too.
        """
        lines = melodic_lines(score)
        asked = [self._asked(line) for line in lines]
        places = self._places_of_all(np.unique(np.concatenate([np.zeros(0, np.int64), *asked])), common)
        found: list[SharedRun] = []
        for line, windows in zip(lines, asked, strict=True):
            bars = bars_of(score, line)
            for first, count, place, works in self._runs(windows, places):
                end = first + count + RUN_NOTES - 1
                if different_intervals(line.pitch[first:end]) < MIN_INTERVALS:
                    continue
                row = int(np.searchsorted(self.starts, place, side="right")) - 1
                piece, track = (int(value) for value in self.lines[row])
                found.append(SharedRun(
                    end - first, line.track, int(bars[first]), int(bars[end - 1]), first,
                    self.pieces[piece], track, int(self.bars[place]), works,
                ))  # fmt: skip
        return sorted(found, key=lambda run: (-run.notes, run.track, run.first_bar, run.first_note))

    def _asked(self, line: Line) -> Ints:
        codes, broken = symbols(line)
        hashed, counts = window_hashes(np.where(broken, BREAK, codes))
        return np.where(counts, self.window_ids(hashed), NO_RUN)

    def _places_of_all(self, windows: Ints, common: bool) -> _Places:
        """The places of those of some windows that may begin a run, of common ones only where they count."""
        chosen = np.zeros(len(self.hashes) + 1, bool)  # subtle: the last entry stands for NO_RUN
        chosen[windows[windows >= 0]] = True
        chosen[:-1] &= common | ~self.common
        places = np.flatnonzero(chosen[self.ids])
        ids = self.ids[places]
        order = np.argsort(ids, kind="stable")
        return _Places(ids[order], places[order])

    def _runs(self, asked: Ints, places: _Places) -> Iterator[tuple[int, int, int, int]]:
        """First window, windows, place and works of each run of a line that lies in no other."""
        start, place, length = self._extended(asked, *_seeds(asked, places))
        if not len(start):
            return
        order = np.lexsort((place, -length, start))
        start, place, length = start[order], place[order], length[order]
        reach = np.maximum.accumulate(start + length)
        outer = np.append(True, (start + length)[1:] > reach[:-1])
        row = np.searchsorted(self.starts, place, side="right") - 1
        work = self._work_of[self.lines[row, 0]]
        for index in np.flatnonzero(outer):
            first, windows = int(start[index]), int(length[index])
            holding = (start <= first) & (start + length >= first + windows)
            yield first, windows, int(place[index]), len(np.unique(work[holding]))

    def _extended(self, asked: Ints, start: Ints, place: Ints, length: Ints) -> tuple[Ints, Ints, Ints]:
        """The same runs with the common windows on both their sides."""
        start, place, length = start.copy(), place.copy(), length.copy()
        for side in (-1, 1):
            alive = np.arange(len(start))
            while len(alive):
                row = start[alive] - 1 if side < 0 else start[alive] + length[alive]
                other = place[alive] - 1 if side < 0 else place[alive] + length[alive]
                inside = (row >= 0) & (row < len(asked)) & (other >= 0) & (other < len(self.ids))
                alive, row, other = alive[inside], row[inside], other[inside]
                same = (asked[row] >= 0) & (asked[row] == self.ids[other])
                alive = alive[same]
                length[alive] += 1
                if side < 0:
                    start[alive] -= 1
                    place[alive] -= 1
        return start, place, length

    # for rules that bind while notes are written

    def goes_on(self, windows: Sequence[int], least: int) -> tuple[NDArray[np.uint64], Ints]:
        """How the catalog goes on after a row of windows.

        Args:
            windows: ids of the windows of a row of notes since the last that the catalog does not hold, oldest first.
            least: how many of the last ones a place of the catalog must share at least.

        Returns:
            Hashes of the windows that follow, where the run with them is not common; and how many of the windows
            each of these places shares; (k,) both.
        """
        places = self.places_of(windows[-1])
        places = places[places + 1 < len(self.ids)]
        follow = self.ids[places + 1]
        places, follow = places[follow >= 0], follow[follow >= 0]
        shared, rare = np.zeros(len(places), np.int64), ~self.common[follow]
        alive = np.arange(len(places))
        for back, window in enumerate(reversed(windows)):
            alive = alive[places[alive] >= back]
            alive = alive[self.ids[places[alive] - back] == window]
            shared[alive] += 1
            rare[alive] |= not self.common[window]
            if not len(alive):
                break
        counts = rare & (shared >= least)
        return self.hashes[follow[counts]], shared[counts]
