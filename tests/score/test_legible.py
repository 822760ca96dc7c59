"""Played notes as one would write them."""

from __future__ import annotations

import numpy as np

from bandmate.score.legible import legible
from bandmate.score.model import Score, Track, make_notes

Q = 480


def written(*notes: tuple[int, int, int], drum: bool = False, end: int = 4 * Q) -> list[tuple[int, int, int]]:
    """(onset, length, pitch) of each note, as it is written."""
    onset, length, pitch = zip(*notes, strict=True)
    track = Track("one", 0, drum, make_notes(onset, length, pitch))
    made = legible(Score((track,), Q, end_ticks=end)).tracks[0].notes
    return list(zip(*(made[name].tolist() for name in ("onset_ticks", "duration_ticks", "pitch")), strict=True))


def test_late_and_early_notes_stand_on_sixteenths():
    assert written((13, 100, 60), (228, 100, 62), (371, 100, 64)) == [(0, 240, 60), (240, 120, 62), (360, 120, 64)]


def test_a_short_note_lasts_to_the_next_one_or_the_next_beat():
    assert written((0, 40, 60), (120, 40, 62), (960, 40, 64)) == [(0, 120, 60), (120, 360, 62), (960, 480, 64)]


def test_a_long_note_keeps_its_length():
    assert written((0, 1440, 60)) == [(0, 1440, 60)]


def test_three_in_a_quarter_are_triplets():
    assert written((5, 150, 60), (158, 150, 62), (322, 150, 64)) == [(0, 160, 60), (160, 160, 62), (320, 160, 64)]


def test_a_strummed_chord_is_one_chord():
    assert written((0, 400, 60), (8, 440, 64), (15, 470, 67)) == [(0, 480, 60), (0, 480, 64), (0, 480, 67)]


def test_what_overlaps_a_little_ends_where_the_next_begins_and_what_rings_on_rings():
    assert written((0, 520, 60), (480, 480, 62)) == [(0, 480, 60), (480, 480, 62)]
    assert written((0, 1920, 48), (480, 480, 62)) == [(0, 1920, 48), (480, 480, 62)]


def test_a_roll_of_thirty_seconds_stays_one():
    roll = [(60 * n, 30, 38) for n in range(8)]
    assert [onset for onset, _, _ in written(*roll, drum=True)] == [60 * n for n in range(8)]


def test_two_of_one_pitch_at_one_place_are_written_once():
    assert written((0, 100, 60), (0, 480, 60)) == [(0, 480, 60)]


def test_drums_have_no_length_but_the_next_beat():
    assert written((0, 5, 36), (480, 900, 38), drum=True) == [(0, 480, 36), (480, 480, 38)]


def test_nothing_becomes_nothing():
    assert legible(Score()).tracks == ()
    assert not len(legible(Score((Track("empty"),))).tracks[0].notes)


def test_every_note_of_chance_music_has_a_length_and_a_place():
    dice = np.random.default_rng(4)
    notes = make_notes(dice.integers(0, 16 * Q, 400), dice.integers(0, 3 * Q, 400), dice.integers(30, 90, 400))
    made = legible(Score((Track("", notes=notes),), Q)).tracks[0].notes
    assert (made["duration_ticks"] > 0).all()
    assert (made["onset_ticks"] >= 0).all()
    assert (np.diff(made["onset_ticks"]) >= 0).all()
