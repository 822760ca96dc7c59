"""Second voice: a line that goes with a melody in thirds and sixths, led as a singer would lead it.

Every note of the melody gets one note below (or above) it; the line is the cheapest path through all choices, with
what each interval, each note against its chord, and each move costs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bandmate.score.pitch import Chord, Key

NEAREST, FARTHEST = 3, 16
# Cost of each interval to the melody, in semitones: thirds and sixths, then tenths, then the perfect ones.
_INTERVAL = {3: 0.0, 4: 0.0, 8: 0.3, 9: 0.3, 15: 1.7, 16: 1.7, 5: 1.6, 7: 1.3, 12: 3.0, 6: 2.2, 10: 4.0, 11: 5.0,
             13: 5.0, 14: 4.0}  # fmt: skip
_OFF_CHORD_STRONG, _OFF_CHORD_WEAK, _OFF_KEY = 2.2, 0.5, 5.0
_PARALLEL = 6.0  # fifths or octaves in a row
_LEAP, _BIG_LEAP, _STILL = 0.16, 1.2, 0.35
_CROSSED = 2.5  # a voice that passes where the other was


def second_voice(
    pitches: Sequence[int], strong: Sequence[bool], chords: Sequence[Chord], key: Key, *, above: bool = False
) -> list[int]:
    """The second voice's pitch for each note of a melody.

    Args:
        pitches: of the melody.
        strong: whether each note stands on a beat or is long.
        chords: the chord under each note.
        key: of the piece.
        above: over the melody instead of under it.

    Returns:
        One pitch a note, inside 0..127.
    """
    sign = 1 if above else -1
    options = [
        [p for p in (melody + sign * gap for gap in range(NEAREST, FARTHEST + 1)) if 0 <= p <= 127] or [melody]
        for melody in pitches
    ]
    best = [np.array([_place(p, pitches[0], strong[0], chords[0], key) for p in options[0]])] if pitches else []
    back: list[NDArray[np.int64]] = []
    for at in range(1, len(pitches)):
        here = np.array([_place(p, pitches[at], strong[at], chords[at], key) for p in options[at]])
        moves = np.array([
            [_move(a, b, pitches[at - 1], pitches[at], sign) for b in options[at]] for a in options[at - 1]
        ])  # fmt: skip
        ways = best[-1][:, None] + moves
        back.append(ways.argmin(0))
        best.append(ways.min(0) + here)
    if not pitches:
        return []
    path = [int(best[-1].argmin())]
    for rows in reversed(back):
        path.append(int(rows[path[-1]]))
    return [options[at][choice] for at, choice in enumerate(reversed(path))]


def _place(pitch: int, melody: int, strong: bool, chord: Chord, key: Key) -> float:
    cost = _INTERVAL.get(abs(pitch - melody), 6.0)
    if pitch % 12 in chord.pitch_classes:
        return cost
    return cost + (_OFF_CHORD_STRONG if strong else _OFF_CHORD_WEAK) + (0.0 if pitch % 12 in key.scale else _OFF_KEY)


def _move(before: int, after: int, melody_before: int, melody: int, sign: int) -> float:
    step, sung = after - before, melody - melody_before
    cost = _LEAP * abs(step) + (_BIG_LEAP if abs(step) > 7 else 0.0)
    if step == 0 and sung != 0:
        cost += _STILL
    if sung == 0 and step != 0:
        cost += 0.4  # the melody stays, and so would a singer unless the chord moves
    gap = abs(after - melody) % 12
    if step and sung and gap in (0, 7) and gap == abs(before - melody_before) % 12:
        cost += _PARALLEL
    if sign * (after - melody_before) < 0:
        cost += _CROSSED
    return cost
