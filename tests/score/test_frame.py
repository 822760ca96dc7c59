"""A frame filled with notes is exactly that frame."""

import numpy as np

from bandmate.score.frame import Frame, FrameTrack, framed
from bandmate.score.model import NO_NOTES, make_notes

TRIO = Frame((FrameTrack(0, True, "drums"), FrameTrack(33, False, "bass"), FrameTrack(0, False)), 2, (3, 4), 90.0)


def test_a_filled_frame_has_its_tracks_bars_meter_and_tempo():
    score = framed(TRIO, [make_notes([0], 60, 36), make_notes([480], 480, 40), NO_NOTES])
    assert [(t.program, t.is_drum, t.role, len(t.notes)) for t in score.tracks] == [
        (0, True, "drums", 1), (33, False, "bass", 1), (0, False, "", 0),
    ]  # fmt: skip
    assert score.end_ticks == 2 * 3 * 480 and round(score.bpm) == 90
    assert score.meters[0]["numerator"] == 3 and score.tracks[0].channel == 9 and score.tracks[1].channel == 0


def test_nothing_sounds_past_the_last_bar_or_into_the_next_stroke_of_its_key():
    bass = make_notes([0, 240, 2400, 2880, 4000], [9999, 480, 9999, 10, 10], [40, 40, 41, 40, 40])
    notes = framed(TRIO, [NO_NOTES, bass, NO_NOTES]).tracks[1].notes
    assert notes["onset_ticks"].tolist() == [0, 240, 2400]
    assert notes["duration_ticks"].tolist() == [240, 480, 480]


def test_two_strokes_of_one_key_at_one_moment_are_one():
    twice = make_notes([0, 0, 0], [100, 200, 50], [40, 40, 43])
    notes = framed(TRIO, [NO_NOTES, twice, NO_NOTES]).tracks[1].notes
    assert notes["pitch"].tolist() == [40, 43]
    assert np.all(notes["duration_ticks"] > 0)
