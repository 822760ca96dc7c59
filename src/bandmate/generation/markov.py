"""First-order Markov chains fitted on pieces: the plainest learned baseline.

A part of a role walks from onset to onset. The gap to the next onset depends on where in the bar it stands, the lowest
pitch on the lowest pitch before (both counted from the tonic), the chord above it on its scale degree, the length on
the gap, the loudness on the loudness before. Drums go by sixteenths: what is struck depends on the sixteenth of the bar
and on what was struck a sixteenth before, how loud on the last stroke of that key. Parts share nothing but the key,
drawn for each take.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import LibraryError
from bandmate.score.frame import Filler, Frame, framed
from bandmate.score.model import NO_NOTES, Score, make_notes
from bandmate.score.pitch import MODES
from bandmate.tokenizers.grid import TICKS_PER_STEP, GridPiece
from bandmate.tokenizers.grid_table import DURATIONS, STEPS_PER_QUARTER, VELOCITY_STEP

_SLOT = STEPS_PER_QUARTER // 4  # steps of a sixteenth
_LONGEST_GAP = 16 * STEPS_PER_QUARTER
_SLOTS = 64  # more than a bar has
_START = -1  # the state before the first
_ANY = -1  # what was struck before, where the pair with it was never seen
_DRUM_STEPS = 6
_CODES = 64  # more than there are of velocities


@dataclass(slots=True)
class Chain:
    """What follows what, how often."""

    counts: dict[int, dict[int, int]] = field(default_factory=dict)

    def see(self, before: NDArray[Any], after: NDArray[Any]) -> None:
        """Count pairs of a state and what follows it; each (n,)."""
        pairs, count = np.unique(np.stack([before, after]).astype(np.int64), axis=1, return_counts=True)
        for state, value, times in zip(*pairs.tolist(), count.tolist(), strict=True):
            row = self.counts.setdefault(state, {})
            row[value] = row.get(value, 0) + times

    def draw(self, dice: np.random.Generator, *states: int) -> int:
        """What follows the first of the states that was seen; if none was, what follows any state."""
        known = next((state for state in states if state in self.counts), None)
        row = self.counts[int(dice.choice(list(self.counts))) if known is None else known]
        total = np.cumsum(list(row.values()))
        return list(row)[int(np.searchsorted(total, dice.random() * total[-1], side="right"))]


class _Names:
    """Numbers for things, in the order they are met."""

    def __init__(self) -> None:
        self.numbers: dict[bytes, int] = {}
        self.things: list[bytes] = []

    def number(self, thing: bytes) -> int:
        """The number of a thing."""
        if thing not in self.numbers:
            self.numbers[thing] = len(self.things)
            self.things.append(thing)
        return self.numbers[thing]


@dataclass(slots=True)
class _Part:
    """The chains of one role."""

    gap: Chain = field(default_factory=Chain)
    pitch: Chain = field(default_factory=Chain)
    chord: Chain = field(default_factory=Chain)
    length: Chain = field(default_factory=Chain)
    velocity: Chain = field(default_factory=Chain)


class MarkovModel:
    """Chains of every role and of drums, and how often music is minor."""

    def __init__(self) -> None:
        self.parts: dict[str, _Part] = {}
        self.chords, self.strokes = _Names(), _Names()
        self.drums, self.drum_velocity = Chain(), Chain()
        self.minor: list[bool] = []

    def learn(self, piece: GridPiece) -> None:
        """Count one piece."""
        tonic, minor = (piece.key.tonic, 3 in MODES[piece.key.mode]) if piece.key else (0, False)
        self.minor.append(minor)
        start = np.concatenate([[0], np.cumsum(piece.bars["steps"].astype(np.int64))])
        for index, track in enumerate(piece.tracks):
            notes = piece.notes[piece.notes["track"] == index]
            if len(notes) < 2:
                continue
            if track.is_drum:
                self._learn_drums(notes, piece.bars["steps"])
            else:
                self._learn_part(self.parts.setdefault(track.role, _Part()), notes, start, tonic, minor)

    def _learn_part(self, part: _Part, notes: NDArray[Any], start: NDArray[Any], tonic: int, minor: bool) -> None:
        onset, first = np.unique(start[notes["bar"]] + notes["position"], return_index=True)
        at, gap = notes[first], np.minimum(np.diff(onset), _LONGEST_GAP)
        opening = np.append(True, np.diff(at["bar"]) > 0)
        part.gap.see(np.full(int(opening.sum()), _START), at["position"][opening])
        part.gap.see(at["position"][:-1], gap)
        part.length.see(gap, at["duration"][:-1])
        part.velocity.see(np.append(_START, at["velocity"][:-1]), at["velocity"])
        pitch = at["pitch"].astype(np.int64) - tonic
        part.pitch.see(2 * np.append(999, pitch[:-1]) + minor, pitch)
        above = [(group - group[0]).tobytes() for group in np.split(notes["pitch"], first[1:])]
        part.chord.see(2 * (pitch % 12) + minor, np.array([self.chords.number(shape) for shape in above]))

    def _learn_drums(self, notes: NDArray[Any], steps: NDArray[Any]) -> None:
        slot = np.minimum(np.rint(notes["position"] / _SLOT).astype(np.int64), -(-steps[notes["bar"]] // _SLOT) - 1)
        place, first = np.unique(notes["bar"].astype(np.int64) * _SLOTS + slot, return_index=True)
        struck = [np.unique(group).tobytes() for group in np.split(notes["pitch"], first[1:])]
        numbers = dict(zip(place.tolist(), map(self.strokes.number, struck), strict=True))
        rest, before, now = self.strokes.number(b""), [], []
        last = rest
        for bar in np.unique(notes["bar"]).tolist():
            for number in range(-(-int(steps[bar]) // _SLOT)):
                found = numbers.get(bar * _SLOTS + number, rest)
                before.append((number, last))
                now.append(found)
                last = found
        slots, lasts = np.array(before).T
        self.drums.see((lasts + 1) * _SLOTS + slots, np.array(now))
        self.drums.see((_ANY + 1) * _SLOTS + slots, np.array(now))
        ordered = notes[np.argsort(notes["pitch"], kind="stable")]  # stable: each key's strokes in order
        same = np.append(False, ordered["pitch"][1:] == ordered["pitch"][:-1])
        before_it = np.where(same, np.roll(ordered["velocity"], 1), 0)
        self.drum_velocity.see(ordered["pitch"].astype(np.int64) * _CODES + before_it, ordered["velocity"])

    def fill(self, frame: Frame, dice: np.random.Generator) -> Score:
        """One take."""
        tonic, minor = int(dice.integers(-5, 7)), bool(dice.choice(self.minor))
        made = [
            self._drums(frame, dice) if track.is_drum else self._melodic(frame, track.role, dice, tonic, minor)
            for track in frame.tracks
        ]
        return framed(frame, made)

    def _melodic(self, frame: Frame, role: str, dice: np.random.Generator, tonic: int, minor: bool) -> NDArray[Any]:
        if not self.parts:
            return NO_NOTES
        part = self.parts.get(role) or max(self.parts.values(), key=lambda known: len(known.pitch.counts))
        bar, end = _bar_steps(frame), round(frame.quarters * STEPS_PER_QUARTER)
        rows: list[tuple[int, int, int, int]] = []
        onset, pitch, velocity = part.gap.draw(dice, _START), 999, _START
        while onset < end:
            here = onset % bar
            gap = part.gap.draw(dice, here, here % (4 * STEPS_PER_QUARTER), here % STEPS_PER_QUARTER)
            pitch = part.pitch.draw(dice, 2 * pitch + minor, 2 * pitch + 1 - minor)
            velocity = part.velocity.draw(dice, velocity)
            length = int(DURATIONS[part.length.draw(dice, gap)])
            shape = self.chords.things[part.chord.draw(dice, 2 * (pitch % 12) + minor, 2 * (pitch % 12) + 1 - minor)]
            rows += [(onset, length, pitch + tonic + step, velocity) for step in shape]
            onset += gap
        return _notes(rows)

    def _drums(self, frame: Frame, dice: np.random.Generator) -> NDArray[Any]:
        if not self.drums.counts:
            return NO_NOTES
        bar, end = _bar_steps(frame), round(frame.quarters * STEPS_PER_QUARTER)
        rows: list[tuple[int, int, int, int]] = []
        last, velocity = self.strokes.number(b""), dict[int, int]()
        for onset in range(0, end, _SLOT):
            slot = onset % bar // _SLOT
            last = self.drums.draw(dice, (last + 1) * _SLOTS + slot, (_ANY + 1) * _SLOTS + slot % 16)
            for key in self.strokes.things[last]:
                velocity[key] = self.drum_velocity.draw(dice, key * _CODES + velocity.get(key, 0), key * _CODES)
                rows.append((onset, _DRUM_STEPS, key, velocity[key]))
        return _notes(rows)


def _bar_steps(frame: Frame) -> int:
    return max(1, round(frame.quarters / frame.bars * STEPS_PER_QUARTER))


def _notes(rows: list[tuple[int, int, int, int]]) -> NDArray[Any]:
    """Notes of (onset, length, pitch, velocity code) in steps; those off the keyboard are left out."""
    onset, length, pitch, velocity = np.array(rows, np.int64).reshape(-1, 4).T
    kept = (pitch >= 0) & (pitch <= 127)
    loud = np.clip((velocity - 1) * VELOCITY_STEP + 2, 1, 127)
    return make_notes(onset[kept] * TICKS_PER_STEP, length[kept] * TICKS_PER_STEP, pitch[kept], loud[kept])


def fit(pieces: Iterable[GridPiece]) -> MarkovModel:
    """Count pieces.

    Raises:
        LibraryError: there is no piece.
    """
    model = MarkovModel()
    for piece in pieces:
        model.learn(piece)
    if not model.minor:
        raise LibraryError("there is no piece to fit the chains on; give at least one")
    return model


def markov_filler(model: MarkovModel) -> Filler:
    """Frames filled by chains."""
    return lambda frames, seed: [model.fill(frame, np.random.default_rng([seed, i])) for i, frame in enumerate(frames)]
