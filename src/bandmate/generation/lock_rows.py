"""What was locked on single tracks beside what their notes do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.words_locks import keys_of_voice
from bandmate.groovebook.perform import fullness_of
from bandmate.score.gm import DRUM_NAMES
from bandmate.score.locks import TrackLock, strokes
from bandmate.score.model import Score
from bandmate.score.plan import Plan

_STEPS_A_QUARTER = 24
_NEAR = 0.3  # how far a soft control may be missed and still count as met, as a share

Row = tuple[str, str, str, float, bool]  # demand, asked, got, share, stated


class _Played:
    """The notes of a track on the grid, where they were written and not given."""

    def __init__(self, plan: Plan, notes: NDArray[Any], ticks_per_quarter: int, first: int) -> None:
        self.steps = 96 * plan.meter[0] // plan.meter[1]
        step = np.rint(notes["onset_ticks"] * _STEPS_A_QUARTER / ticks_per_quarter).astype(np.int64)
        step = np.minimum(step, plan.bars * self.steps - 1)
        keep = step >= first * self.steps
        self.bar, self.place = step[keep] // self.steps, step[keep] % self.steps
        self.pitch = notes["pitch"][keep].astype(np.int64)

    def struck(self, bars: tuple[str, ...], mine: NDArray[np.bool_]) -> float:
        """Share of sounding bars in which notes begin at the strokes of a pattern and nowhere else."""
        fine = [
            set(self.place[mine & (self.bar == bar)].tolist()) == set(strokes(bars, int(bar), self.steps))
            for bar in np.unique(self.bar)
        ]
        return float(np.mean(fine or [True]))


def lock_rows(plan: Plan, score: Score, given: dict[int, int]) -> Iterator[Row]:
    """One row for each thing that is locked on a track beside its range and number of voices.

    Args:
        plan: what binds.
        score: what was written.
        given: tracks that are given -> in how many first bars; these are not measured.
    """
    for index, track in enumerate(score.tracks[: len(plan.tracks)]):
        yield from track_rows(plan, index, track.notes, score.ticks_per_quarter, given.get(index, 0))


def track_rows(plan: Plan, track: int, notes: NDArray[Any], ticks_per_quarter: int, first: int = 0) -> Iterator[Row]:
    """The rows of one track with these notes, measured from bar `first` on; none where nothing is locked or sounds."""
    who = plan.tracks[track]
    if who.lock is not None:
        played = _Played(plan, notes, ticks_per_quarter, first)
        if len(played.bar):
            yield from _rows(plan, who.name, who.lock, played)


def _rows(plan: Plan, name: str, lock: TrackLock, played: _Played) -> Iterator[Row]:
    if lock.pitches:
        inside = np.isin(played.pitch, lock.pitches)
        yield (
            f"pitches of {name}",
            f"{len(lock.pitches)} {'pitch' if len(lock.pitches) == 1 else 'pitches'}",
            f"{inside.mean():.0%} inside",
            float(inside.mean()),
            True,
        )
    if lock.chord_tones:
        part = played.bar * plan.parts + played.place * plan.parts // played.steps
        chords = plan.sounding_chords
        inside = np.array(
            [p % 12 in chords[at].pitch_classes for p, at in zip(played.pitch.tolist(), part, strict=True)]
        )
        yield f"chord tones in {name}", "all", f"{inside.mean():.0%}", float(inside.mean()), True
    if lock.rhythm:
        share = played.struck(lock.rhythm, np.ones(len(played.bar), bool))
        yield f"rhythm of {name}", "|".join(lock.rhythm), f"{share:.0%} of bars", share, True
    for key, bars in lock.voices:
        share = played.struck(bars, np.isin(played.pitch, keys_of_voice(key)))
        yield f"{DRUM_NAMES.get(key, key)} of {name}".lower(), "|".join(bars)[:64], f"{share:.0%} of bars", share, True
    sounding, count = np.unique(played.bar, return_counts=True)
    if lock.least or lock.most is not None:
        fine = (count >= lock.least) & (count <= (lock.most or 10**6))
        asked = f"{lock.least} to {lock.most if lock.most is not None else 'any'} notes a bar"
        yield f"density of {name}", asked, f"{count.min()} to {count.max()}", float(fine.mean()), True
    voices = np.unique(played.bar * played.steps + played.place, return_counts=True)[1]
    if lock.fewest_voices > 1:
        fine = voices >= lock.fewest_voices
        yield f"chords of {name}", f"at least {lock.fewest_voices} notes", f"{voices.min()}", float(fine.mean()), True
    if lock.near_density is not None:
        asked = lock.near_density * fullness_of(plan)[np.minimum(sounding, plan.bars - 1)]
        near = np.abs(count - asked) <= np.maximum(1.0, _NEAR * asked)
        yield f"density of {name}", f"about {lock.near_density:g}", f"{count.mean():.1f}", float(near.mean()), False
    if lock.near_voices is not None:
        near = np.abs(voices.mean() - lock.near_voices) <= max(0.5, _NEAR * lock.near_voices)
        yield f"voices of {name}", f"about {lock.near_voices:g}", f"{voices.mean():.1f}", float(near), False
    if lock.near_low is not None and lock.near_high is not None:
        near = (played.pitch >= lock.near_low) & (played.pitch <= lock.near_high)
        asked = f"about {lock.near_low}-{lock.near_high}"
        yield f"place of {name}", asked, f"{played.pitch.min()}-{played.pitch.max()}", float(near.mean()), False
