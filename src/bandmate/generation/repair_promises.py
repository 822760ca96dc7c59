"""What a repair may not cost: what the report measures of a score, kept track by track so that one change is cheap.

Every change is held against the notes before it, never against those of the start: so whether a change is made depends
on the score as it stands alone, and what is mended needs no mending.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from bandmate.generation.lock_rows import track_rows
from bandmate.generation.measures import ENOUGH_IN_CHORDS, Notes, comping, in_chord, in_key, most_at_once
from bandmate.score.plan import Plan

EARLY = 30  # ticks: a note that begins no more than this (a 64th) before a line belongs to it, since players hurry
TPQ = 480
_NOTHING = (0, 0)

Part = tuple[int, int]  # of a whole: how much, of how much


@dataclass(frozen=True, slots=True)
class Kept:
    """What one track keeps.

    Attributes:
        bars: in which it sounds.
        shares: each at its best the greater it is: range, notes at once, the end, drums that must not sound, locks.
        key, chords: its notes inside the key, and its time inside the chords, of how much; nothing where not stated.
    """

    bars: frozenset[int]
    shares: tuple[float, ...]
    key: Part
    chords: Part


class Promises:
    """What a score keeps now.

    Args:
        plan: what was asked.
        notes: of each track, on 480 ticks a quarter.
        given: tracks that count from the plan's given bars on, as in the report.
    """

    def __init__(self, plan: Plan, notes: Sequence[Notes], given: Collection[int] = ()) -> None:
        self.plan, self.comping = plan, frozenset(comping(plan))
        self.bar_ticks = TPQ * 4 * plan.meter[0] // plan.meter[1]
        own = int(plan.extra.get("given_bars", plan.bars)) * self.bar_ticks - TPQ // 48
        written = [each[each["onset_ticks"] >= own] if i in given else each for i, each in enumerate(notes)]
        self.kept = [self._of(track, each) for track, each in enumerate(written)]

    def allow(self, track: int, notes: Notes) -> bool:
        """Whether a track may have other notes: if so, they count from now on."""
        old, new = self.kept[track], self._of(track, notes)
        if new.bars != old.bars or any(b < a - 1e-12 for a, b in zip(old.shares, new.shares, strict=True)):
            return False
        if not (self._no_less("key", old.key, new.key, (1, 1)) and self._no_less("chords", old.chords, new.chords,
                                                                                 ENOUGH_IN_CHORDS)):  # fmt: skip
            return False
        self.kept[track] = new
        return True

    def _no_less(self, name: str, old: Part, new: Part, enough: Part) -> bool:
        """Whether the share over all tracks is no less than before, or is enough; whole numbers, so exactly."""
        parts = [getattr(kept, name) for kept in self.kept]
        inside, whole = sum(part[0] for part in parts), sum(part[1] for part in parts)
        now, of = inside - old[0] + new[0], whole - old[1] + new[1]
        return of == 0 or now * enough[1] >= of * enough[0] or (whole > 0 and now * whole >= inside * of)

    def _of(self, track: int, notes: Notes) -> Kept:
        plan, who = self.plan, self.plan.tracks[track]
        bars = frozenset(np.minimum((notes["onset_ticks"] + EARLY) // self.bar_ticks, plan.bars - 1).tolist())
        past = int((notes["onset_ticks"] + notes["duration_ticks"] > plan.bars * self.bar_ticks).sum())
        if who.is_drum:
            shares = [-float(np.isin(notes["pitch"], plan.brief.excluded_drums).sum())]
        else:
            inside = (notes["pitch"] >= who.low) & (notes["pitch"] <= who.high)
            shares = [float(inside.mean()) if len(notes) else 1.0, -float(max(who.polyphony, most_at_once(notes)))]
        shares.append(-float(past))
        if who.lock is not None and len(notes):
            shares += [share for _, _, _, share, stated in track_rows(plan, track, notes, TPQ) if stated]
        key = plan.key_lock and not who.is_drum
        chords = bool(plan.brief.chords) and track in self.comping
        return Kept(bars, tuple(shares), self._in_key(notes) if key else _NOTHING,
                    self._in_chords(notes) if chords else _NOTHING)  # fmt: skip

    def _in_key(self, notes: Notes) -> Part:
        return int(in_key(self.plan, notes, TPQ).sum()), len(notes)

    def _in_chords(self, notes: Notes) -> Part:
        inside = in_chord(self.plan, notes, TPQ)
        return int(notes["duration_ticks"][inside].sum()), int(notes["duration_ticks"].sum())
