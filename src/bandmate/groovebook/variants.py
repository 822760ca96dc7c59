"""Variants: what further takes of one request make of the cells and patterns that were dealt to them.

The first take plays them as they are written. A further one crosses two of them: the first half of one cell with the
second half of another, kick and backbeat of one drum pattern with the cymbals of another. So takes differ, and nothing
sounds where the genre's facts do not have it.
"""

from __future__ import annotations

from bandmate.groovebook.cells import Hit, Step
from bandmate.groovebook.fills import GROUP
from bandmate.groovebook.stage import HATS, PERC

Cell = tuple[tuple[Step, ...], ...]
Pattern = tuple[tuple[Hit, ...], ...]


def crossed(first: Cell, second: Cell, half_ticks: int) -> Cell:
    """A cell whose bars begin like one and end like another; what is held gives way to the next stroke.

    Args:
        first: gives the strokes before the half of each bar.
        second: gives those from there on.
        half_ticks: where the half lies.
    """
    bars = []
    for number in range(max(len(first), len(second))):
        head = [step for step in first[number % len(first)] if step.ticks < half_ticks]
        tail = [step for step in second[number % len(second)] if step.ticks >= half_ticks]
        if head and tail:
            head[-1] = head[-1]._replace(held_ticks=min(head[-1].held_ticks, tail[0].ticks - head[-1].ticks))
        bars.append((*head, *tail))
    return tuple(bars) if any(bars) else first


def lent_tops(drive: Pattern, tops: Pattern) -> Pattern:
    """Kick, snare and their like of one drum pattern under the cymbals and percussion of another."""
    bars = []
    for number in range(max(len(drive), len(tops))):
        own, other = drive[number % len(drive)], tops[number % len(tops)]
        above = [hit for hit in other if _is_top(hit)] or [hit for hit in own if _is_top(hit)]
        bars.append(tuple(sorted([*(hit for hit in own if not _is_top(hit)), *above])))
    return tuple(bars)


def _is_top(hit: Hit) -> bool:
    return GROUP.get(hit.voice, PERC) in (HATS, PERC)
