import numpy as np
import pytest

from bandmate.library.clean import grid_strength, mend, problem_of
from bandmate.score.model import Score, Track, make_notes, make_tempos


def score(onset, duration=100, pitch=60, *, drum=False, bpm=120.0):
    return Score((Track(notes=make_notes(onset, duration, pitch), is_drum=drum),), tempos=make_tempos(bpm))


BEATS = np.arange(32) * 480


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        (Score(), "empty"),
        (score([0]), "one note"),
        (score(BEATS), "one note"),  # one pitch, however often
        (score(BEATS[:6], pitch=[60, 62, 64, 65, 67, 69]), "too short"),
        (score(np.zeros(40), pitch=np.arange(40) + 40), "too short"),  # all at once
        (score(np.arange(32), pitch=np.arange(32) + 40), "too short"),  # over in no time
        (score(BEATS * 400, pitch=40 + np.arange(32)), "too long"),
        (score(BEATS * 280, pitch=40 + np.arange(32), bpm=400), "too long"),  # within the hour, but 2,170 bars
    ],
)
def test_what_is_no_music_is_named(piece, reason):
    problem = problem_of(piece)
    assert problem is not None
    assert problem.reason == reason


def test_drums_on_one_key_and_melodies_are_music(make_band):
    assert problem_of(score(BEATS, pitch=42, drum=True)) is None
    assert problem_of(make_band(1)) is None


def test_notes_that_never_end_are_ended():
    piece = score(BEATS, duration=np.where(np.arange(32) == 3, 10**7, 100), pitch=40 + np.arange(32))
    lengths = mend(piece).tracks[0].notes["duration_ticks"]
    assert lengths.max() == 64 * 480
    assert (np.sort(lengths)[:-1] == 100).all()
    assert mend(mend(piece)).tracks[0].notes["duration_ticks"].max() == 64 * 480


def test_grid_strength_tells_clicks_from_free_playing():
    draw = np.random.default_rng(3)
    steps = np.arange(400) * 120
    played = np.maximum(0, steps + draw.normal(0, 21, 400)).astype(int)  # 22 ms at 120 BPM
    free = np.sort(draw.integers(0, 48_000, 400))
    assert grid_strength(score(steps)) == pytest.approx(1.0)
    assert grid_strength(score(np.arange(400) * 160)) == pytest.approx(1.0)  # triplets
    assert grid_strength(score(played)) > 0.4
    assert grid_strength(score(free)) < 0.15
    assert grid_strength(Score((Track(),))) == 0.0
