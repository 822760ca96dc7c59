"""edit: change a file by the operations of `score/ops`, in one fixed order."""

from __future__ import annotations

import re
from pathlib import Path

from bandmate.errors import BriefError
from bandmate.io.files import read, write
from bandmate.limits import Limit
from bandmate.score import ops
from bandmate.score.model import Score

TRANSPOSE = Limit("transpose", -60, 60, "semitones")
SWING_PERCENT = Limit("swing", 50, 75, "percent; 50 is straight, 66 a triplet feel")
STRENGTH = Limit("strength", 0, 100, "percent")
STRETCH = Limit("stretch", 0.1, 10, "times as long")


def edit(
    source: Score | str | Path,
    out: str | Path | None = None,
    *,
    trim: str | tuple[int, int] | None = None,
    transpose: int = 0,
    quantise: str | None = None,
    strength: float = 100,
    swing: float | None = None,
    stretch: float | None = None,
) -> Score:
    """Trim, transpose, quantise, swing and stretch, in this order.

    Args:
        source: a score or a file.
        out: file to write; None = nowhere.
        trim: bars to keep, 1-based and inclusive: "1-8" or (1, 8).
        transpose: semitones, drums stay.
        quantise: grid, such as "1/16" or "1/8t".
        strength: percent of the way to the grid.
        swing: place of the off note in its pair, in percent (50 straight).
        stretch: factor on all lengths.

    Raises:
        BriefError: a value is out of range. FileFormatError: the file cannot be read.
    """
    score = source if isinstance(source, Score) else read(source)
    if trim is not None:
        score = ops.trim(score, *_bars(trim))
    if transpose:
        score = ops.transpose(score, int(TRANSPOSE.check(transpose)))
    share = None if swing is None else SWING_PERCENT.check(swing) / 100
    if quantise is not None:
        score = ops.quantise(score, quantise, STRENGTH.check(strength) / 100, share)
    elif share is not None:
        score = ops.swing(score, share)
    if stretch is not None:
        score = ops.stretch(score, STRETCH.check(stretch))
    if out is not None:
        write(score, out)
    return score


def _bars(trim: str | tuple[int, int]) -> tuple[int, int]:
    if isinstance(trim, tuple):
        return trim
    match = re.fullmatch(r"\s*(\d{1,6})(?:\s*-\s*(\d{1,6}))?\s*", trim)
    if not match:
        raise BriefError(f"trim '{trim}' is not understood; write the first and last bar, such as 1-8")
    return int(match[1]), int(match[2] or match[1])
