"""Chords and numerals that were asked for, as players read them."""

from __future__ import annotations

import pytest

from bandmate.errors import BriefError
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.stated_chords import half_bars
from bandmate.score.brief import Brief
from bandmate.score.pitch import Chord, Key


def chords_of(progression: str, key: Key, genre: str = "pop", bars: int = 4) -> str:
    plan = make_plan(Brief(genre=genre, bars=bars, loop=True, key=key, progression=progression), 1)
    return " ".join(chord.spell(key.uses_flats) for chord in plan.chords[::2])


@pytest.mark.parametrize(
    ("progression", "spelt"),
    [
        ("i VI III VII", "Am F C G"),
        ("i bVI bIII bVII", "Am F C G"),
        ("i | VImaj7 | iv V7 | i", "Am Fmaj7 Dm Am"),
        ("i VII VI V", "Am G F E"),
        ("i V7/III III iv", "Am G7 C Dm"),
    ],
)
def test_degrees_in_minor_are_those_of_its_scale(progression, spelt) -> None:
    assert chords_of(progression, Key(9, "minor")) == spelt


def test_degrees_in_major_are_counted_as_written() -> None:
    assert chords_of("I VI II V", Key(9, "major")) == "A F# B E"
    assert chords_of("I V vi IV", Key(7, "major")) == "G D Em C"


def test_players_of_ninths_read_numerals_without_figures_as_sevenths() -> None:
    assert chords_of("ii V I", Key(10, "major"), "jazz_swing") == "Cm7 F7 Bbmaj7 Bbmaj7"
    assert chords_of("ii V i", Key(0, "minor"), "jazz_ballad") == "Dm7b5 G7 Cm6 Cm6"
    assert chords_of("ii7 V I", Key(10, "major"), "jazz_swing") == "Cm7 F Bb Bb"  # a figure says that they are meant
    assert chords_of("ii V I", Key(10, "major"), "country") == "Cm F Bb Bb"


def test_a_bar_without_a_chord_is_told() -> None:
    with pytest.raises(BriefError, match="bar 2 of the stated chords is empty"):
        half_bars(Brief(chords=((Chord(0),), ())), Key(0), 4, "pop")
