from __future__ import annotations

import numpy as np
import pytest

from bandmate.analysis.sections import Section
from bandmate.pictures.canvas import Raster, Words
from bandmate.pictures.similarity import MOST_CELLS, bar_likeness, pooled, similarity_canvas, similarity_text
from bandmate.score.model import Score, Track, make_notes

BAR = 1920


def ab_ab() -> Score:
    """Two bars, A and B, twice."""
    onsets = [BAR * bar + step * 480 for bar in range(4) for step in range(4 if bar % 2 == 0 else 2)]
    pitches = [60 if bar % 2 == 0 else 66 for bar in range(4) for _ in range(4 if bar % 2 == 0 else 2)]
    return Score((Track("lead", notes=make_notes(onsets, 240, pitches)),), end_ticks=4 * BAR)


def test_a_repeated_bar_is_the_same_and_another_is_not():
    likeness = bar_likeness(ab_ab())
    assert likeness.shape == (4, 4)
    assert np.allclose(np.diagonal(likeness), 1.0)
    assert likeness[0, 2] == pytest.approx(1.0)
    assert likeness[0, 1] < 0.8
    assert np.allclose(likeness, likeness.T)


@pytest.mark.parametrize("score", [Score(), Score((Track("empty"),), end_ticks=3 * BAR)])
def test_silence_is_like_silence(score):
    assert (bar_likeness(score) == 1.0).all()


def test_an_empty_bar_is_unlike_a_full_one():
    likeness = bar_likeness(Score((Track("one", notes=make_notes([0], [480], [60])),), end_ticks=2 * BAR))
    assert likeness.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_long_pieces_are_pooled_and_say_so():
    cells, each = pooled(np.eye(2000), MOST_CELLS)
    assert each == 7
    assert len(cells) == -(-2000 // 7) <= MOST_CELLS
    canvas = similarity_canvas(np.eye(2000), title="long")
    assert any(isinstance(shape, Words) and "7 bars a cell" in shape.text for shape in canvas.shapes)
    assert canvas.width < 1000


def test_the_picture_has_the_matrix_and_the_sections():
    canvas = similarity_canvas(np.eye(4), (Section("A", 0, 2), Section("B", 2, 2, "chorus")), "mine", 9)
    rasters = [shape for shape in canvas.shapes if isinstance(shape, Raster)]
    texts = [shape.text for shape in canvas.shapes if isinstance(shape, Words)]
    assert rasters[0].cells.shape == (4, 4, 3)
    assert rasters[0].cells[0, 0].sum() < rasters[0].cells[0, 1].sum()  # the same is dark
    assert {"A", "chorus", "9", "12", "mine"} <= set(texts)


def test_letters_for_a_terminal_keep_their_width():
    text = similarity_text(np.eye(4), (Section("A", 0, 2), Section("B", 2, 2, "chorus")), 60, 5)
    assert text.splitlines()[0] == "A           5  ██"
    assert text.splitlines()[2] == "chorus      7      ██"
    assert max(map(len, similarity_text(np.ones((500, 500)), (), 80).splitlines())) <= 80
