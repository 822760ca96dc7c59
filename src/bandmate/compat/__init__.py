"""Scores to and from the objects of other libraries: muspy, symusic, pretty_midi, music21, mido, partitura.

    from bandmate import compat
    music = compat.to_muspy(score)
    score = compat.from_muspy(music)

Nothing is imported before it is used. What a library cannot hold stands in HOLDS, `left_out` counts it for a score, and
every `to_...` warns of it with `LossWarning`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_FACE = {
    "HOLDS": "holds",
    "LossWarning": "holds",
    "left_out": "holds",
    "from_mido": "midi_objects",
    "to_mido": "midi_objects",
    "from_pretty_midi": "midi_objects",
    "to_pretty_midi": "midi_objects",
    "from_muspy": "muspy_music",
    "to_muspy": "muspy_music",
    "from_symusic": "symusic_score",
    "to_symusic": "symusic_score",
    "from_music21": "music21_stream",
    "to_music21": "music21_stream",
    "from_partitura": "partitura_parts",
    "to_partitura": "partitura_parts",
}
__all__ = [*_FACE]


def __getattr__(name: str) -> Any:
    if name not in _FACE:
        raise AttributeError(f"module 'bandmate.compat' has no attribute {name!r}")
    return getattr(import_module(f"bandmate.compat.{_FACE[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
