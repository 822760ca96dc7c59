"""Motifs: a bar's worth of melody before it has pitches, and the characters by which melodies differ."""

from __future__ import annotations

from dataclasses import dataclass

from bandmate.groovebook.dice import Dice
from bandmate.groovebook.stage import Stage

Onsets = tuple[int, ...]
_CONTOURS = ("arch", "fall", "rise", "wave")


@dataclass(frozen=True, slots=True)
class Motif:
    """A bar's worth of melody without pitches: onsets in ticks and steps of the ladder from an anchor."""

    onsets: Onsets
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Character:
    """What makes a melody one's own.

    Attributes:
        name: what it does; weight: how often it is drawn.
        fuller: of the span between the genre's fewest and most notes a bar, more than usual.
        syncopation: factor on how welcome places off the beat are.
        gather: part of the bar in which its notes gather, (0, 1) = all of it, None = drawn for each motif.
        late: chance that a motif starts after the beat.
        contour: the shape most of its motifs have, "" = any.
    """

    name: str
    weight: float
    fuller: float = 0.0
    syncopation: float = 1.0
    gather: tuple[float, float] | None = None
    late: float = 0.25
    contour: str = ""


CHARACTERS = (
    Character("free", 4.0),
    Character("opens the bar", 1.0, 0.0, 0.8, (0.0, 0.55), 0.0, "fall"),
    Character("answers late", 1.0, -0.1, 1.0, (0.45, 1.0), 0.9, "rise"),
    Character("long notes", 1.0, -0.35, 0.4, (0.0, 1.0), 0.1, "arch"),
    Character("runs", 1.0, 0.35, 0.9, (0.0, 1.0), 0.2, "wave"),
    Character("off the beat", 1.0, 0.0, 2.6, (0.0, 1.0), 0.7),
)


def _weights(stage: Stage, count: int, dice: Dice, character: Character) -> dict[int, float]:
    """How welcome an onset is at each place of the bar."""
    grid = stage.grid
    weights: dict[int, float] = {}
    syncopation = (0.5 + dice.roll() * 0.8) * character.syncopation
    fine = count > 2 * max(1, grid.bar_ticks // grid.beat_ticks) or stage.plan.tempo < 84
    for ticks in range(0, grid.bar_ticks, grid.step_ticks):
        place = ticks % grid.beat_ticks
        if ticks == 0:
            weights[ticks] = 4.0
        elif place == 0:
            weights[ticks] = 2.2
        elif grid.beat_steps == 3 and place == 2 * grid.step_ticks:
            weights[ticks] = 1.3 * syncopation
        elif grid.compound and place % (grid.beat_ticks // 3) == 0:
            weights[ticks] = 1.2
        elif place * 2 == grid.beat_ticks:
            weights[ticks] = 1.4 * syncopation
        else:
            weights[ticks] = 0.5 * syncopation if fine else 0.06
        if place and stage.plan.genre.startswith("chorale"):
            weights[ticks] *= 0.08  # a hymn moves in beats
    return weights


def rhythm(
    stage: Stage, count: int, dice: Dice, character: Character, *, avoid: Onsets = (), until: int | None = None
) -> Onsets:
    """Where the notes of a bar start, in ticks from its beginning.

    Args:
        stage: the piece.
        count: notes, at least 1.
        dice: decides.
        character: of the melody.
        avoid: places that another motif has, so that an answer sits where that did not.
        until: where the bar's notes have to have started, None = anywhere.
    """
    grid, count = stage.grid, max(1, count)
    weights = _weights(stage, count, dice, character)
    if until is not None:
        weights = {t: w for t, w in weights.items() if t < until}
    for ticks in avoid:
        if ticks and ticks in weights:
            weights[ticks] *= 0.6
    if dice.chance(character.late):
        weights[0] *= 0.2  # an off-beat start
    # Notes gather at one end of the bar as often as they spread, so that long notes stand beside short ones.
    drawn = dice.weighted(((0.0, 1.0), (0.0, 0.6), (0.4, 1.0)), (2, 2, 1))
    low, high = character.gather or drawn
    open_bar = 1.0 if low == 0 or not character.gather else 0.4
    weights = {
        t: w * (open_bar if t == 0 else 1.0 if low <= t / grid.bar_ticks < high else 0.2) for t, w in weights.items()
    }
    picked: list[int] = []
    while weights and len(picked) < count:
        ticks = dice.weighted(list(weights), list(weights.values()))
        picked.append(ticks)
        del weights[ticks]
        for near in (ticks - grid.step_ticks, ticks + grid.step_ticks):
            if near in weights:
                weights[near] *= 0.35
    return tuple(sorted(picked))


def contour(count: int, dice: Dice, character: Character) -> tuple[int, ...]:
    """Steps on the ladder: mostly by one, a leap now and then answered by a step back, an arch or a fall."""
    shape = dice.pick(_CONTOURS)
    if character.contour and dice.chance(0.6):
        shape = character.contour
    at, last, out = 0, 0, [0]
    for index in range(1, count):
        part = index / max(1, count - 1)
        up = {"arch": 0.75 if part < 0.5 else 0.25, "fall": 0.3, "rise": 0.68, "wave": 0.7 if index % 3 else 0.25}[
            shape
        ]
        size = dice.weighted((0, 1, 2, 3), (1.3, 6, 2, 1))
        step = size if dice.chance(up) else -size
        if abs(last) >= 3:
            step = -1 if last > 0 else 1
        if abs(at + step) > 5:
            step = -step
        at, last = at + step, step
        out.append(at)
    return tuple(out)
