from __future__ import annotations

import pytest

from bandmate.errors import BriefError
from bandmate.pictures.terminal import NAME, roll_text
from bandmate.score.model import Score, Track, make_notes

BAR = 1920


def two_bars() -> Score:
    low_then_high = make_notes([0, BAR], BAR, [48, 72])
    kick = make_notes([0, 960, 1920, 2880], 60, 36, channel=9)
    return Score(
        (Track("Bass line", 33, notes=low_then_high), Track("Drums", 0, True, kick), Track("none")), end_ticks=2 * BAR
    )


def test_high_notes_stand_above_low_ones_at_their_bars():
    ruler, *rows = roll_text(two_bars(), 80).splitlines()
    second = ruler.index("2")
    assert ruler.index("1") == NAME
    top, bottom = rows[0], rows[3]
    assert top.startswith("Bass line")
    assert set(top[NAME:second]) == {" "}
    assert " " not in top[second:]
    assert " " not in bottom[NAME:second]
    assert len(bottom) == second


def test_hits_are_dots_and_silent_tracks_are_left_out():
    text = roll_text(two_bars(), 80)
    drums = next(line for line in text.splitlines() if line.startswith("Drums"))
    assert sum(sign != " " for sign in drums[NAME:]) == 4
    assert "none" not in text


@pytest.mark.parametrize("width", [40, 77, 200])
def test_no_line_is_wider_than_asked_and_ascii_is_ascii(width):
    for ascii_only in (False, True):
        text = roll_text(two_bars(), width, ascii_only=ascii_only)
        assert max(map(len, text.splitlines())) <= width
    assert text.isascii()


def test_many_tracks_are_counted():
    tracks = tuple(Track(f"t{n}", notes=make_notes([0], 10, 60)) for n in range(30))
    assert roll_text(Score(tracks)).splitlines()[-1] == "and 6 tracks more"


def test_an_empty_score_and_a_bad_width():
    assert roll_text(Score()).strip() == "1"
    with pytest.raises(BriefError, match="width"):
        roll_text(two_bars(), 5)
