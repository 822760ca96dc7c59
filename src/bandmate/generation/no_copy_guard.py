"""The rule that bans copies, over a batch of takes: which positions and pitches are left in the cell each stands in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.allowed import Cells
from bandmate.generation.no_copy import PITCHES, Bools, NoCopy, Note, Watch
from bandmate.score.model import Score
from bandmate.score.selection import Selection
from bandmate.tokenizers.grid_table import STEPS_PER_QUARTER

NEIGHBOUR = np.dtype([("track", "<i8"), ("onset", "<i8"), ("pitch", "<i8")])  # onset in steps from a common end
_FAR = 256  # notes on either side that are looked at: four times as many as the longest run that may be allowed


def neighbours(known: NDArray[Any], where: Cells, ends: NDArray[np.int64]) -> NDArray[Any]:
    """The known notes of a piece that stand around the asked cells.

    Args:
        known: cell notes, by bar and position; those in the asked cells, which locks may take over, do not count.
        where: the asked cells.
        ends: steps from the start of each bar to the end of the piece.
    """
    asked = set(zip(where.track.tolist(), where.bar.tolist(), strict=True))
    around = [place not in asked for place in zip(known["track"].tolist(), known["bar"].tolist(), strict=True)]
    known = known[np.array(around, bool)]
    rows = np.empty(len(known), NEIGHBOUR)
    rows["track"], rows["pitch"] = known["track"], known["pitch"]
    rows["onset"] = known["position"].astype(np.int64) - ends[known["bar"]]
    return rows


def neighbours_in(score: Score, cells: Selection, slot: Mapping[int, int]) -> NDArray[Any]:
    """The notes of a score on both sides of some cells, in steps from their end; `slot` = the number of each track."""
    start, end = cells.span(score)
    per_tick, found = STEPS_PER_QUARTER / score.ticks_per_quarter, [np.zeros(0, NEIGHBOUR)]
    for index in cells.tracks:
        notes = np.sort(score.tracks[index].notes, order=("onset_ticks", "pitch"))
        before, after = notes[notes["onset_ticks"] < start], notes[notes["onset_ticks"] >= end]
        notes = np.concatenate([before[-_FAR:], after[:_FAR]])
        rows = np.empty(len(notes), NEIGHBOUR)
        rows["track"], rows["pitch"] = slot[index], notes["pitch"]
        rows["onset"] = np.rint((notes["onset_ticks"] - end) * per_tick)
        found.append(rows)
    return np.concatenate(found)


def _of_track(around: NDArray[Any], track: int) -> list[Note]:
    """Onsets and pitches of one track, in their order."""
    rows = around[around["track"] == track]
    rows = rows[np.lexsort((rows["pitch"], rows["onset"]))]
    return list(zip(rows["onset"].tolist(), rows["pitch"].tolist(), strict=True))


def _behind(where: Cells, cell: int, lines: Mapping[int, Sequence[Note]], may_rest: Bools) -> tuple[Note, ...]:
    """The given line right behind a cell: none if another asked cell has to sound between."""
    start, end = -int(where.to_end[cell]), int(where.steps[cell] - where.to_end[cell])
    after = dict(note for note in lines.get(int(where.track[cell]), ()) if note[0] >= end)  # the top of each onset
    if not after:
        return ()
    first = min(after)
    mine = np.flatnonzero((where.track == where.track[cell]) & (-where.to_end > start))
    between, beyond = mine[-where.to_end[mine] <= first], mine[-where.to_end[mine] > first]
    if not may_rest[between].all():
        return ()
    limit = int((-where.to_end[beyond]).min()) if len(beyond) else np.inf
    return tuple(note for note in sorted(after.items())[:_FAR] if note[0] < limit)


class Guard:
    """The rule over a batch of takes of one task.

    Args:
        rule: what is banned.
        takes: how many.
        where, drum: of the task's cells.
        around: NEIGHBOUR rows around the asked cells: past of a cell before it, what its line goes over into behind it.
        may_rest: (n,) whether a cell may be left empty.
    """

    def __init__(
        self, rule: NoCopy, takes: int, where: Cells, drum: Bools, around: NDArray[Any], may_rest: Bools
    ) -> None:
        self.where, self.drum = where, drum
        self.watches = [Watch(rule) for _ in range(takes)]
        self.copies = np.zeros(takes, bool)
        lines = {track: _of_track(around, track) for track in np.unique(around["track"]).tolist()}
        self.past = [{track: list(reversed(notes)) for track, notes in lines.items()} for _ in range(takes)]
        self.behind = [_behind(where, cell, lines, may_rest) if not drum[cell] else () for cell in range(len(where))]

    def _onset(self, cell: int, position: Any) -> Any:
        return position - int(self.where.to_end[cell])

    def enter(self, take: int, cell: int) -> None:
        """A take begins a cell: what is known of its track before is its past."""
        track, start = int(self.where.track[cell]), self._onset(cell, 0)
        past = self.past[take].get(track, [])
        while past and past[-1][0] <= start:  # what hurries may share the first step
            self.watches[take].add(track, *past.pop())

    def leave(self, take: int, cell: int) -> None:
        """A take ends a cell, in its way or because it has to."""
        self.copies[take] |= self.waits(take, cell)

    def waits(self, take: int, cell: int) -> bool:
        """Whether a cell may not end as it is, since with what stands behind it there would be a longer run."""
        behind = self.behind[cell]
        return bool(behind) and self.watches[take].goes_over(int(self.where.track[cell]), behind)

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
            above = pitch[min(at[0] * parts // steps, parts - 1)] & (at[1] < PITCHES)
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
        if self.behind[cell]:
            over = self.watches[take].leading_over(
                int(self.where.track[cell]),
                self.behind[cell],
                self._onset(cell, position),
                np.flatnonzero(allowed).tolist(),
            )
            if (allowed & ~np.isin(PITCHES, over)).any():
                allowed &= ~np.isin(PITCHES, over)
