"""The confusion matrix as a picture."""

import numpy as np

from bandmate.pictures import style
from bandmate.pictures.confusion import CELL, HEADER, LABELS, MARGIN, RIGHT, WRONG, confusion_picture
from bandmate.pictures.paint import paint


def test_the_diagonal_is_green_and_mistakes_are_red_by_their_share():
    picture = paint(confusion_picture(("house", "techno"), np.array([[4, 0], [1, 1]]), "heard"))
    left, top = MARGIN + LABELS, HEADER + LABELS

    def cell(row: int, column: int) -> tuple[int, ...]:
        return picture.getpixel((left + column * CELL + 2, top + row * CELL + 2))  # type: ignore[return-value]

    assert cell(0, 0) == RIGHT
    assert cell(0, 1) == style.PANEL_DARK
    assert cell(1, 0) == style.mix(style.PANEL_DARK, WRONG, 0.5)
    assert picture.size == (left + 2 * CELL + MARGIN, top + 2 * CELL + MARGIN)
