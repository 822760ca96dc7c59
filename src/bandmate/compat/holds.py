"""The one place where other libraries are imported, and the table of what their objects hold."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

from bandmate.errors import UserError
from bandmate.score.features import PLAYED, SOUND, features_of
from bandmate.score.model import Score

_SOUND = SOUND - {"release velocities"}
_CONTROLLED = PLAYED - {"text and system events"}
HOLDS: dict[str, frozenset[str]] = {
    "mido": SOUND | PLAYED | {"lyrics"},
    "symusic": _SOUND | _CONTROLLED | {"lyrics"},
    "pretty_midi": (_SOUND - {"markers"}) | _CONTROLLED | {"lyrics"},
    "muspy": _SOUND | {"played timing", "lyrics"},
    "music21": (_SOUND - {"markers"}) | {"played timing", "lyrics", "spellings", "chord symbols"},
    "partitura": (_SOUND - {"velocities", "markers", "instruments"}) | {"played timing", "spellings", "voices", "ties"},
}
"""Features of `score.features` that the objects of each library keep; of controllers, symusic and pretty_midi hold
control changes and bends alone."""


class LossWarning(UserWarning):
    """Something of a score does not fit the object that it becomes."""


def library(name: str) -> Any:
    """Another library, imported at its first use.

    Raises:
        UserError: it is not installed; the message is its install line.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of their own imports
            return import_module(name)
    except ImportError as missing:
        package = name.partition(".")[0]
        raise UserError(f"converting needs {package}; install it with: pip install {package} ({missing})") from missing


def left_out(score: Score, target: str) -> dict[str, int]:
    """What of a score the objects of a library do not hold, and how often it occurs.

    Args:
        score: the piece.
        target: a name in HOLDS.

    Raises:
        UserError: there is no such library in the table.
    """
    if target not in HOLDS:
        raise UserError(f"'{target}' is no library known here; give one of {', '.join(HOLDS)}")
    return {name: count for name, count in features_of(score).items() if name not in HOLDS[target]}


def tell_losses(score: Score, target: str) -> None:
    """Warn of what is left out, once for all of it."""
    lost = left_out(score, target)
    if lost:
        said = ", ".join(f"{name} ({count})" for name, count in lost.items())
        warnings.warn(f"{target} holds none of: {said}", LossWarning, stacklevel=3)
