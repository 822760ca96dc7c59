"""Repair: small named corrections of a written score, each only where the plan allows it.

The model writes cell by cell and cannot hear the whole; a producer would mend these few things without asking. What is
given is not touched. Each repair finds faults in a track and says how one could be mended. A change is made if the
track has fewer faults for it, those of the repairs further up in the list counting first, and if nothing that was asked
is worse for it (`repair_promises`). Both are read off the score as it stands, and no such row of counts can fall for
ever: so mending comes to an end, and what is mended needs no mending.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np

from bandmate.generation.measures import Notes
from bandmate.generation.repair_drums import doubles, downbeat, hands
from bandmate.generation.repair_ending import ending
from bandmate.generation.repair_pitches import bass_root, chord_rub, melody_rub
from bandmate.generation.repair_promises import Promises
from bandmate.generation.repair_work import Fix, Work
from bandmate.score.model import Score
from bandmate.score.plan import Plan


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair: what take.json calls it, and what it finds in a track, one way to mend it for each fault."""

    name: str
    faults: Callable[[Work, int, Notes], list[Fix]]


# Those whose mending may leave a fault of another come before it; the first two only take notes out.
REPAIRS: tuple[Repair, ...] = (
    Repair("double", doubles),
    Repair("two hands", hands),
    Repair("downbeat", downbeat),
    Repair("ending", ending),
    Repair("bass root", bass_root),
    Repair("melody rub", melody_rub),
    Repair("chord rub", chord_rub),
)
_CLEANING = 2

_Found = tuple[list[Fix], ...]  # of each repair


def repair(score: Score, plan: Plan, given: Collection[int] = ()) -> tuple[Score, dict[str, int]]:
    """Mend a score.

    Args:
        score: as written and dressed, one track a planned track, on 480 ticks a quarter.
        plan: what it was written by.
        given: tracks that stay as they are.

    Returns:
        The score, and how many notes each repair touched, those that touched none left out.
    """
    work = Work(plan, [track.notes for track in score.tracks])
    mending = _Mending(work, Promises(plan, work.notes, given))
    able = [index for index, notes in enumerate(work.notes) if index not in given and len(notes)]
    while sum(map(mending.mend, able)):  # all of them again: one track may give another room in the chords' share
        pass
    tracks = tuple(replace(track, notes=notes) for track, notes in zip(score.tracks, work.notes, strict=True))
    return replace(score, tracks=tracks), {
        each.name: mending.count[each.name] for each in REPAIRS if mending.count[each.name]
    }


class _Mending:
    def __init__(self, work: Work, promises: Promises) -> None:
        self.work, self.promises, self.count = work, promises, Counter[str]()

    def mend(self, track: int) -> bool:
        """Mend one track until nothing is left that may be mended; whether anything was."""
        first = found = self._found(track, self.work.notes[track])
        while (after := self._step(track, found)) is not None:
            found = after
        return found is not first

    def _step(self, track: int, found: _Found) -> _Found | None:
        """Make the first change that may be made; the faults after it, None = there is no such change."""
        before = self.work.notes[track]
        for each, fixes in zip(REPAIRS, found, strict=True):
            for fix in fixes:
                for notes in self._versions(track, fix):
                    after = self._found(track, notes)
                    if _rank(after) < _rank(found) and self.promises.allow(track, notes):
                        self.work.notes[track] = notes
                        self.count[each.name] += _touched(before, notes)
                        return after
        return None

    def _found(self, track: int, notes: Notes) -> _Found:
        return tuple(each.faults(self.work, track, notes) for each in REPAIRS)

    def _versions(self, track: int, fix: Fix) -> Iterator[Notes]:
        """What a fix proposes, each as it is and without the strokes that are too many then."""
        for notes in fix():
            proposed = notes[np.lexsort((notes["pitch"], notes["onset_ticks"]))]
            yield proposed
            cleaned = proposed
            while (more := self._cleaner(track, cleaned)) is not None:
                cleaned = more
            if cleaned is not proposed:
                yield cleaned

    def _cleaner(self, track: int, notes: Notes) -> Notes | None:
        for each in REPAIRS[:_CLEANING]:
            for fix in each.faults(self.work, track, notes):
                return next(fix())
        return None


def _rank(found: _Found) -> tuple[int, ...]:
    return tuple(map(len, found))


def _touched(before: Notes, after: Notes) -> int:
    """How many notes are gone, new or others than before."""
    new = (Counter(after.tolist()) - Counter(before.tolist())).total()
    return max(len(before) - len(after), new)
