"""How far the groove book's outline binds what the model writes."""

import numpy as np
import pytest

from bandmate.generation.allowed import Allowed, Cells
from bandmate.generation.form import bound_by_outline
from bandmate.tokenizers.grid import CELL_NOTE


def outline(notes_a_cell: list[int]) -> tuple[Allowed, np.ndarray, np.ndarray, np.ndarray]:
    """Cells of one track, a bar each, and an outline with so many notes in them."""
    count = len(notes_a_cell)
    track, bar = np.zeros(count, np.int64), np.arange(count)
    allowed = Allowed.everything(Cells(track, bar, np.full(count, 96), np.full(count, 96)))
    pattern = np.zeros(sum(notes_a_cell), CELL_NOTE)
    pattern["bar"] = np.repeat(bar, notes_a_cell)
    return allowed, pattern, track, bar


def test_cells_are_about_as_full_as_the_outline_and_open_where_it_is_silent() -> None:
    allowed, pattern, track, bar = outline([10, 0, 1])
    bound_by_outline(allowed, pattern, track, bar)
    assert allowed.least.tolist() == [7, 0, 0] and allowed.most.tolist() == [15, 192, 3]


@pytest.mark.parametrize(
    ("factor", "least", "most"), [(1.0, 7, 15), (1.05, 9, 15), (1.2, 11, 15), (0.95, 7, 12), (0.8, 7, 10)]
)
def test_where_more_was_asked_no_cell_gets_fewer_than_the_outline_and_where_less_none_gets_more(
    factor: float, least: int, most: int
) -> None:
    allowed, pattern, track, bar = outline([10])
    bound_by_outline(allowed, pattern, track, bar, np.log([factor]))
    assert (allowed.least[0], allowed.most[0]) == (least, most)
