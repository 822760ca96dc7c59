"""Walking bass: a line of beats that goes somewhere: a root, a way by step, an approach to the next root."""

from __future__ import annotations

from collections.abc import Sequence

from bandmate.groovebook.dice import Dice

_NO_WAY = 99.0


def step_cost(interval: int) -> float:
    """How far a step of a walking line is from what players do: seconds and thirds, hardly ever the same note."""
    size = abs(interval)
    return (6.0, 0.2, 0.0, 0.5, 0.9, 1.6, 3.0, 2.0, 4.0, 4.0, 4.5, 5.0, 2.5)[size] if size <= 12 else _NO_WAY


def approach(target: int, before: int, allowed: Sequence[int], dice: Dice) -> int:
    """A neighbour of the next root: from the side the line comes from, by half step more often than by whole step."""
    near = [p for p in allowed if 1 <= abs(p - target) <= 2] or [p for p in allowed if 1 <= abs(p - target) <= 5]
    if not near:
        return target
    side = -1 if before < target else 1

    def cost(pitch: int) -> float:
        chromatic = abs(pitch - target) == 1
        wrong = (pitch - target) * side < 0
        return dice.roll() * 1.2 + (0.0 if chromatic else 0.4) + (0.7 if wrong else 0.0) + step_cost(pitch - before) / 3

    return min(near, key=cost)


def way(
    start: int, target: int, beats: int, scale: Sequence[int], tones: Sequence[int], allowed: Sequence[int], dice: Dice
) -> list[int]:
    """The pitches of some beats that begin on a root and lead to the next one.

    Args:
        start: root on the first of the beats.
        target: the root after the last of them.
        beats: 1 or more.
        scale: pitches of the key and the chord, in range.
        tones: pitches of the chord, in range.
        allowed: pitches an approach may take.
        dice: chance.
    """
    if beats <= 1:
        return [start]
    if beats == 2:
        return [start, approach(target, start, allowed, dice)]
    last = approach(target, (start + target) // 2, allowed, dice)
    line = [start]
    for left in range(beats - 2, 0, -1):
        strong = len(line) % 2 == 0
        pool = tones if strong and dice.chance(0.75) else scale
        here = line[-1]

        def cost(pitch: int, here: int = here, left: int = left) -> float:
            # What remains to the approach should be a step or a third for each beat that is left.
            rest = abs(last - pitch)
            ahead = step_cost(last - pitch) if left == 1 else 0.8 * max(0, rest - 4 * left)
            turns = len(line) > 1 and (line[-1] - line[-2]) * (pitch - here) < 0
            return step_cost(pitch - here) + ahead + (0.4 if turns else 0.0) + 1.4 * dice.roll()

        line.append(min(pool or [here], key=cost))
    return [*line, last]
