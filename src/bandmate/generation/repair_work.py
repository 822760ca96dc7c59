"""The score under repair: its notes by track, what may be touched, and what may stand where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.groovebook.play import play
from bandmate.groovebook.stage import Stage
from bandmate.score.model import Score, make_notes
from bandmate.score.plan import Plan

EARLY = 30  # ticks: a note that begins no more than this (a 64th) before a line belongs to it, since players hurry


@lru_cache(maxsize=2)
def _played(plan: Plan) -> tuple[NDArray[Any], ...]:
    # All candidates of a take have one plan; plans are the same only if they are one object.
    return tuple(track.notes for track in play(plan, plan.seed).tracks)


@dataclass(slots=False, eq=False)
class Work:
    """One score under repair.

    Attributes:
        plan: what it was written by.
        score: as it was written, on 480 ticks a quarter.
        given: tracks that are not to be touched.
        notes: of each track, as they are now; arrays are replaced, never written to.
        count: how many notes each repair has touched.
    """

    plan: Plan
    score: Score
    given: Collection[int] = ()
    notes: list[NDArray[Any]] = field(default_factory=list)
    count: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.notes = [track.notes for track in self.score.tracks]
        self.stage = Stage(self.plan, 0)
        self.bar_ticks = self.stage.grid.bar_ticks
        self.end = self.plan.bars * self.bar_ticks

    @property
    def reference(self) -> tuple[NDArray[Any], ...]:
        """Notes of each track as the rules engine plays the plan."""
        return _played(self.plan)

    def tracks(self, *roles: str) -> list[int]:
        """Pitched tracks of some roles (without roles: all) that sound and may be touched."""
        found = [index for index, who in enumerate(self.plan.tracks) if not who.is_drum and self._open(index)]
        return [index for index in found if not roles or self.plan.tracks[index].role in roles]

    @property
    def kits(self) -> list[int]:
        """Drum kits that sound and may be touched."""
        found = [index for index, who in enumerate(self.plan.tracks) if who.is_drum and who.role == "drums"]
        return [index for index in found if self._open(index)]

    def _open(self, track: int) -> bool:
        return track not in self.given and len(self.notes[track]) > 0

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

    def set_pitch(self, name: str, track: int, at: int, pitch: int) -> None:
        """Give a note another pitch."""
        notes = self.notes[track].copy()
        notes["pitch"][at] = pitch
        self.notes[track] = notes
        self.count[name] += 1

    def drop(self, name: str, track: int, gone: NDArray[np.bool_]) -> None:
        """Take notes out."""
        if gone.any():
            self.notes[track] = self.notes[track][~gone]
            self.count[name] += int(gone.sum())

    def settle(self, name: str, track: int, notes: NDArray[Any]) -> None:
        """Give a track other notes, if they are others."""
        old = self.notes[track]
        if not np.array_equal(old, notes):
            self.notes[track] = notes
            self.count[name] += max(1, len(old) - len(notes))

    def strike(self, name: str, track: int, ticks: int, key: int, velocity: int) -> None:
        """Add a drum stroke."""
        notes = self.notes[track]
        new = make_notes([ticks], [60], [key], [velocity], channel=int(notes["channel"][0]))
        notes = np.concatenate([notes, new])
        self.notes[track] = notes[np.lexsort((notes["pitch"], notes["onset_ticks"]))]
        self.count[name] += 1

    def bar_of(self, notes: NDArray[Any]) -> NDArray[np.int64]:
        """The bar each note belongs to."""
        return np.minimum((notes["onset_ticks"] + EARLY) // self.bar_ticks, self.plan.bars - 1)
