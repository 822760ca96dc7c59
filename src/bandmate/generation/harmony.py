"""The pull of harmony: how much a pitched track leans on the chord of its half bar and on the key, as logits.

A soft filter: it forbids nothing. Roles differ as players do: a bass leans on the root, comping on the chord, a melody
only a little; all of them lean away from notes outside the key.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.genres import genre
from bandmate.generation.allowed import Cells
from bandmate.score.pitch import Chord, Key
from bandmate.score.plan import Plan

# role -> (root, other chord tones, other tones of the key); logits
_PULL = {
    "bass": (2.0, 1.1, 0.0),
    "chords": (2.6, 2.6, -1.5),
    "pad": (2.6, 2.6, -1.5),
    "strings": (2.2, 2.2, -1.0),
    "arp": (2.4, 2.4, -1.0),
    "brass": (1.8, 1.8, -0.5),
    "melody": (0.9, 0.9, 0.0),
    "lead": (0.9, 0.9, 0.0),
    "vox": (0.9, 0.9, 0.0),
}
_OTHER_ROLE = (1.0, 1.0, 0.0)
_OUTSIDE = -2.0


def harmony_pull(plan: Plan, cells: Cells) -> NDArray[np.float32]:
    """Logits added to each pitch of each cell, for each part of its bar; (n, parts, 128)."""
    pull = np.zeros((len(cells), plan.parts, 128), np.float32)
    for index, (track, bar) in enumerate(zip(cells.track.tolist(), cells.bar.tolist(), strict=True)):
        asked = plan.tracks[track]
        for part in () if asked.is_drum else range(plan.parts):
            pull[index, part] = chord_pull(asked.role, plan.sounding_chords[plan.parts * bar + part], plan.key)
    return pull


def chord_pull(role: str, chord: Chord | None, key: Key | None) -> NDArray[np.float32]:
    """Logits of each pitch for a role over a chord in a key, (128,); what is not known does not pull."""
    root_pull, tone_pull, key_pull = _PULL.get(role, _OTHER_ROLE)
    scale = np.isin(np.arange(12), list(key.lock)) if key else np.ones(12, bool)
    if chord is None:
        return np.tile(np.where(scale, 0.0, _OUTSIDE), 11)[:128].astype(np.float32)
    tones = np.isin(np.arange(12), list(chord.pitch_classes))
    classes = np.where(tones, tone_pull, np.where(scale, key_pull, key_pull + _OUTSIDE))
    classes[chord.root if chord.bass is None else chord.bass] = root_pull
    return np.tile(classes, 11)[:128].astype(np.float32)


def singing(plan: Plan) -> NDArray[np.bool_]:
    """Which tracks are lines that should not dwell on one pitch: melodies, and a bass that walks free of the kick."""
    walks = genre(plan.genre)["bass"].get("kick_rel") == "free"
    lines = ("melody", "lead", "vox", *(("bass",) if walks else ()))
    return np.array([track.role in lines for track in plan.tracks])
