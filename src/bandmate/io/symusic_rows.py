"""The event lists of symusic as arrays of rows, in one copy.

Asked for its state, symusic packs a list as a count and its rows as they lie in memory; taking those is many times as
quick as asking for a column at a time. How it packs is its own affair, so it is tried on known events when this module
is loaded: a symusic that packs otherwise, or not at all (0.5.9), is read by columns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import symusic
from numpy.typing import NDArray


def _rows(size: int, *fields: tuple[str, str, int]) -> np.dtype[Any]:
    names, formats, offsets = zip(*fields, strict=True)
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": size})


NOTES = _rows(12, ("time", "<i4", 0), ("duration", "<i4", 4), ("pitch", "u1", 8), ("velocity", "u1", 9))
TEMPOS = _rows(8, ("time", "<i4", 0), ("mspq", "<i4", 4))
METERS = _rows(8, ("time", "<i4", 0), ("numerator", "u1", 4), ("denominator", "u1", 5))
KEYS = _rows(8, ("time", "<i4", 0), ("key", "i1", 4), ("tonality", "u1", 5))
_COUNT_BYTES = 4  # of the number of rows, before them


def by_columns(events: Any, kind: np.dtype[Any]) -> NDArray[Any]:
    """The rows of a list, asked for by columns."""
    columns = events.numpy()
    rows = np.zeros(len(columns["time"]), kind)
    for name in columns:
        rows[name] = columns[name]
    return rows


def as_packed(events: Any, kind: np.dtype[Any]) -> NDArray[Any]:
    """The rows of a list as symusic packs them."""
    return np.frombuffer(events.__getstate__(), kind, offset=_COUNT_BYTES)


def _samples() -> list[tuple[Any, np.dtype[Any]]]:
    """A list of each kind, its numbers at both ends of their ranges."""
    score, track = symusic.Score(480), symusic.Track()
    for note in ((0, 2**31 - 1, 0, 127), (2**31 - 1, 1, 127, 1), (3, 5, 7, 11)):
        track.notes.append(symusic.Note(*note))
    for bpm in (4, 120, 60000):
        score.tempos.append(symusic.Tempo(2**30 + bpm, bpm))
    for meter in ((1, 255, 64), (2**30, 3, 4)):
        score.time_signatures.append(symusic.TimeSignature(*meter))
    for key in ((1, -7, 1), (2**30, 7, 0)):
        score.key_signatures.append(symusic.KeySignature(*key))
    return [(track.notes, NOTES), (score.tempos, TEMPOS), (score.time_signatures, METERS), (score.key_signatures, KEYS)]


def packs_as_known() -> bool:
    """Whether symusic packs as this module takes it."""
    try:
        return all(as_packed(events, kind).tolist() == by_columns(events, kind).tolist() for events, kind in _samples())
    except Exception:  # whatever its binding raises where a list has no state, or its bytes are no whole rows
        return False


rows_of: Callable[[Any, np.dtype[Any]], NDArray[Any]] = as_packed if packs_as_known() else by_columns
"""The rows of a list of a kind; not to be written to."""
