"""Bandmate: the AI musician you own.

The face is lazy: `import bandmate` loads no array library, no engine and no model.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_FACE = {
    "Score": "bandmate.score.model",
    "Track": "bandmate.score.model",
    "Brief": "bandmate.score.brief",
    "Key": "bandmate.score.pitch",
    "Chord": "bandmate.score.pitch",
    "read": "bandmate.io.files",
    "write": "bandmate.io.files",
    "brief": "bandmate.workflows.compose",
    "compose": "bandmate.workflows.compose",
    "again": "bandmate.workflows.again",
    "regenerate": "bandmate.workflows.hands",
    "continue_song": "bandmate.workflows.hands",
    "accompany": "bandmate.workflows.hands",
    "fill": "bandmate.workflows.hands",
    "vary": "bandmate.workflows.hands",
    "respond": "bandmate.workflows.hands",
    "origin": "bandmate.workflows.origin",
    "replay": "bandmate.workflows.replay",
    "learn": "bandmate.workflows.learn",
    "evaluate": "bandmate.workflows.evaluate",
    "metrics": "bandmate.workflows.metrics",
    "hear": "bandmate.workflows.hear",
    "render": "bandmate.workflows.render",
    "show": "bandmate.workflows.show",
    "export": "bandmate.workflows.export",
    "listen": "bandmate.workflows.listen",
    "groove": "bandmate.workflows.groove",
    "harmonise": "bandmate.workflows.harmonise",
    "reharmonise": "bandmate.workflows.harmonise",
    "drumify": "bandmate.workflows.drumify",
    "interpolate": "bandmate.workflows.interpolate",
    "arrange": "bandmate.workflows.arrange",
    "restyle": "bandmate.workflows.restyle",
    "BandmateError": "bandmate.errors",
}
__all__ = [*_FACE, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _FACE:
        raise AttributeError(f"module 'bandmate' has no attribute {name!r}")
    return getattr(import_module(_FACE[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
