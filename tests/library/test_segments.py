import numpy as np
import pytest

from bandmate.analysis.meter import score_bars
from bandmate.library.segments import cut
from bandmate.score.model import Score, Track, make_meters, make_notes


def bars_of_notes(*bars: int, meter=(4, 4)) -> Score:
    length = 480 * 4 * meter[0] // meter[1]
    onset = np.array([bar * length for bar in bars])
    return Score(
        (Track(notes=make_notes(onset, 100, 60)), Track(notes=make_notes(onset[:1], 100, 40))),
        meters=make_meters(*meter),
    )


@pytest.mark.parametrize(
    ("bars", "spans"),
    [
        (range(16), [(0, 16)]),
        (range(40), [(0, 16), (16, 16), (32, 8)]),
        (range(34), [(0, 16), (16, 18)]),  # two bars alone say nothing
        (range(2), [(0, 2)]),
        (range(3, 20), [(3, 17)]),  # from the first bar that sounds
        ([0, 40], [(0, 16), (32, 9)]),  # silence in between is left off
    ],
)
def test_segments_lie_on_bar_lines(bars, spans):
    score = bars_of_notes(*bars)
    found = cut(score, score_bars(score), ["melody", "bass"])
    assert [(start, length) for start, length, _, _ in found] == spans
    assert sum(notes for _, _, notes, _ in found) == score.note_count


def test_only_roles_that_sound_are_named():
    score = bars_of_notes(*range(32), meter=(3, 4))
    found = cut(score, score_bars(score), ["melody", "bass"])
    assert [roles for _, _, _, roles in found] == ["bass melody", "melody"]


def test_a_silent_score_has_no_segments():
    score = Score((Track(),))
    assert cut(score, score_bars(score), [""]) == ()
