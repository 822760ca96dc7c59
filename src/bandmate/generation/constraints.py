"""Hard rules: what may be written in each cell, AND-ed once before sampling.

Each rule is a function of the Task's cells that narrows the Allowed tables it is given; if a cell that must sound has
nothing left, RuleConflict names the rules, before anything is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import BriefError, RuleConflict
from bandmate.generation.words_locks import keys_of_voice
from bandmate.score.locks import TrackLock, strokes
from bandmate.score.pitch import Chord
from bandmate.score.plan import Plan
from bandmate.tokenizers.grid_table import MAX_STEPS

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The asked cells in the order of writing.

    Attributes:
        track, bar: (n,) indices into the plan.
        steps: (n,) steps of the cell's bar.
        to_end: (n,) steps from the start of the cell to the end of the piece.
    """

    track: NDArray[np.int64]
    bar: NDArray[np.int64]
    steps: NDArray[np.int64]
    to_end: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.track)


@dataclass(slots=True, eq=False)
class Allowed:
    """What the rules leave, one entry a cell.

    Attributes:
        pitch: (n, parts, 128), for equal parts of the bar: halves, or as many as the stated chords need.
        position: (n, MAX_STEPS).
        at_once: (n,) most notes at one position.
        least, most: (n,) notes in the cell.
        micro: (n,) whether micro-timing is free; else notes lie on the grid.
        strike: (n, MAX_STEPS) positions at which a note has to begin.
        together: (n,) least notes that begin together.
        floor: (n,) whether `least` is a promise that is kept at any price; else it is what an outline suggests.
        bound_keys: (n, 128) drum keys that sound only where `struck` has them; struck: (n, MAX_STEPS, 128) where they
            have to; None = no drum has a pattern.
    """

    pitch: Bools
    position: Bools
    at_once: NDArray[np.int64]
    least: NDArray[np.int64]
    most: NDArray[np.int64]
    micro: Bools
    strike: Bools
    together: NDArray[np.int64]
    floor: Bools
    bound_keys: Bools | None = None
    struck: Bools | None = None

    @classmethod
    def everything(cls, cells: Cells, parts: int = 2) -> Allowed:
        """No rule but the bar lines."""
        n = len(cells)
        return cls(
            pitch=np.ones((n, parts, 128), bool),
            position=np.arange(MAX_STEPS)[None] < cells.steps[:, None],
            at_once=np.full(n, 16),
            least=np.zeros(n, np.int64),
            most=np.full(n, 192),
            micro=np.ones(n, bool),
            strike=np.zeros((n, MAX_STEPS), bool),
            together=np.ones(n, np.int64),
            floor=np.zeros(n, bool),
        )

    @property
    def bound(self) -> Bools:
        """(n,) cells in which some notes have to be written, so that the walk must keep room for them."""
        bound = self.strike.any(1) | (self.together > 1) | self.floor
        return bound if self.bound_keys is None else bound | self.bound_keys.any(1)

    def part(self, cell: NDArray[np.int64], position: NDArray[np.int64], steps: NDArray[np.int64]) -> NDArray[np.int64]:
        """The part of the bar a position of some cells lies in."""
        return np.minimum(position * self.pitch.shape[1] // steps[cell], self.pitch.shape[1] - 1)

    def keys_at(self, cell: int, steps: int) -> Bools:
        """Pitches of one cell at each of its positions; (MAX_STEPS, 128)."""
        parts = self.pitch.shape[1]
        part = np.minimum(np.arange(MAX_STEPS) * parts // steps, parts - 1)
        keys = self.pitch[cell][part] & self.position[cell][:, None]
        if self.bound_keys is not None and self.struck is not None:
            keys &= ~self.bound_keys[cell] | self.struck[cell]
        return keys


@dataclass(frozen=True, slots=True, eq=False)
class Locked:
    """What the rules of locks read of a piece without a plan: tracks that may carry a `lock`, and two chords a bar."""

    tracks: tuple[Any, ...]
    bars: int
    sounding_chords: tuple[Chord, ...]
    parts: int = 2


Rule = Callable[[Plan, Cells, Allowed], None]


def instrument_range(plan: Plan, cells: Cells, allowed: Allowed) -> None:
    """Pitches between the track's lowest and highest note."""
    pitch = np.arange(128)
    low = np.array([track.low for track in plan.tracks])[cells.track]
    high = np.array([track.high for track in plan.tracks])[cells.track]
    allowed.pitch &= ((pitch >= low[:, None]) & (pitch <= high[:, None]))[:, None]


def _pitch_classes(classes: frozenset[int]) -> Bools:
    return np.isin(np.arange(128) % 12, list(classes))


def key_lock(plan: Plan, cells: Cells, allowed: Allowed) -> None:
    """A stated key locks pitched tracks to its scale; a stated chord wins for its part of the bar."""
    if not (plan.key_lock or plan.chord_lock):
        return
    scale = _pitch_classes(plan.key.lock)
    chords = [_pitch_classes(chord.pitch_classes) | scale if plan.chord_lock else scale for chord in _sounding(plan)]
    _by_chord(plan, cells, allowed, chords, ~np.array([track.is_drum for track in plan.tracks]))


def chord_tone_lock(plan: Plan | Locked, cells: Cells, allowed: Allowed) -> None:
    """Tracks locked to chord tones sound tones of the chord of their part of the bar."""
    locked = np.array([lock is not None and lock.chord_tones for lock in _locks(plan)])
    if locked.any():
        _by_chord(plan, cells, allowed, [_pitch_classes(chord.pitch_classes) for chord in _sounding(plan)], locked)


def _sounding(plan: Plan | Locked) -> tuple[Chord, ...]:
    return plan.sounding_chords


def _by_chord(plan: Plan | Locked, cells: Cells, allowed: Allowed, sets: Sequence[Bools], tracks: Bools) -> None:
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


def excluded_drums(plan: Plan, cells: Cells, allowed: Allowed) -> None:
    """Drum keys that must not sound."""
    if plan.brief.excluded_drums:
        drum = np.array([track.is_drum for track in plan.tracks])[cells.track]
        silent = np.isin(np.arange(128), plan.brief.excluded_drums)
        allowed.pitch[drum] &= ~silent


def polyphony_limit(plan: Plan, cells: Cells, allowed: Allowed) -> None:
    """At most so many notes start together."""
    limit = np.array([max(1, track.polyphony) for track in plan.tracks])[cells.track]
    allowed.at_once = np.minimum(allowed.at_once, limit)


def density_cap(plan: Plan, cells: Cells, allowed: Allowed) -> None:
    """No cell is fuller than a musician plays: per quarter 12 notes on drums and chords, 6 on one-voice tracks."""
    one_voice = np.array([track.polyphony == 1 for track in plan.tracks])[cells.track]
    per_quarter = np.where(one_voice, 6, 12)
    allowed.most = np.minimum(allowed.most, np.maximum(1, per_quarter * cells.steps // 24))


def every_cell_sounds(plan: Plan, cells: Cells, allowed: Allowed) -> None:
    """Cells that were asked to sound hold at least one note."""
    allowed.least = np.maximum(allowed.least, 1)


RULES: tuple[Rule, ...] = (
    instrument_range,
    key_lock,
    chord_tone_lock,
    range_lock,
    pitch_lock,
    excluded_drums,
    polyphony_limit,
    polyphony_lock,
    density_cap,
    density_lock,
    rhythm_lock,
    drum_pattern,
    every_cell_sounds,
)


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


def compile_rules(plan: Plan, cells: Cells, rules: Sequence[Rule] = RULES) -> Allowed:
    """AND all rules over the cells.

    Raises:
        RuleConflict: a cell that must sound cannot; names the rules, the track and the bar.
        BriefError: a locked pattern does not divide its bar.
    """
    allowed = _compiled(plan, cells, rules)
    index = next((index for index in range(len(cells)) if blocked(allowed, cells, index)), None)
    if index is not None:
        _explain(plan, cells, index, rules)
    for cell in np.flatnonzero(allowed.bound).tolist():
        allowed.least[cell] = max(int(allowed.least[cell]), least_notes(allowed, cell))
    return allowed


def _compiled(plan: Plan, cells: Cells, rules: Sequence[Rule]) -> Allowed:
    allowed = Allowed.everything(cells, plan.parts)
    for rule in rules:
        rule(plan, cells, allowed)
    return allowed


def blocked(allowed: Allowed, cells: Cells, cell: int) -> bool:
    """Whether a cell cannot be written so that every rule holds.

    What is proved: every note that has to begin has a pitch, the notes that have to be written are no more than may be,
    and there is room for the least number of notes.
    """
    if not allowed.bound[cell]:
        pitched = allowed.pitch[cell].any(1)
        part = np.minimum(np.arange(MAX_STEPS) * len(pitched) // int(cells.steps[cell]), len(pitched) - 1)
        return bool(allowed.least[cell] > 0 and not (allowed.position[cell] & pitched[part]).any())
    room, here = capacity(allowed, cells, cell), notes_due(allowed, cell)
    keys = allowed.keys_at(cell, int(cells.steps[cell]))
    if any(key >= 0 and not keys[place, key] for place, key in musts(allowed, cell)):
        return True
    least, most = max(int(allowed.least[cell]), least_notes(allowed, cell)), int(allowed.most[cell])
    if (here > room).any() or least > most or int(room.sum()) < least:
        return True
    groups = -(-least // max(1, int(room.max())))  # so many chords at least, each of at least `together` notes
    return groups * int(allowed.together[cell]) > most


def notes_due(allowed: Allowed, cell: int) -> NDArray[np.int64]:
    """How many notes at least have to begin at each position of a cell; (MAX_STEPS,)."""
    here = np.zeros(MAX_STEPS, np.int64)
    for place, key in musts(allowed, cell):
        here[place] = here[place] + 1 if key >= 0 else 1
    return np.where(here > 0, np.maximum(here, allowed.together[cell]), 0)


def least_notes(allowed: Allowed, cell: int) -> int:
    """How many notes at least a cell holds, by what has to begin in it."""
    return max(int(notes_due(allowed, cell).sum()), int(allowed.together[cell]))


def capacity(allowed: Allowed, cells: Cells, cell: int) -> NDArray[np.int64]:
    """Most notes that can begin at each position of a cell; 0 where too few can begin together; (MAX_STEPS,)."""
    keys = allowed.keys_at(cell, int(cells.steps[cell])).sum(1)
    room = np.minimum(keys, allowed.at_once[cell])
    return np.where(room >= allowed.together[cell], room, 0)


def musts(allowed: Allowed, cell: int) -> list[tuple[int, int]]:
    """What has to begin in a cell, in order: (position, drum key), key -1 = any."""
    found = [(int(place), -1) for place in np.flatnonzero(allowed.strike[cell])]
    if allowed.struck is not None:
        keyed = [(int(place), int(key)) for place, key in np.argwhere(allowed.struck[cell])]
        found = [must for must in found if must[0] not in {place for place, _ in keyed}] + keyed
    return sorted(found)


def _explain(plan: Plan, cells: Cells, index: int, rules: Sequence[Rule]) -> None:
    """Name a smallest set of rules that cannot hold together."""
    track = plan.tracks[int(cells.track[index])]
    one = Cells(*(getattr(cells, name)[index : index + 1] for name in ("track", "bar", "steps", "to_end")))
    guilty = list(rules)
    for rule in rules:
        fewer = [other for other in guilty if other is not rule]
        if blocked(_compiled(plan, one, fewer), one, 0):
            guilty = fewer
    names = " and ".join(rule.__name__.replace("_", " ") for rule in guilty if rule is not every_cell_sounds)
    raise RuleConflict(
        f"{track.name or track.role}: {names or 'the rules together'} cannot hold together in bar "
        f"{int(cells.bar[index]) + 1} ({plan.key.name}, MIDI pitch {track.low} to {track.high}); "
        "widen or drop one of them"
    )
