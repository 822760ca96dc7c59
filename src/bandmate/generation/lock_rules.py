"""The rules of what is locked on single tracks: range, pitches, chord tones, voices, density, rhythm, drum patterns.

They read a plan, or a piece that has none, and narrow the tables of its cells as all rules do (`constraints`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from bandmate.errors import BriefError, RuleConflict
from bandmate.generation.allowed import Allowed, Bools, Cells, blocked, least_notes
from bandmate.generation.words_locks import keys_of_voice
from bandmate.score.locks import TrackLock, strokes
from bandmate.score.pitch import Chord
from bandmate.score.plan import Plan
from bandmate.tokenizers.grid_table import MAX_STEPS


@dataclass(frozen=True, slots=True, eq=False)
class Locked:
    """What the rules of locks read of a piece without a plan: tracks that may carry a `lock`, and two chords a bar."""

    tracks: tuple[Any, ...]
    bars: int
    sounding_chords: tuple[Chord, ...]
    parts: int = 2


def pitch_classes(classes: frozenset[int]) -> Bools:
    """Pitches of some pitch classes; (128,)."""
    return np.isin(np.arange(128) % 12, list(classes))


def chord_tone_lock(plan: Plan | Locked, cells: Cells, allowed: Allowed) -> None:
    """Tracks locked to chord tones sound tones of the chord of their part of the bar."""
    locked = np.array([lock is not None and lock.chord_tones for lock in _locks(plan)])
    if locked.any():
        by_chord(plan, cells, allowed, [pitch_classes(chord.pitch_classes) for chord in plan.sounding_chords], locked)


def by_chord(plan: Plan | Locked, cells: Cells, allowed: Allowed, sets: Sequence[Bools], tracks: Bools) -> None:
    """Leave some tracks in each part of a bar the pitches of its set."""
    table = np.stack(sets).reshape(plan.bars, plan.parts, 128)
    mine = tracks[cells.track]
    allowed.pitch[mine] &= table[cells.bar[mine]]


def _locks(plan: Plan | Locked) -> list[TrackLock | None]:
    return [track.lock for track in plan.tracks]


def range_lock(plan: Plan | Locked, cells: Cells, allowed: Allowed) -> None:
    """Pitches between the two that were locked."""
    for track, lock in enumerate(_locks(plan)):
        if lock is not None and (lock.low is not None or lock.high is not None):
            low, high = lock.low or 0, 127 if lock.high is None else lock.high
            allowed.pitch[cells.track == track] &= (np.arange(128) >= low) & (np.arange(128) <= high)


def pitch_lock(plan: Plan | Locked, cells: Cells, allowed: Allowed) -> None:
    """No pitches but the ones that were locked."""
    for track, lock in enumerate(_locks(plan)):
        if lock is not None and lock.pitches:
            allowed.pitch[cells.track == track] &= np.isin(np.arange(128), lock.pitches)


def polyphony_lock(plan: Plan | Locked, cells: Cells, allowed: Allowed) -> None:
    """So many notes at once as were locked."""
    for track, lock in enumerate(_locks(plan)):
        mine = cells.track == track
        if lock is not None and lock.most_voices is not None:
            allowed.at_once[mine] = np.minimum(allowed.at_once[mine], lock.most_voices)
        if lock is not None and lock.fewest_voices > 1:
            allowed.together[mine] = lock.fewest_voices


def density_lock(plan: Plan | Locked, cells: Cells, allowed: Allowed) -> None:
    """So many notes a bar as were locked."""
    for track, lock in enumerate(_locks(plan)):
        mine = cells.track == track
        if lock is not None and lock.most is not None:
            allowed.most[mine] = np.minimum(allowed.most[mine], lock.most)
        if lock is not None and lock.least:
            allowed.least[mine] = np.maximum(allowed.least[mine], lock.least)
            allowed.floor[mine] = True


def rhythm_lock(plan: Plan | Locked, cells: Cells, allowed: Allowed) -> None:
    """A note begins at every stroke of the locked rhythm and nowhere else."""
    for cell, lock in _cells_with(plan, cells, "rhythm"):
        for place in strokes(lock.rhythm, int(cells.bar[cell]), int(cells.steps[cell])):
            if place >= MAX_STEPS:
                raise BriefError(f"the rhythm of {lock.track} goes past beat 8 of a bar, where no note can begin")
            allowed.strike[cell, place] = True
        allowed.position[cell] &= allowed.strike[cell]


def drum_pattern(plan: Plan | Locked, cells: Cells, allowed: Allowed) -> None:
    """Drums with a pattern are struck at its strokes and nowhere else."""
    for cell, lock in _cells_with(plan, cells, "voices"):
        if allowed.bound_keys is None or allowed.struck is None:
            allowed.bound_keys = np.zeros((len(cells), 128), bool)
            allowed.struck = np.zeros((len(cells), MAX_STEPS, 128), bool)
        named = {key for key, _ in lock.voices}
        for key, bars in lock.voices:
            allowed.bound_keys[cell, [k for k in keys_of_voice(key) if k not in named - {key}]] = True
            for place in strokes(bars, int(cells.bar[cell]), int(cells.steps[cell])):
                if place >= MAX_STEPS:
                    raise BriefError(
                        f"the drum pattern of {lock.track} goes past beat 8 of a bar, where no note can begin"
                    )
                allowed.struck[cell, place, key] = True


def _cells_with(plan: Plan | Locked, cells: Cells, name: str) -> Iterator[tuple[int, TrackLock]]:
    locks = _locks(plan)
    for cell, track in enumerate(cells.track.tolist()):
        lock = locks[track]
        if lock is not None and getattr(lock, name):
            yield cell, lock


LOCK_RULES: tuple[Callable[[Locked, Cells, Allowed], None], ...] = (
    chord_tone_lock, range_lock, pitch_lock, polyphony_lock, density_lock, rhythm_lock, drum_pattern,
)  # fmt: skip


def bind(piece: Locked, cells: Cells, allowed: Allowed, names: Sequence[str]) -> None:
    """AND what is locked on single tracks over cells whose other rules are compiled already; in place.

    Args:
        piece: its tracks with their locks.
        cells: indices into the piece.
        allowed: of the cells.
        names: of the tracks, for messages.

    Raises:
        RuleConflict: a cell cannot be written so that its locks hold; names them, the track and the bar.
        BriefError: a pattern does not divide its bar.
    """
    allowed.least = np.maximum(allowed.least, 1)
    before = deepcopy(allowed)
    for rule in LOCK_RULES:
        rule(piece, cells, allowed)
    allowed.least = np.where(allowed.floor, allowed.least, np.minimum(allowed.least, allowed.most))
    for cell, track in enumerate(cells.track.tolist()):
        lock = piece.tracks[track].lock
        if lock is None:
            continue
        if lock.rhythm and not allowed.strike[cell].any():
            allowed.least[cell], allowed.floor[cell] = 0, False  # a bar of the pattern in which it rests
            continue
        if blocked(allowed, cells, cell):
            _explain_locks(piece, cells, before, cell, names[int(track)])
        if allowed.bound[cell]:
            allowed.least[cell] = max(int(allowed.least[cell]), least_notes(allowed, cell))


def _explain_locks(piece: Locked, cells: Cells, before: Allowed, cell: int, name: str) -> None:
    guilty = list(LOCK_RULES)
    for rule in LOCK_RULES:
        trial = deepcopy(before)
        for other in guilty:
            if other is not rule:
                other(piece, cells, trial)
        if blocked(trial, cells, cell):
            guilty.remove(rule)
    words = " and ".join(rule.__name__.replace("_", " ") for rule in guilty)
    raise RuleConflict(
        f"{name}: {words} cannot hold in bar {int(cells.bar[cell]) + 1} beside key and range; widen or drop one of them"
    )
