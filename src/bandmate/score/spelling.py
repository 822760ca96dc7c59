"""How pitches are spelt: the line of fifths, ... Fb Cb Gb Db Ab Eb Bb F C G D A E B F# C# G# ..., on which keys lie.

A note is a place on it (C = 0, G = 1, F = -1). A key of n sharps holds the places n - 1 to n + 5; a transposition moves
every place, and every key, by the same number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.score.notation import STEP_SEMITONES, STEPS

_FIFTHS_OF_STEP = np.array([0, 2, 4, -1, 1, 3, 5])  # C D E F G A B
_STEP_OF_FIFTHS = np.array([3, 0, 4, 1, 5, 2, 6])  # from F on
_LOWEST = -3  # a key of n sharps spells its twelve notes as n - 3 (flat third of the major) to n + 8 (sharp fifth)


def fifths_between(semitones: int, steps: int) -> int:
    """How far an interval of so many semitones and steps leads along the line of fifths."""
    return 7 * semitones - 12 * steps


def name_of(fifths: int) -> str:
    """The name of a place on the line of fifths: `C`, `F#`, `Bbb`."""
    step, alter = step_and_alter(np.array([fifths]))
    sharps = int(alter[0])
    return STEPS[int(step[0])] + ("#" * sharps if sharps > 0 else "b" * -sharps)


def moved_name(name: str, fifths: int) -> str:
    """A note's name so many fifths further; "" stays ""."""
    if not name or not fifths:
        return name
    alter = name.count("#") - name[1:].count("b")
    return name_of(int(_FIFTHS_OF_STEP[STEPS.index(name[0])]) + 7 * alter + fifths)


def step_and_alter(fifths: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Steps (0 = C .. 6 = B) and accidentals in semitones of places on the line of fifths."""
    places = np.asarray(fifths, np.int64) + 1
    return _STEP_OF_FIFTHS[places % 7], places // 7


def spell(pitch: NDArray[Any], key_fifths: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Spell MIDI pitches by the key around them.

    Of the names of a pitch the one that lies in the key, or the usual one outside: in C major and A minor C#, Eb, F#,
    G#, Bb.

    Args:
        pitch: 0..127, any shape.
        key_fifths: sharps of the key there, flats negative; of the same shape.

    Returns:
        Steps 0..6, accidentals in semitones, octaves (4 begins with middle C).
    """
    pitch = np.asarray(pitch, np.int64)
    low = np.clip(np.asarray(key_fifths, np.int64), -7, 7) + _LOWEST
    fifths = low + (7 * pitch - low) % 12  # the one place in a window of twelve
    step, alter = step_and_alter(fifths)
    return step, alter, (pitch - alter - STEP_SEMITONES[step]) // 12 - 1


def concert_key(keys: NDArray[Any], ticks: NDArray[Any]) -> NDArray[np.int64]:
    """The sharps of the key at each place, 0 before the first; keys is a KEY_SIGNATURE array."""
    if not len(keys):
        return np.zeros(len(ticks), np.int64)
    keys = keys[np.argsort(keys["ticks"], kind="stable")]
    place = np.searchsorted(keys["ticks"], ticks, side="right") - 1
    return np.where(place >= 0, keys["fifths"][np.maximum(place, 0)], 0).astype(np.int64)
