"""Form in the model's hands: the groove book sketches how full each cell is and how it repeats, the model writes it.

A rules performance of the plan is put on the grid and its outline kept: density, register and polyphony of each track,
how full each cell is, which cell repeats which, and, as a soft pull, where its pattern strikes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.allowed import Allowed
from bandmate.generation.task import Lock
from bandmate.groovebook.perform import perform
from bandmate.score.plan import Plan, PlannedSection
from bandmate.tokenizers import grid_table as table
from bandmate.tokenizers.grid import GridPiece, encode_piece

_TUNES = ("melody", "lead", "vox")
_THEME = ("same", "same", "same", "varied")  # how bars of a theme come again
_FLOOR, _CEILING = 0.7, 1.35  # of the outline's notes in a cell
_FIRM = 5.0  # how fast the bounds close in on the outline where more or less than usual was asked
_MORE, _LESS = 1.15, 1.0  # how far they do: the model leaves notes out more readily than it adds them


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """The outline of a piece.

    Attributes:
        controls: value ids, one triple a track; level, echo: value ids, (tracks, bars).
        pattern: the performance the outline was taken from; CELL_NOTE with the plan's tracks.
    """

    controls: tuple[tuple[int, int, int], ...]
    level: NDArray[np.int16]
    echo: NDArray[np.int16]
    pattern: NDArray[Any]


def sketch(plan: Plan, seed: int) -> Sketch:
    """The outline that the groove book would give a plan; cells that shall sound are never told to be empty."""
    shape = (len(plan.tracks), plan.bars)
    performance = perform(plan, seed)
    outline = encode_piece(performance)
    level = np.full(shape, table.LEVEL_EMPTY, np.int16)
    echo = np.zeros(shape, np.int16)
    controls = [(0, 0, 0)] * len(plan.tracks)
    sounding = [index for index, track in enumerate(performance.tracks) if len(track.notes)]
    parts = -(-outline.level.shape[1] // plan.bars)  # a bar of more than MAX_STEPS lies on the grid in parts
    for slot, index in enumerate(sounding):
        level[index] = outline.level[slot].reshape(plan.bars, parts).max(1)
        echo[index] = outline.echo[slot] if parts == 1 else table.ECHO_NEW
        controls[index] = outline.tracks[slot].controls
    pattern = outline.notes[outline.notes["bar"] % parts == 0].copy()
    pattern["bar"] //= parts
    pattern["track"] = np.array(sounding or [0])[pattern["track"]]
    level = np.where(plan.active, np.maximum(level, table.LEVEL_SOUNDS), table.LEVEL_EMPTY)
    return Sketch(tuple(controls), level.astype(np.int16), np.where(plan.active, echo, 0).astype(np.int16), pattern)


def bound_by_outline(
    allowed: Allowed, pattern: NDArray[Any], track: NDArray[Any], bar: NDArray[Any], density: NDArray[Any] | None = None
) -> None:
    """Keep cells about as full as the outline has them: at least 0.7, at most 1.35 times as many notes, and one more.

    A drummer does not fall silent after the first stroke of a chorus, and what a mood makes sparse or busy stays so:
    asked for more than usual, cells get at least what the outline has and a little more, for less none gets more.

    Args:
        allowed: of the cells; its bounds are narrowed, never beyond what other rules leave.
        pattern: notes of the outline's performance; CELL_NOTE.
        track: of each cell.
        bar: of each cell.
        density: of each cell, how busy it was asked to be, as the logarithm of a factor; None = as usual.
    """
    asked = _FIRM * (np.zeros(len(track)) if density is None else density)
    floor = np.minimum(_MORE, _FLOOR + np.maximum(asked, 0.0))
    ceiling = np.maximum(_LESS, _CEILING + np.minimum(asked, 0.0))
    count: dict[tuple[int, int], int] = {}
    for place in zip(pattern["track"].tolist(), pattern["bar"].tolist(), strict=True):
        count[place] = count.get(place, 0) + 1
    notes = np.array([count.get(place, 0) for place in zip(track.tolist(), bar.tolist(), strict=True)], np.int64)
    spare = (ceiling > 1).astype(np.int64)
    most = np.where(notes > 0, np.ceil(notes * ceiling).astype(np.int64) + spare, allowed.most)
    allowed.most = np.maximum(np.minimum(allowed.most, most), np.maximum(allowed.least, 1))
    places = allowed.position.sum(1) // 2  # half of the places, so that the floor can always be reached
    least = np.minimum(np.floor(notes * floor).astype(np.int64), np.minimum(places, allowed.most))
    allowed.least = np.maximum(allowed.least, least)


def theme_bars(plan: Plan) -> NDArray[np.int64]:
    """For each bar of a section that comes again the bar of its first time, where the chords are the same; -1 = new.

    Sections that follow within eight bars are the outline's affair, which repeats at such distances by itself, and the
    last bar of a section leads on to what comes next, so it is new each time.
    """
    source = np.full(plan.bars, -1)
    first: dict[str, PlannedSection] = {}
    for section in plan.sections:
        theme = first.setdefault(section.label, section)
        if section.start_bar - theme.start_bar <= max(table.ECHO_LAGS):
            continue
        for bar in range(section.start_bar, section.start_bar + section.bars - 1):
            there = theme.start_bar + (bar - section.start_bar) % theme.bars
            if plan.chords[2 * bar : 2 * bar + 2] == plan.chords[2 * there : 2 * there + 2]:
                source[bar] = there
    return source


def with_themes(
    plan: Plan, locks: Sequence[Lock | None], track: NDArray[np.int64], bar: NDArray[np.int64]
) -> list[Lock | None]:
    """Locks in which the tunes of sections that come again take over their first time, every fourth bar varied.

    The band under them is the outline's: taken over whole it repeats itself more than people do.
    """
    found, source = list(locks), theme_bars(plan)
    for cell, (index, at) in enumerate(zip(track.tolist(), bar.tolist(), strict=True)):
        if source[at] >= 0 and plan.tracks[index].role in _TUNES:
            found[cell] = Lock(_THEME[at % len(_THEME)], index, int(source[at]))
    return found


def locks_of(piece: GridPiece, track: NDArray[np.int64], bar: NDArray[np.int64]) -> list[Lock | None]:
    """What each of some cells takes over from an earlier cell of its track, from the piece's echoes.

    A "same" cell repeats the earlier one, a "varied" one its first half, a "rhythm" cell its onsets and lengths; touch
    (velocity and micro-timing) is drawn anew each time, as a player's is.
    """
    found: list[Lock | None] = []
    for index, at in zip(track.tolist(), bar.tolist(), strict=True):
        echo = int(piece.echo[index, at]) - table.ECHO_NEW - 1
        lag = table.ECHO_LAGS[echo // len(table.ECHO_FORMS)] if echo >= 0 else 0
        form = table.ECHO_FORMS[echo % len(table.ECHO_FORMS)]
        found.append(Lock(form, index, at - lag) if 0 < lag <= at else None)
    return found
