"""Feel walk: one stretch of written notes played by a grid model, row after row.

What is written is forced, the model draws the rest of each row: its velocity, its micro-timing, and which of the
steps around its written place it falls on. The windows of two places never overlap, so that no note overtakes one of
the next place and flams stay two strokes. A downbeat may fall before its bar line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.engine import Engine, Floats, Heads
from bandmate.generation.filters import FieldFilter, draw
from bandmate.tokenizers.grid_table import COLUMN, Kind

_C = COLUMN
_REACH = 2  # steps that a note may fall before or after its place


@dataclass(frozen=True, slots=True)
class FeelFilters:
    """How freely timing and velocity are drawn.

    `usual` is the share that the mean of what a stroke's velocity could have been has in it: the next strokes follow
    the one that was drawn, and what is heard lies nearer to what most players would do.
    """

    position: FieldFilter = field(default_factory=lambda: FieldFilter(0.6, 0, 0.95))
    velocity: FieldFilter = field(default_factory=lambda: FieldFilter(1.0, 0, 0.98))
    usual: float = 0.8
    micro: FieldFilter = field(default_factory=lambda: FieldFilter(0.6, 0, 0.95))


@dataclass(frozen=True, slots=True)
class Written:
    """A note as it is written: which one it is, its step in the bar, and the codes of its pitch and length."""

    index: int
    step: int
    pitch: int
    duration: int


@dataclass(frozen=True, slots=True)
class Struck:
    """How a note was played: the row's codes, the mean of the velocities it could have had, whether it came early."""

    position: int
    velocity: int
    micro: int
    usual: float
    early: bool


def windows(places: list[int], steps: int) -> list[tuple[int, int]]:
    """The first and last step on which the notes of each place may fall; ascending, none shared.

    Args:
        places: steps that are written, ascending, each once.
        steps: of the bar.
    """
    found, free = [], 0
    for place, following in zip(places, [*places, steps + _REACH][1:], strict=True):
        last = min(place + _REACH, (place + following - 1) // 2, steps - 1)
        found.append((max(place - _REACH, free), last))
        free = last + 1
    return found


class FeelWalk:
    """The rows of one stretch, fed to an engine that has read what stands before them."""

    def __init__(
        self, engine: Engine, heads: Heads, hidden: Floats, filters: FeelFilters, dice: np.random.Generator
    ) -> None:
        self.engine, self.heads, self.hidden = engine, heads, hidden
        self.filters, self.dice = filters, dice
        self.struck: dict[int, Struck] = {}
        self._last = (-1, -1)

    def cell(
        self, row: NDArray[np.int16], steps: int, notes: list[Written], following: list[Written], last: bool
    ) -> None:
        """Play one cell.

        Args:
            row: its row.
            steps: of its bar.
            notes: what is written in it, less what fell before it.
            following: the downbeat of the track's next bar, as far as it may fall before its bar line.
            last: whether the sequence ends behind it.
        """
        self.hidden, self._last = self.engine.feed(row[None, None]), (-1, -1)
        blank = row.copy()
        blank[_C["value1"] : _C["position"]] = 0
        blank[0] = Kind.NOTE
        by_place: dict[int, list[Written]] = {}
        for note in notes:
            by_place.setdefault(note.step, []).append(note)
        places = sorted(by_place)
        for place, window in zip(places, windows(places, steps), strict=True):
            rest = by_place[place]
            while rest:
                rest.remove(self._note(blank, rest, window, early=False))
        rest, window = list(following), (max(0, steps - _REACH), steps - 1)
        while rest and self._comes_early(rest, window, last):
            rest.remove(self._note(blank, rest, window, early=True))

    def _open(self, rest: list[Written], window: tuple[int, int]) -> dict[int, list[Written]]:
        """What may come next: steps, and the notes on each. On the last step they come from low to high."""
        at, pitch = self._last
        found: dict[int, list[Written]] = {}
        for step in range(max(window[0], at), window[1] + 1):
            notes = sorted((n for n in rest if step > at or n.pitch > pitch), key=lambda n: n.pitch)
            if notes and not (step == window[1] and len(notes) < len(rest)):
                found[step] = notes[:1] if step == window[1] else notes
        return found

    def _comes_early(self, rest: list[Written], window: tuple[int, int], last: bool) -> bool:
        """Whether one more of the next downbeat falls before the bar line: the odds of it against the cell's end."""
        steps = [step for step, notes in self._open(rest, window).items() if notes]
        if not steps:
            return False
        kind = _odds(self.heads.logits("kind", self.hidden)[0])
        there = _odds(self.heads.logits("position", self.hidden)[0])[np.array(steps) + 1].sum()
        note, end = kind[Kind.NOTE] * there, kind[Kind.END if last else Kind.CELL]
        return bool(self.dice.random() * (note + end) < note)

    def _note(self, blank: NDArray[np.int16], rest: list[Written], window: tuple[int, int], early: bool) -> Written:
        heads, state, filters = self.heads, self.hidden, self.filters
        free = self._open(rest, window)
        position = self._draw("position", state, {step + 1 for step in free}, filters.position)
        notes = {note.pitch: note for note in free[position - 1]}
        state = heads.after("pitch", "position", state, np.array([position]))
        pitch = self._draw("pitch", state, set(notes), FieldFilter())
        note = notes[pitch]
        state = heads.after("duration", "pitch", state, np.array([pitch]))
        state = heads.after("velocity", "duration", state, np.array([note.duration]))
        usual = float(_odds(heads.logits("velocity", state)[0, 1:]) @ np.arange(1, 33))
        velocity = self._draw("velocity", state, set(range(1, 33)), filters.velocity)
        state = heads.after("micro", "velocity", state, np.array([velocity]))
        micro = self._draw("micro", state, set(range(1, 6)), filters.micro)
        row = blank.copy()
        drawn: Mapping[str, int] = {
            "position": position, "pitch": pitch, "duration": note.duration, "velocity": velocity, "micro": micro,
        }  # fmt: skip
        for name, code in drawn.items():
            row[_C[name]] = code
        self.hidden = self.engine.feed(row[None, None])
        self._last = (position - 1, pitch)
        self.struck[note.index] = Struck(position - 1, velocity, micro, usual, early)
        return note

    def _draw(self, name: str, state: Floats, codes: set[int], soft: FieldFilter) -> int:
        if len(codes) == 1:
            return next(iter(codes))
        logits = self.heads.logits(name, state)
        allowed = np.zeros(logits.shape, bool)
        allowed[0, list(codes)] = True
        return int(draw(logits, allowed, self.dice.random(1), soft)[0][0])


def _odds(logits: Floats) -> Floats:
    weight = np.exp(logits - logits.max())
    return weight / weight.sum()
