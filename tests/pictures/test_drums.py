from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from bandmate.errors import BriefError
from bandmate.pictures import style
from bandmate.pictures.drums import _division, draw_drums
from bandmate.score.model import Score, Track, make_notes
from bandmate.score.timeline import bar_grid

BAR = 1920


def beat(ticks: list[int], bars: int = 4, velocity: int = 120) -> Score:
    onsets = [bar * BAR + t for bar in range(bars) for t in ticks]
    drums = make_notes(onsets, 60, [36 if i % 2 else 42 for i in range(len(onsets))], velocity, channel=9)
    return Score((Track("Drums", 0, True, drums),), end_ticks=bars * BAR)


def red(path) -> int:
    picture = np.asarray(Image.open(BytesIO(path.read_bytes()))).astype(int)
    return int((np.abs(picture - np.array(style.ROLE_COLOURS["drums"])).max(axis=2) < 3).sum())


def test_every_hit_is_a_coloured_cell(tmp_path):
    four = red(draw_drums(beat([0, 480, 960, 1440]), tmp_path / "a.png", bars=1))
    eight = red(draw_drums(beat(list(range(0, BAR, 240))), tmp_path / "b.png", bars=1))
    assert eight == pytest.approx(2 * four, rel=0.02)


@pytest.mark.parametrize(
    ("ticks", "division"),
    [([0, 480, 120], 4), ([0, 160, 320, 480, 640], 3), ([0, 80, 160, 240, 400], 6), ([0, 60, 180, 300, 420], 8)],
)
def test_the_grid_follows_the_hits(ticks, division):
    score = beat(ticks)
    assert _division(score.tracks[0].notes, bar_grid(score), 480) == division


def test_bars_that_are_not_there_or_silent_are_named(tmp_path):
    with pytest.raises(BriefError, match="bars 1 to 4"):
        draw_drums(beat([0]), tmp_path / "a.png", first_bar=5)
    with pytest.raises(BriefError, match="no drum sounds in bars 1 to 2"):
        draw_drums(Score((Track("x", notes=make_notes([0], 9000, 60)),)), tmp_path / "a.png")
    assert not list(tmp_path.iterdir())
