"""Flags over words: they win, contradictions are named, bad values are one sentence."""

from __future__ import annotations

from typing import Any

import pytest

from bandmate.errors import BriefError
from bandmate.generation.words import BriefFlags, compile_text, merge_flags
from bandmate.generation.words_flag_tracks import parse_track
from bandmate.score.brief import Brief
from bandmate.score.pitch import Key


def merged(text: str, **flags: Any) -> Brief:
    return merge_flags(compile_text(text), BriefFlags(**flags))


@pytest.mark.parametrize(
    ("text", "flags", "field", "value", "told"),
    [
        ("house at 120", {"tempo": 128}, "tempo", 128, ("120", "128")),
        ("house in D minor", {"key": "F# minor"}, "key", Key(6, "minor"), ("D minor", "F# minor")),
        ("house", {"genre": "techno"}, "genre", "techno", ("house", "techno")),
        ("house, 8 bars", {"bars": 16}, "bars", 16, ("8", "16")),
        ("house in 3/4", {"meter": "7/8"}, "meter", (7, 8), ("3/4", "7/8")),
        ("house, 30 seconds", {"bars": 8}, "bars", 8, ("30 seconds", "8 bars")),
        ("slow house", {"tempo": 128}, "tempo", 128, ("slow", "128")),
        ("minor house", {"key": "C major"}, "key", Key(0, "major"), ("minor", "C major")),
        ("swing 60% house", {"swing": 55}, "swing", 0.55, ("0.6", "0.55")),
        ("high energy house", {"energy": 2}, "energy", 2, ("5", "2")),
    ],
)
def test_the_flag_wins_and_both_are_named(
    text: str, flags: dict, field: str, value: Any, told: tuple[str, ...]
) -> None:
    brief = merged(text, **flags)
    assert getattr(brief, field) == value
    sentence = next(c for c in brief.conflicts if "the flag" in c and all(word in c for word in told))
    assert sentence.endswith("the flag wins")


def test_what_both_say_alike_is_no_conflict() -> None:
    assert merged("house at 120 in D minor", tempo=120, key="D minor", genre="house").conflicts == ()


def test_tracks_are_exactly_those_named() -> None:
    brief = merged("lo-fi, no drums, flute", tracks="drums,bass=upright bass,chords=rhodes,melody")
    assert [(t.role, t.program) for t in brief.tracks] == [
        ("drums", None),
        ("bass", 32),
        ("chords", 4),
        ("melody", None),
    ]
    assert brief.only == ("drums", "bass", "chords", "melody")
    assert "drums" not in brief.excluded
    assert any("leave out drums" in c for c in brief.conflicts)
    assert any("flute" in c for c in merged("lo-fi with flute", tracks="drums,melody=trumpet").conflicts)


def test_other_flags() -> None:
    brief = merged("", genre="boom bap", mood="chill, dark", density=1.5, loop=True, exclude="melody,piano")
    assert (brief.genre, brief.moods, brief.density, brief.loop) == ("boom_bap", ("chill", "dark"), 1.5, True)
    assert {"melody", "lead"} <= set(brief.excluded)
    assert 0 in brief.excluded_programs
    assert merged("", style="phonk", genre="trap").styles == ("phonk",)
    assert [[c.spell() for c in bar] for bar in merged("pop", chords="Am F | C G").chords] == [["Am", "F"], ["C", "G"]]
    assert [[c.spell() for c in bar] for bar in merged("pop", chords="Dm7 G7 Cmaj7").chords] == [
        ["Dm7"],
        ["G7"],
        ["Cmaj7"],
    ]
    assert merged("pop", chords="ii V I").progression == "ii V I"


def test_a_genre_is_guessed_when_neither_names_one() -> None:
    brief = merge_flags(compile_text(""), BriefFlags(tempo=100))
    assert (brief.genre, brief.guessed) == ("pop", ("genre",))
    assert merged("sad piano", genre="jazz").guessed == ()


def test_parse_track() -> None:
    assert parse_track("bass = slap bass").program == 36
    assert parse_track("rhodes").role == "chords"
    assert parse_track("drums=brushes").kit == 40
    assert parse_track("melody=73").program == 73


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"bars": 0}, ("bars 0", "1 to 2048")),
        ({"bars": 10000}, ("bars 10000", "1 to 2048")),
        ({"bars": 2.5}, ("2.5", "whole")),
        ({"tempo": 0}, ("tempo 0", "20 to 400")),
        ({"tempo": 1e9}, ("tempo 1e+09", "20 to 400")),
        ({"tempo": float("nan")}, ("tempo", "nan")),
        ({"tempo": "fast"}, ("tempo", "fast")),
        ({"key": "D minr"}, ("D minr", "did you mean D minor")),
        ({"key": "K major"}, ("K major", "D minor")),
        ({"key": ""}, ("key",)),
        ({"genre": "huose"}, ("huose", "did you mean", "house")),
        ({"genre": "zzzzz"}, ("zzzzz",)),
        ({"mood": "buttery"}, ("buttery", "did you mean", "warm")),
        ({"meter": "4/5"}, ("4/5", "4/4")),
        ({"meter": "99/4"}, ("99", "1 to 32")),
        ({"tracks": "drums,bass=saxaphon"}, ("saxaphon", "did you mean", "sax")),
        ({"tracks": "drumms=rhodes"}, ("drumms", "did you mean drums")),
        ({"tracks": " , "}, ("--tracks", "drums,bass=upright bass")),
        ({"tracks": ",".join(["bass"] * 33)}, ("tracks 33", "1 to 32")),
        ({"energy": 9}, ("energy 9", "1")),
        ({"density": 0}, ("density 0", "0.25")),
        ({"swing": 90}, ("swing 90", "50")),
        ({"seconds": -1}, ("seconds -1",)),
        ({"chords": "Hm7"}, ("Hm7", "Dm7")),
        ({"exclude": "drms"}, ("drms", "drums")),
    ],
)
def test_a_bad_flag_is_one_sentence_with_the_cure(flags: dict, told: tuple[str, ...]) -> None:
    with pytest.raises(BriefError) as caught:
        merged("house", **flags)
    message = str(caught.value)
    assert all(word in message for word in told), message
    assert "\n" not in message


def test_nothing_said_is_an_error_with_an_example() -> None:
    with pytest.raises(BriefError, match="bandmate compose"):
        merge_flags(compile_text(" "), BriefFlags())
