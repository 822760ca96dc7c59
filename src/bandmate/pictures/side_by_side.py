"""Piano rolls side by side, to compare takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bandmate.pictures.canvas import Canvas, save_picture
from bandmate.pictures.roll import roll_canvas
from bandmate.score.model import Score

_GAP = 24


def draw_side_by_side(scores: Sequence[Score], path: str | Path) -> Path:
    """Draw scores beside each other, each with its title, and write them as one PNG or SVG.

    Raises:
        OutputError: the place cannot be written to; the message names it.
    """
    rolls = [roll_canvas(score) for score in scores]
    canvas = Canvas(sum(roll.width for roll in rolls) + _GAP * (len(rolls) - 1), max(roll.height for roll in rolls))
    left = 0
    for roll in rolls:
        canvas.paste(roll, left, 0)
        left += roll.width + _GAP
    return save_picture(canvas, path)
