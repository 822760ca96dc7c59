"""Repair: small named corrections of a written score, each only where the plan allows it.

The model writes cell by cell and cannot hear the whole; a producer would mend these few things without asking. What is
given is not touched. Whatever a plan locks (key, chords, ranges, voices, drums that must not sound) holds afterwards
as before: a note moves only to a pitch that is allowed where it stands, else it stays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from bandmate.generation.repair_drums import doubles, downbeat, hands
from bandmate.generation.repair_ending import ending
from bandmate.generation.repair_pitches import bass_root, melody_rub
from bandmate.generation.repair_work import Work
from bandmate.score.model import Score
from bandmate.score.plan import Plan


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair: what take.json calls it, what it does to the score under repair."""

    name: str
    mend: Callable[[Work], None]


# In this order: what strikes is settled before hands and doubles are counted.
REPAIRS: tuple[Repair, ...] = (
    Repair("bass root", bass_root),
    Repair("melody rub", melody_rub),
    Repair("downbeat", downbeat),
    Repair("ending", ending),
    Repair("two hands", hands),
    Repair("double", doubles),
)


def repair(score: Score, plan: Plan, given: Collection[int] = ()) -> tuple[Score, dict[str, int]]:
    """Mend a score.

    Args:
        score: as written and dressed, one track a planned track.
        plan: what it was written by.
        given: tracks that stay as they are.

    Returns:
        The score, and how many notes each repair touched, those that touched none left out.
    """
    work = Work(plan, score, given)
    for each in REPAIRS:
        each.mend(work)
    tracks = tuple(replace(track, notes=notes) for track, notes in zip(score.tracks, work.notes, strict=True))
    return replace(score, tracks=tracks), {
        each.name: work.count[each.name] for each in REPAIRS if work.count[each.name]
    }
