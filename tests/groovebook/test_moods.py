"""A mood moves tempo, mode, density and register the way the mood table says, in genres that fit it too."""

from __future__ import annotations

import pytest

from bandmate.analysis.genres import genre, load_table
from bandmate.groovebook.harmony import into_family, mode_family
from bandmate.groovebook.plan import make_plan
from bandmate.score.brief import Brief
from bandmate.score.pitch import Chord, Key

MOODS = load_table("moods")["moods"]


@pytest.mark.parametrize("mood", MOODS)
def test_a_mood_moves_pop(mood: str) -> None:
    row, change = MOODS[mood], genre("pop")["moods"]["change"]
    if mood in change:
        pytest.skip("pop's own facts say how")
    plain, coloured = make_plan(Brief(genre="pop"), 4), make_plan(Brief(genre="pop", moods=(mood,)), 4)
    assert (coloured.tempo - plain.tempo) * (row["tempo"] - 1) >= 0
    assert (coloured.tempo != plain.tempo) == (row["tempo"] != 1)
    assert coloured.extra["colour"]["density"] == pytest.approx(row["density"])
    families = {mode_family("blues" if mode == "minor_blues" else mode) for mode in row["mode"]}
    assert mode_family(coloured.key.mode) in families


@pytest.mark.parametrize(("name", "mood"), [("techno", "aggressive"), ("house", "happy"), ("ambient", "calm")])
def test_a_mood_that_fits_the_genre_is_still_heard(name: str, mood: str) -> None:
    plain, coloured = make_plan(Brief(genre=name), 0), make_plan(Brief(genre=name, moods=(mood,)), 0)
    assert (coloured.tempo > plain.tempo) == (mood != "calm")
    assert coloured.tempo != plain.tempo


def test_a_happy_song_in_a_genre_that_knows_minor_only_has_major_chords() -> None:
    plan = make_plan(Brief(genre="dubstep", bars=16, moods=("heroic",)), 1)
    assert mode_family(plan.key.mode) == "major"
    assert plan.chords[0].pitch_classes <= plan.key.scale
    assert any(chord.root == plan.key.tonic and chord.quality in ("maj", "maj7", "6") for chord in plan.chords)


def test_the_chord_below_the_tonic_becomes_the_dominant() -> None:
    c_major = Key(0, "major")
    assert into_family(Chord(10, "maj"), c_major) == Chord(7, "maj")  # bVII
    assert into_family(Chord(8, "maj7"), c_major) == Chord(9, "min7")  # bVImaj7
    assert into_family(Chord(0, "min"), c_major) == Chord(0, "maj")
    assert into_family(Chord(9, "min"), Key(0, "minor")) == Chord(8, "maj")
