"""A confusion matrix: what was asked in rows, what was heard in columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bandmate.pictures import style
from bandmate.pictures.canvas import Canvas

CELL, MARGIN, HEADER, LABELS, FONT = 15, 16, 40, 128, 11
RIGHT: style.Colour = style.ROLE_COLOURS["melody"]
WRONG: style.Colour = style.ROLE_COLOURS["drums"]


def confusion_picture(names: Sequence[str], counts: NDArray[np.int64], title: str) -> Canvas:
    """Draw a matrix of counts; each row is shaded by its own share, the diagonal green, the rest red.

    Args:
        names: of the classes.
        counts: int (classes, classes); row = asked, column = heard.
        title: one line above.
    """
    size = CELL * len(names)
    left, top = MARGIN + LABELS, HEADER + LABELS
    canvas = Canvas(left + size + MARGIN, top + size + MARGIN)
    canvas.write((MARGIN, MARGIN), style.clean_text(title), 16)
    share = counts / np.maximum(1, counts.sum(1, keepdims=True))
    for row, name in enumerate(names):
        label = style.fit_text(name.replace("_", " "), FONT, LABELS - 8)
        at = top + row * CELL
        canvas.write((left - 6, at + CELL // 2), label, FONT, style.TEXT_MUTED, "rm")
        canvas.write_upright((left + row * CELL + CELL // 2, top - 6), label, FONT, style.TEXT_MUTED)
        for column in range(len(names)):
            colour = RIGHT if row == column else WRONG
            shade = style.mix(
                style.PANEL_DARK if (row + column) % 2 else style.PANEL, colour, float(share[row, column])
            )
            canvas.rect((left + column * CELL, at, left + (column + 1) * CELL - 2, at + CELL - 2), shade)
    return canvas
