from __future__ import annotations

import numpy as np
import pytest

from bandmate.errors import LibraryError
from bandmate.groovebook.arrange import rearrange
from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos

# A song of eight bars: C Am F G, a melody of quarters, one upbeat of two beats before the first downbeat.
CHORDS = ((60, 64, 67), (57, 60, 64), (53, 57, 60), (55, 59, 62)) * 2
TUNE = (67, 69, 67, 64)


def song(offset_beats: int = 0) -> Score:
    shift = offset_beats * 240
    onset = [shift + bar * 960 for bar in range(8) for _ in range(3)]
    chords = make_notes(onset, 960, [p for chord in CHORDS for p in chord], 70)
    melody = make_notes([shift + beat * 240 for beat in range(32)], 220, TUNE * 8, 90)
    tracks = (Track("MELODY", notes=melody), Track("CHORDS", notes=chords))
    return Score(tracks, ticks_per_quarter=240, tempos=make_tempos(100), meters=make_meters())


@pytest.mark.parametrize("name", ["house", "jazz_swing", "waltz", "techno", "string_quartet", "drum_and_bass"])
def test_the_melody_stays_and_the_band_is_the_genres(name: str) -> None:
    score, labels = rearrange(song(), name, 3, bars=(8, 8))
    melody = next(t for t in score.tracks if t.role == "melody").notes
    assert labels["genre"] == name and labels["roles"] == [t.role for t in score.tracks]
    assert score.end_ticks == labels["bars"] * 1920 and score.last_ticks == score.end_ticks
    classes = (melody["pitch"][:4] % 12).tolist()
    assert classes == [p % 12 for p in TUNE]
    assert all(len(t.notes) for t in score.tracks)


def test_chords_are_heard_and_the_upbeat_is_dropped() -> None:
    score, labels = rearrange(song(2), "pop", 1, downbeat_offset_beats=2, bars=(8, 8))
    assert labels["chords"][:8:2] == ["C", "Am", "F", "G"]
    melody = next(t for t in score.tracks if t.role == "melody").notes
    assert len(melody) == 32 and int(melody["onset_ticks"][0]) < 60


def test_straight_eighths_swing_in_jazz() -> None:
    tune = make_notes([beat * 120 for beat in range(64)], 100, TUNE * 16, 90)
    score, _ = rearrange(
        Score((Track("MELODY", notes=tune), song().tracks[1]), ticks_per_quarter=240, tempos=make_tempos(150)),
        "jazz_swing",
        1,
        bars=(8, 8),
    )
    onsets = next(t for t in score.tracks if t.role == "melody").notes["onset_ticks"]
    assert abs(float(np.median(onsets[1::2] % 480)) - 320) < 25


def test_a_piece_without_melody_is_refused() -> None:
    with pytest.raises(LibraryError, match="melody"):
        rearrange(Score((Track("drums", is_drum=True, notes=make_notes([0], 10, 36, 90, channel=9)),)), "pop", 0)
