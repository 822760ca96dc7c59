"""Phrases: what makes a line singable, as corrections of pitches: leaps are answered, and one note is the highest."""

from __future__ import annotations

from collections.abc import Sequence

LEAP = 6  # semitones from which an interval wants a step back


def neighbour(rungs: Sequence[int], pitch: int, up: bool) -> int:
    """The next rung above or below a pitch; the last rung at the end of the ladder, where the pitch may be none.

    >>> neighbour([60, 62], 62, up=True), neighbour([60, 62], 64, up=True)
    (62, 62)
    """
    beyond = [p for p in rungs if (p > pitch if up else p < pitch)]
    return (min(beyond) if up else max(beyond)) if beyond else (max(rungs) if up else min(rungs))


def climax(pitches: Sequence[int]) -> tuple[int, int]:
    """First and last index of the highest note that lies nearest to two thirds of the phrase, repeats joined."""
    top, goal = max(pitches), 0.65 * (len(pitches) - 1)
    groups: list[list[int]] = []
    for index, pitch in enumerate(pitches):
        if pitch == top:
            if groups and groups[-1][-1] == index - 1:
                groups[-1].append(index)
            else:
                groups.append([index])
    best = min(groups, key=lambda g: abs((g[0] + g[-1]) / 2 - goal))
    return best[0], best[-1]


def one_climax(pitches: Sequence[int], ladders: Sequence[Sequence[int]]) -> list[int]:
    """The phrase with its highest pitch reached once: elsewhere it gives way to the rung below.

    Args:
        pitches: of the phrase in order.
        ladders: the pitches each note may take.
    """
    out = list(pitches)
    if len(out) < 3:
        return out
    first, last = climax(out)
    top = out[first]
    for index in range(len(out)):
        if out[index] == top and not first <= index <= last:
            out[index] = neighbour(ladders[index], top, up=False)
    return out


def answered_leaps(pitches: Sequence[int], ladders: Sequence[Sequence[int]], firm: Sequence[bool]) -> list[int]:
    """The phrase with each leap followed by a step back, or by its own note again.

    Args:
        pitches: of the phrase in order.
        ladders: the pitches each note may take.
        firm: notes that stay (a cadence); a leap before one is narrowed instead.
    """
    out = list(pitches)
    for index in range(1, len(out) - 1):
        leap, after = out[index] - out[index - 1], out[index + 1] - out[index]
        if abs(leap) < LEAP or after == 0 or (leap * after < 0 and abs(after) <= 4):
            continue
        if firm[index + 1]:
            middle = (out[index - 1] + out[index + 1]) / 2
            out[index] = min(ladders[index], key=lambda p: (abs(p - middle), p)) if not firm[index] else out[index]
        else:
            out[index + 1] = neighbour(ladders[index + 1], out[index], up=leap < 0)
    return out
