"""Chord progressions as they are typed."""

from __future__ import annotations

import pytest

from bandmate.errors import BriefError
from bandmate.generation.progression import parse_progression
from bandmate.groovebook.harmony import spread
from bandmate.groovebook.plan import make_plan
from bandmate.score.brief import Brief
from bandmate.score.pitch import Key


def names(text: str) -> list[list[str]]:
    kind, bars = parse_progression(text)
    assert kind == "chords"
    return [[chord.spell() for chord in bar] for bar in bars]


def test_symbols_bar_lines_and_repeats() -> None:
    assert names("Am F C G") == [["Am"], ["F"], ["C"], ["G"]]
    assert names("| Dm7 G7 | Cmaj7 | % |") == [["Dm7", "G7"], ["Cmaj7"], ["Cmaj7"]]
    assert names("Am - F, C → G") == [["Am"], ["F"], ["C"], ["G"]]
    assert names("Am-F-C/E-G") == [["Am"], ["F"], ["C/E"], ["G"]]
    assert names("C-7 F7") == [["Cm7"], ["F7"]]


def test_numerals_wait_for_a_key() -> None:
    assert parse_progression("ii7 V7 | Imaj7 | %") == ("progression", "ii7 V7 | Imaj7 | Imaj7")
    assert parse_progression("ii V I") == ("progression", "ii V I")
    assert parse_progression("12-bar blues") == ("progression", "12-bar blues")
    plan = make_plan(
        Brief(genre="jazz_swing", bars=4, key=Key(10, "major"), progression="ii7 V7 | Imaj7 | vi7 | ii7"), 1
    )
    assert [chord.spell(True) for chord in plan.chords[:4]] == ["Cm7", "F7", "Bbmaj7", "Bbmaj7"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("Dm7 Gmj7", "'Gmj7' does not exist; did you mean Gmaj7"),
        ("H7 C", "begin with a letter A to G"),
        ("C | | D", "bar 2 of --chords is empty"),
        ("% | C", "begins with %"),
        ("C % | D", "% beside chords"),
        ("ii G7", "mixes numerals and symbols near 'G7'"),
        ("IIIx7 V7", "numeral 'IIIx7' is not understood"),
        ("C D E F G A B C D | E", "9 chords; give at most 8"),
    ],
)
def test_what_is_wrong_is_said(text: str, says: str) -> None:
    with pytest.raises(BriefError, match=says):
        parse_progression(text)


def test_chords_that_do_not_come_out_even_begin_with_the_longest() -> None:
    assert spread(("a", "b", "c"), 4) == ["a", "a", "b", "c"]
    assert spread(("a", "b", "c", "d"), 4) == ["a", "b", "c", "d"]
    assert spread(("a", "b"), 5) == ["a", "a", "a", "b", "b"]
