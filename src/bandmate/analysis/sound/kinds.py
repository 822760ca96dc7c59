"""What kind of sound it is: drums alone, one line, chords, or a band."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandmate.analysis.sound.choices import chances
from bandmate.audio.note_onsets import NotePicture

KINDS = ("drums", "line", "chords", "band")
_SOUNDS = 0.35


def kind_features(drums: NDArray[np.float32], notes: NotePicture) -> NDArray[np.float64]:
    """What speaks for each of KINDS: float (kinds, kinds * facts), each kind with facts of its own."""
    sounding = (notes.sound >= _SOUNDS).sum(axis=1)
    heard = sounding > 0
    struck = np.sort(drums[:, :3].max(axis=1))[::-1][: max(1, len(drums) // 12)]
    pitched = np.sort(notes.sound.max(axis=1))[::-1]
    facts = np.array([
        1.0, np.log1p(sounding.mean()), heard.mean(), np.log1p(sounding[heard].mean()) if heard.any() else 0.0,
        struck.mean(), (drums[:, :3] > 0.5).any(axis=1).mean() * 10, pitched[: max(1, len(pitched) // 2)].mean(),
        (sounding >= 3).mean(), (sounding == 1).mean(),
    ])  # fmt: skip
    return np.kron(np.eye(len(KINDS)), facts).astype(np.float64)


def find_kind(drums: NDArray[np.float32], notes: NotePicture) -> dict[str, float]:
    """How likely each of KINDS is."""
    likely = chances("kind", kind_features(drums, notes))
    return {name: float(value) for name, value in zip(KINDS, likely, strict=True)}
