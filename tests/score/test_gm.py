"""General MIDI as tables."""

from __future__ import annotations

from bandmate.score import gm


def test_every_program_has_a_name_a_family_and_a_range():
    assert len(gm.PROGRAM_NAMES) == len(set(gm.PROGRAM_NAMES)) == 128
    assert len(gm.FAMILIES) == 16
    for program in range(128):
        low, high = gm.program_range(program)
        assert 0 <= low < high <= 127
        assert high - low >= 11


def test_known_places():
    assert gm.PROGRAM_NAMES[0] == "Acoustic Grand Piano"
    assert gm.PROGRAM_NAMES[36] == "Slap Bass 1"
    assert gm.PROGRAM_NAMES[127] == "Gunshot"
    assert (gm.program_range(40), gm.program_range(73)) == ((55, 96), (60, 96))
    assert (gm.DRUM_NAMES[36], gm.DRUM_NAMES[38], gm.DRUM_NAMES[81]) == (
        "Bass Drum 1",
        "Acoustic Snare",
        "Open Triangle",
    )
    assert set(range(27, 88)) == set(gm.DRUM_NAMES)
    assert gm.family(33) == "bass"


def test_names_both_ways():
    assert gm.program_number("slap bass 1") == 36
    assert gm.program_number("kazoo") is None
    assert gm.program_name(40, is_drum=True) == "Brush Kit"
    assert gm.program_name(3, is_drum=True) == "Standard Kit"


def test_kinds():
    assert all(gm.is_bass_program(program) for program in range(32, 40))
    assert not gm.is_bass_program(0)
    assert gm.is_pad_program(89)
    assert gm.is_percussive_program(115)
    assert gm.is_guitar_program(27)
