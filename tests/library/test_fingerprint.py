from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.library.fingerprint import (
    SYMBOLS,
    fingerprint,
    intervals_of,
    likeness,
    melodic_lines,
    ratios_of,
    symbols,
)
from bandmate.score.model import Score, Track, make_notes, make_tempos


def changed(score: Score, semitones: int, scale: int, bpm: float) -> Score:
    """In another key, resolution and tempo, with other instruments and velocities, tracks in another order."""
    tracks = []
    for track in score.tracks:
        notes = track.notes.copy()
        notes["onset_ticks"] *= scale
        notes["duration_ticks"] = notes["duration_ticks"] * scale // 2
        notes["velocity"] = 50
        if not track.is_drum:
            notes["pitch"] = notes["pitch"].astype(int) + semitones
        tracks.append(replace(track, notes=notes, program=5, name="x"))
    resolution = score.ticks_per_quarter * scale
    return replace(score, tracks=tuple(reversed(tracks)), ticks_per_quarter=resolution, tempos=make_tempos(bpm))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    semitones=st.integers(-12, 12),
    scale=st.sampled_from([1, 2, 5]),
    bpm=st.floats(40, 220),
)
def test_the_same_music_in_another_key_and_tempo_has_the_same_fingerprint(make_band, seed, semitones, scale, bpm):
    score = make_band(seed)
    assert fingerprint(changed(score, semitones, scale, bpm)) == fingerprint(score)


def test_other_music_has_another_fingerprint(make_band):
    prints = {fingerprint(make_band(seed)).print for seed in range(40)}
    assert len(prints) == 40


def test_likeness_falls_as_less_is_shared(make_band, make_melody):
    score = make_band(7)
    own = fingerprint(score)
    half = score.tracks[2].notes[:48]
    mixed = replace(score, tracks=(score.tracks[0], score.tracks[1], Track("m", notes=half)))
    other = fingerprint(make_band(8))
    assert likeness(own.sketch, own.sketch) == 1.0
    assert 0.3 < likeness(own.sketch, fingerprint(mixed).sketch) < 1.0
    assert likeness(own.sketch, other.sketch) < 0.2
    assert set(own.bands) & set(fingerprint(mixed).bands)


def test_a_piece_that_says_too_little_has_no_sketch():
    score = Score((Track(notes=make_notes(np.arange(8) * 480, 100, [60, 62, 64, 65, 67, 69, 71, 72])),))
    assert fingerprint(score).sketch == b""
    assert likeness(b"", fingerprint(score).sketch) == 0.0


def test_symbols_hold_intervals_and_ratios():
    score = Score((Track(notes=make_notes([0, 480, 960, 1200, 2160], 100, [60, 64, 62, 62, 50])),))
    codes, broken = symbols(melodic_lines(score)[0])
    assert intervals_of(codes).tolist() == [4, -2, 0, -12]
    assert ratios_of(codes).tolist() == [0, -2, 4]  # equal, half, four times: in half octaves
    assert (codes < SYMBOLS).all()
    assert not broken.any()


def test_the_line_is_the_top_note_and_drums_have_none():
    chord = make_notes([0, 0, 0, 480, 960], 100, [60, 64, 67, 62, 72])
    score = Score((Track(notes=chord), Track(is_drum=True, notes=chord)))
    lines = melodic_lines(score)
    assert [line.track for line in lines] == [0]
    assert lines[0].pitch.tolist() == [67, 62, 72]


@pytest.mark.parametrize("notes", [[], [0], [0, 480]])
def test_short_tracks_have_no_line(notes):
    assert melodic_lines(Score((Track(notes=make_notes(notes, 100, 60)),))) == []
