"""Follow-ups: what is named changes, the rest stays."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.errors import BriefError
from bandmate.generation.words import compile_text
from bandmate.generation.words_followup import Followup, compile_followup
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.pitch import Key

TAKE = Brief(
    text="house",
    genre="house",
    tempo=120.0,
    key=Key(9, "minor"),
    bars=16,
    tracks=(
        TrackAsk("drums"),
        TrackAsk("bass", 36, name="slap bass"),
        TrackAsk("chords", 0, name="piano"),
        TrackAsk("melody", 66, name="saxophone"),
    ),
)
ALL = ("drums", "bass", "chords", "melody")


def follow(text: str) -> Followup:
    return compile_followup(text, TAKE)


@pytest.mark.parametrize(
    ("text", "rewrite"),
    [
        ("busier bass, keep the drums", ("bass",)),
        ("slower", ()),
        ("different chords", ("bass", "chords", "melody")),
        ("half-time drums", ("drums",)),
        ("new melody", ("melody",)),
        ("another bassline and a new melody", ("bass", "melody")),
        ("keep everything but the drums", ("drums",)),
        ("keep the drums and bass, rewrite the rest", ("chords", "melody")),
        ("darker", ALL),
        ("try again", ALL),
        ("simpler drums", ("drums",)),
        ("different chords, keep the melody", ("bass", "chords")),
    ],
)
def test_what_is_written_anew_and_what_stays(text: str, rewrite: tuple[str, ...]) -> None:
    change = follow(text)
    assert set(change.rewrite) == set(rewrite)
    assert set(change.keep) == set(ALL) - set(rewrite)


def test_density_of_one_role() -> None:
    change = follow("busier bass, keep the drums")
    assert change.density == {"bass": 1.3}
    assert next(t for t in change.brief.tracks if t.role == "bass").density == 1.3


@pytest.mark.parametrize(
    ("text", "tempo"),
    [
        ("slower", 108),
        ("a bit faster", 126),
        ("140 bpm", 140),
        ("make it 100", 100),
        ("10 bpm faster", 130),
        ("slower by 20", 100),
        ("change the tempo to 90", 90),
    ],
)
def test_tempo_moves_and_all_notes_stay(text: str, tempo: float) -> None:
    change = follow(text)
    assert change.brief.tempo == tempo
    assert change.keep == ALL


def test_a_key_of_the_same_mode_transposes_and_one_of_another_writes_anew() -> None:
    same = follow("in F minor")
    assert (same.brief.key, same.transpose, same.keep) == (Key(5, "minor"), -4, ALL)
    other = follow("in C major")
    assert other.new_chords
    assert set(other.rewrite) == {"bass", "chords", "melody"}
    assert follow("transpose up a minor third").transpose == 3
    assert follow("down 2 semitones").brief.key == Key(7, "minor")


def test_tracks_come_and_go() -> None:
    assert follow("no melody").remove == ("melody",)
    assert [t.role for t in follow("no melody").brief.tracks] == ["drums", "bass", "chords"]
    added = follow("add strings")
    assert ([t.role for t in added.add], added.keep) == (["strings"], ALL)
    assert follow("only drums and bass").brief.only == ("drums", "bass")
    assert follow("remove the piano").remove == ("chords",)


@pytest.mark.parametrize(
    "text", ["swap the piano for rhodes", "rhodes instead of piano", "replace piano with a rhodes"]
)
def test_a_swap_keeps_the_notes(text: str) -> None:
    change = follow(text)
    assert next(t for t in change.brief.tracks if t.role == "chords").program == 4
    assert change.keep == ALL


def test_length() -> None:
    assert follow("make it 32 bars").brief.bars == 32
    assert follow("twice as long").brief.bars == 32
    assert follow("shorter").brief.bars == 8


def test_a_contradiction_stays_and_is_named() -> None:
    change = follow("busier bass, keep the bass")
    assert "bass" in change.keep
    assert change.conflicts == ("bass is to stay and to change: it stays",)


def test_what_is_not_understood_is_told() -> None:
    assert [n.word for n in follow("slower and more blorp").not_understood] == ["blorp"]
    for text in ("blorp", "", "the"):
        with pytest.raises(BriefError, match="busier bass"):
            follow(text)
    with pytest.raises(BriefError, match="out of range"):
        follow("make it 10000 bars")


def test_the_words_of_the_take_stay_in_the_brief() -> None:
    assert follow("slower").brief.text == "house; slower"
    assert follow("slower").brief.genre == "house"


WORDS = st.sampled_from(
    re.findall(r"\S+", "keep drums no bass swap piano for add up 2 semitones , and new everything but")
)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80) | st.lists(WORDS).map(" ".join))
def test_any_follow_up_compiles_or_says_why(text: str) -> None:
    try:
        change = compile_followup(text, compile_text("house with drums, bass and piano"))
    except BriefError:
        return
    assert not set(change.keep) & set(change.rewrite)


@pytest.mark.parametrize(
    ("text", "density"),
    [
        ("less busy bass", 0.7692), ("make the bass less busy", 0.7692), ("bass with half as many notes", 0.5),
        ("fewer notes in the bass", 0.7), ("the bass much less busy", 0.5917),
        ("half as many notes in the bass, keep the drums", 0.5),
    ],
)  # fmt: skip
def test_fewer_notes_of_a_track_are_fewer(text: str, density: float) -> None:
    said = follow(text)
    assert said.density == {"bass": density}
    assert said.rewrite == ("bass",)
    assert said.brief.density == 1.0


def test_fewer_notes_of_all_are_fewer() -> None:
    assert follow("less busy").changes == ("sparser",)
    assert follow("half as many notes").brief.density == 0.5


def test_complaints_turn_round_what_the_take_was_asked_for() -> None:
    brief = compile_text("dark techno")
    assert compile_followup("too dark", brief).brief.moods == ("uplifting",)
    assert compile_followup("too slow", replace(brief, tempo=120.0)).brief.tempo == 132
    said = compile_followup("the bass is too busy", replace(brief, tracks=(TrackAsk("bass"),)))
    assert said.density == {"bass": 0.55}
    assert compile_followup("too long", replace(brief, bars=16)).brief.bars == 8
