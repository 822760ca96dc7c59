"""Retakes: what the further takes of one request have otherwise as a whole: how high sections rise, and what opens.

What was asked stays as it is: nothing here is done to a structure, energy, mood or loop that was stated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bandmate.groovebook.dice import Dice
from bandmate.groovebook.form import Part
from bandmate.score.brief import Brief

_TEMPERS = ((0, -1), (1, 0), (-1, 0), (0, 1), (1, -1))  # added to the energies of high sections, and of all others
_OPENINGS: tuple[tuple[str, ...], ...] = (
    (),  # all that sound in most bars
    ("drums", "perc"),
    ("chords", "pad", "organ", "arp", "strings"),
    ("drums", "bass"),
    ("melody", "chords"),
)
_LONG, _OPENING_BARS = 16, 4  # a piece that long is opened for that long, shorter ones half as long
_LEAST_SHARE = 0.5  # of the bars, in which a track sounds that rests in the opening


def tempered(brief: Brief, parts: Sequence[Part], number: int, dice: Dice) -> list[Part]:
    """The sections of a further take with other energies, inside 1..5.

    Args:
        brief: what was asked.
        parts: the sections.
        number: of the take, from 0; the first is as usual.
        dice: the same for all takes of the request.
    """
    if not number or brief.energy or brief.moods or brief.structure:
        return list(parts)
    high, other = dice.dealt(number - 1, _TEMPERS, [1.0] * len(_TEMPERS))
    return [replace(p, energy=min(5, max(1, p.energy + (high if p.kind == "high" else other)))) for p in parts]


def opened(brief: Brief, active: NDArray[np.bool_], names: Sequence[str], number: int, dice: Dice) -> None:
    """Let a further take be opened by some of its tracks, in place; a track that would rest too long is there.

    Args:
        brief: what was asked.
        active: which track sounds in which bar; bool (tracks, bars).
        names: what each track is called in the genre's form.
        number: of the take, from 0; the first is as usual.
        dice: the same for all takes of the request.
    """
    length = active.shape[1]
    if not number or length < _LONG // 2 or brief.loop or brief.structure:
        return
    first = dice.dealt(number - 1, _OPENINGS, [1.0] * len(_OPENINGS))
    if first and not any(name in first for name in names):
        return
    bars = _OPENING_BARS if length >= _LONG else _OPENING_BARS // 2
    enough = active[:, bars:].sum(1) / length >= _LEAST_SHARE
    opens = np.array([name in first for name in names])
    active[enough, :bars] = not first
    active[opens, :bars] = True
