"""The score under repair: what plays, what the plan says of it, and what may stand where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.measures import Notes
from bandmate.generation.repair_promises import EARLY
from bandmate.groovebook.play import play
from bandmate.groovebook.stage import Stage
from bandmate.score.plan import Plan

Fix = Callable[[], Iterator[Notes]]  # notes of the track without one fault, the best way first


@lru_cache(maxsize=2)
def _played(plan: Plan) -> tuple[NDArray[Any], ...]:
    # All candidates of a take have one plan; plans are the same only if they are one object.
    return tuple(track.notes for track in play(plan, plan.seed).tracks)


@dataclass(slots=False, eq=False)
class Work:
    """One score under repair.

    Attributes:
        plan: what it was written by.
        notes: of each track, as they are now, on 480 ticks a quarter; arrays are replaced, never written to.
    """

    plan: Plan
    notes: list[Notes]

    def __post_init__(self) -> None:
        self.stage = Stage(self.plan, 0)
        self.bar_ticks = self.stage.grid.bar_ticks
        self.end = self.plan.bars * self.bar_ticks

    @property
    def reference(self) -> tuple[NDArray[Any], ...]:
        """Notes of each track as the rules engine plays the plan."""
        return _played(self.plan)

    def is_kit(self, track: int) -> bool:
        """Whether a track is a drum kit."""
        return self.plan.tracks[track].is_drum and self.plan.tracks[track].role == "drums"

    def plays(self, track: int, *roles: str) -> bool:
        """Whether a track has pitches, and one of some roles (without roles: any)."""
        who = self.plan.tracks[track]
        return not who.is_drum and (not roles or who.role in roles)

    def fits(self, track: int, pitch: int, ticks: int) -> bool:
        """Whether a track may have a pitch at a place; near a chord change it must suit both sides."""
        who = self.plan.tracks[track]
        if not who.low <= pitch <= who.high:
            return False
        places = {max(0, min(at, self.end - 1)) for at in (ticks, ticks + EARLY)}
        allowed = [self.stage.allowed(at) for at in places]
        return all(each is None or pitch % 12 in each for each in allowed)

    def nearest(self, track: int, near: int, classes: Iterable[int], ticks: int) -> int | None:
        """The pitch of some pitch classes nearest to one, that a track may have at a place; None if there is none."""
        wanted = set(classes)
        found = [p for p in range(128) if p % 12 in wanted and self.fits(track, p, ticks)]
        return min(found, key=lambda p: (abs(p - near), p)) if found else None

    def bar_of(self, notes: Notes) -> NDArray[np.int64]:
        """The bar each note belongs to."""
        return np.minimum((notes["onset_ticks"] + EARLY) // self.bar_ticks, self.plan.bars - 1)


def with_pitch(notes: Notes, at: int, pitch: int) -> Iterator[Notes]:
    """The notes, one of them at another pitch."""
    moved = notes.copy()
    moved["pitch"][at] = pitch
    yield moved
