"""Keys."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.analysis.music import Q, band, bass_line, beat, comping, line

from bandmate.analysis.harmony import estimate_key, signature_fifths
from bandmate.score.model import Score, Track, make_meters
from bandmate.score.pitch import Key

CADENCES = {"C major": "C F G C Am Dm G7 C", "A minor": "Am Dm E7 Am F Dm E7 Am"}


def of(progression: str, semitones: int = 0) -> Score:
    tracks = []
    for track in (Track(notes=bass_line(progression)), Track(notes=comping(progression))):
        notes = track.notes.copy()
        notes["pitch"] += semitones
        tracks.append(track.with_notes(notes))
    return Score(tracks=tuple(tracks), meters=make_meters())


@pytest.mark.parametrize("semitones", range(12))
@pytest.mark.parametrize("name", CADENCES)
def test_cadences_tell_their_key_in_every_transposition(name, semitones):
    found = estimate_key(of(CADENCES[name], semitones))
    key = Key.parse(name)
    assert found.key == Key((key.tonic + semitones) % 12, key.mode)
    assert found.confidence > 0.6
    assert sum(chance for _, chance in found.ranked) == pytest.approx(1.0, abs=0.01)
    assert found.ranked[0] == (found.key, found.confidence)


def test_a_middle_in_another_key_does_not_move_home():
    assert estimate_key(of("C F G C Am F G C A D E A D E A A C F G C F G G C")).key == Key(0)


def test_dorian_and_mixolydian_are_named_as_modes_of_their_tonic():
    dorian = estimate_key(of("Dm G Dm C Dm G Am Dm Dm G Dm Dm"))
    assert (dorian.key, dorian.modal) == (Key(2, "minor"), Key(2, "dorian"))
    mixolydian = estimate_key(of("G F C G G F C G Dm F G G"))
    assert (mixolydian.key, mixolydian.modal) == (Key(7), Key(7, "mixolydian"))


def test_drums_alone_have_no_key_and_drums_do_not_change_one():
    assert estimate_key(Score(tracks=(Track(is_drum=True, notes=beat(4)),))).key is None
    assert estimate_key(Score()).ranked == ()
    whole = band()
    bare = replace(whole, tracks=tuple(track for track in whole.tracks if not track.is_drum))
    assert estimate_key(whole) == estimate_key(bare)


def test_one_note_is_heard_as_a_tonic():
    assert estimate_key(Score(tracks=(Track(notes=line([62], 4.0)),))).key.tonic == 2
    assert Score().ticks_per_quarter == Q


@pytest.mark.parametrize(("name", "fifths"), [("C major", 0), ("A minor", 0), ("Eb major", -3), ("F# minor", 3)])
def test_signatures_count_sharps_and_flats(name, fifths):
    assert signature_fifths(Key.parse(name)) == fifths
