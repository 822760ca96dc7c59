"""Groove MIDI: drummers on a Roland TD-11, whose pads speak a little more than General MIDI does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from bandmate.score.model import Score

# Roland TD-11 note -> General MIDI drum key. Source: the mapping published with the data set; 22 and 26 are hi-hat
# edges, 40 the snare's rim, 50, 47, 58 rims of toms, 52, 55, 59 edges of cymbals.
TO_GM = np.arange(128, dtype=np.uint8)
for _roland, _gm in {22: 42, 26: 46, 40: 38, 58: 43, 50: 48, 47: 45, 52: 49, 55: 49, 57: 49, 59: 51, 53: 53}.items():
    TO_GM[_roland] = _gm


def prepare(score: Score, tags: dict[str, Any]) -> Score:
    """The same playing on General MIDI drum keys, on drum tracks."""
    tracks = []
    for track in score.tracks:
        notes = track.notes.copy()
        notes["pitch"] = TO_GM[notes["pitch"]]
        notes["channel"] = 9
        tracks.append(replace(track, notes=notes, is_drum=True, role="drums"))
    return replace(score, tracks=tuple(tracks))
