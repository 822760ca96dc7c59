"""Spelling and the lexicon's tables."""

from __future__ import annotations

import pytest

from bandmate.analysis.genres import genre_ids, load_table
from bandmate.generation.lexicon import lexicon, meanings
from bandmate.generation.spelling import correct, distance
from bandmate.generation.words import compile_text
from bandmate.generation.words_tokens import fold, squeeze, tokenise
from bandmate.groovebook.plan import make_plan
from bandmate.score.brief import ROLES


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [
        ("house", "house", 0),
        ("huose", "house", 1),
        ("hose", "house", 1),
        ("mouse", "house", 1),
        ("techno", "tehcno", 1),
        ("ca", "abc", 3),
        ("jazz", "rock", 4),
    ],
)
def test_distance_counts_a_swap_once(a: str, b: str, edits: int) -> None:
    assert distance(a, b, most=3) == edits


@pytest.mark.parametrize(
    ("word", "meant"),
    [("saxaphone", "saxophone"), ("tecnho", "techno"), ("orchestrall", "orchestral"), ("acordian", "accordion")],
)
def test_correct(word: str, meant: str) -> None:
    assert correct(word) == meant


@pytest.mark.parametrize(
    "word", ["mouse", "lock", "elephant", "table", "qqqq", "abc", "buttery", "umbrella", "computer"]
)
def test_never_corrected_into_something_far(word: str) -> None:
    assert correct(word) is None


def test_hyphen_space_and_nothing_are_equal() -> None:
    assert squeeze("Lo-Fi Hip Hop") == squeeze("lofi hip-hop") == "lofihiphop"
    assert fold("Klavier für F♯, café") == "Klavier fur F#, cafe"


def test_tokens_keep_numbers_and_units_apart() -> None:
    assert [t.text for t in tokenise("120bpm 808s 80s F#m 1:30 lo-fi 3/4")] == [
        "120",
        "bpm",
        "808s",
        "80s",
        "f#m",
        "1:30",
        "lo",
        "fi",
        "3",
        "/",
        "4",
    ]
    assert tokenise("lo-fi")[1].glued


def test_every_word_of_the_tables_is_understood() -> None:
    for name, row in load_table("moods")["moods"].items():
        assert all(any(e.value == name or e.kind != "mood" for e in meanings(w)) for w in (name, *row["aka"]))
    for row in load_table("instruments")["instruments"]:
        assert all(meanings(word) for word in row["words"])
    assert {e.value for es in lexicon().phrases.values() for e in es if e.kind == "genre"} == set(genre_ids())


def test_every_suggestion_means_something() -> None:
    unknown = [
        w
        for words in load_table("words")["near_words"].values()
        if isinstance(words, list)
        for w in words
        if not meanings(w)
    ]
    assert unknown == []


def test_every_instrument_row_has_a_role_and_a_sound() -> None:
    for row in load_table("instruments")["instruments"]:
        assert row["role"] in (*ROLES, "drum_note", "organ"), row
        assert len({"program", "kit", "note"} & set(row)) == 1, row
        assert all(0 <= row[k] <= 127 for k in ("program", "kit", "note") if k in row)


def test_near_genres_artists_and_language_tables_lead_somewhere() -> None:
    words = load_table("words")
    assert {row["base"] for row in words["near_genres"].values()} <= set(genre_ids())
    assert set(words["artists"].values()) <= set(genre_ids())
    assert set(words["near_aliases"].values()) <= set(words["near_genres"])
    stop = lexicon().stop
    for table in words["languages"].values():
        for english in table.values():
            assert meanings(english) or english in stop or english in ("bars", "loud", "two"), english


@pytest.mark.parametrize(
    ("text", "genre"),
    [
        ("pop ballad", "pop"),
        ("rock ballad", "pop"),
        ("soul ballad", "soul_motown"),
        ("r&b ballad", "rnb_neo_soul"),
        ("country ballad", "country"),
        ("jazz ballad", "jazz_ballad"),
        ("indie rock ballad", "indie_pop"),
        ("synthwave ballad", "synthwave"),
    ],
)
def test_a_ballad_is_slow_in_every_genre(text, genre) -> None:
    plan = make_plan(compile_text(text), 1)
    assert (plan.genre, plan.tempo < 90) == (genre, True)
    assert make_plan(compile_text(f"{text} at 100 bpm"), 1).tempo == 100
