"""Piano rolls side by side, to compare takes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from bandmate.pictures import style
from bandmate.pictures.roll import roll_png
from bandmate.score.model import Score

_GAP = 24


def draw_side_by_side(scores: Sequence[Score], path: str | Path) -> Path:
    """Draw scores beside each other, each with its title, and write them as one PNG.

    Raises:
        OutputError: the place cannot be written to; the message names it.
    """
    rolls = [Image.open(io.BytesIO(roll_png(score))).convert("RGB") for score in scores]
    width = sum(roll.width for roll in rolls) + _GAP * (len(rolls) - 1)
    image = Image.new("RGB", (width, max(roll.height for roll in rolls)), rolls[0].getpixel((0, 0)))
    left = 0
    for roll in rolls:
        image.paste(roll, (left, 0))
        left += roll.width + _GAP
    return style.save_png(image, path)
