from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.analysis.genres import genre, genre_ids
from bandmate.errors import BriefError, RuleConflict
from bandmate.groovebook.harmony import into_key, numeral, slots
from bandmate.groovebook.plan import make_plan
from bandmate.score.brief import ROLES, Brief, TrackAsk
from bandmate.score.gm import program_range
from bandmate.score.pitch import MODES, Chord, Key


def roles(plan) -> list[str]:
    return [track.role for track in plan.tracks]


def test_what_was_stated_is_met_exactly_and_the_rest_is_named_as_guessed() -> None:
    brief = Brief(genre="house", tempo=120.5, key=Key.parse("F# minor"), bars=12)
    plan = make_plan(brief, 1)
    assert (plan.tempo, plan.key.name, plan.bars, plan.meter) == (120.5, "F# minor", 12, (4, 4))
    assert plan.key_lock and not plan.chord_lock
    assert set(plan.brief.guessed) == {"meter", "tracks", "chords"}


def test_nothing_stated_is_pop_of_16_bars() -> None:
    plan = make_plan(Brief(), 0)
    assert (plan.genre, plan.bars, plan.key_lock) == ("pop", 16, False)
    low, high = genre("pop")["tempo"]["min"], genre("pop")["tempo"]["max"]
    assert low <= plan.tempo <= high


def test_a_listed_band_is_exactly_that_band() -> None:
    brief = Brief(genre="techno", only=("bass", "melody"), tracks=(TrackAsk("bass", program=36, name="slap bass"),))
    plan = make_plan(brief, 3)
    assert roles(plan) == ["bass", "melody"]
    assert (plan.tracks[0].program, plan.tracks[0].name) == (36, "slap bass")


def test_a_named_instrument_joins_the_core_of_the_genre() -> None:
    plan = make_plan(Brief(genre="house", tracks=(TrackAsk("bass", program=36),), excluded=("melody",)), 0)
    assert roles(plan) == ["drums", "bass", "chords"]


def test_no_drums_means_no_percussion_either() -> None:
    for seed in range(20):
        plan = make_plan(Brief(genre="samba", excluded=("drums",)), seed)
        assert not {"drums", "perc"} & set(roles(plan))


def test_excluded_programs_do_not_play() -> None:
    gone = tuple(genre("house")["harmony"]["programs"])
    for seed in range(10):
        assert not {
            t.program for t in make_plan(Brief(genre="house", excluded_programs=gone), seed).tracks if not t.is_drum
        } & set(gone)


def test_16_bars_begin_lift_and_end() -> None:
    plan = make_plan(Brief(genre="rock", bars=16), 5)
    energies = [s.energy for s in plan.sections]
    assert len(plan.sections) >= 3 and max(energies) == energies[-1] > energies[0]
    assert plan.chords[-1].root == plan.key.tonic  # it comes home


def test_an_8_bar_loop_plays_in_full_from_its_first_bar() -> None:
    plan = make_plan(Brief(genre="trap", bars=8, loop=True), 5)
    assert plan.active.all() and plan.extra["ending"] == "loop"


def test_seconds_become_bars() -> None:
    assert make_plan(Brief(genre="house", tempo=120, seconds=60), 0).bars == 32  # 30 bars, in fours
    assert make_plan(Brief(genre="house", tempo=120, seconds=1), 0).bars == 1


def test_a_locked_key_bends_the_genres_chords_but_not_the_stated_ones() -> None:
    for seed in range(12):
        plan = make_plan(Brief(genre="jazz_swing", key=Key.parse("C major")), seed)
        assert all(chord.pitch_classes <= plan.key.lock for chord in plan.chords)
    plan = make_plan(Brief(genre="pop", key=Key.parse("A minor"), chords=((Chord.parse("E7"),),)), 0)
    assert plan.chord_lock and set(plan.chords) == {Chord.parse("E7")}


def test_stated_chords_name_the_key() -> None:
    chords = tuple((Chord.parse(name),) for name in ("Dm7", "G7", "Cmaj7", "Cmaj7"))
    assert make_plan(Brief(genre="pop", chords=chords), 0).key == Key(0, "major")


def test_structure_is_laid_out_as_stated() -> None:
    brief = Brief(
        genre="pop", bars=16, structure=(("intro", 4, 1, ("chords",)), ("chorus", 8, 5, ()), ("outro", 4, 2, ()))
    )
    plan = make_plan(brief, 0)
    assert [(s.label, s.start_bar, s.bars, s.energy) for s in plan.sections] == [
        ("intro", 0, 4, 1),
        ("chorus", 4, 8, 5),
        ("outro", 12, 4, 2),
    ]


@pytest.mark.parametrize(
    ("brief", "error", "says"),
    [
        (Brief(bars=0), BriefError, "1 to 2048"),
        (Brief(tempo=1e9), BriefError, "20 to 400"),
        (Brief(genre="hous"), BriefError, "did you mean house"),
        (Brief(genre="pop", excluded=ROLES), RuleConflict, "excluded"),
        (
            Brief(genre="pop", only=("bass",), tracks=(TrackAsk("bass", program=33, low=5, high=9),)),
            RuleConflict,
            "Bass",
        ),
        (
            Brief(genre="pop", key=Key(0), only=("melody",), tracks=(TrackAsk("melody", program=0, low=61, high=61),)),
            RuleConflict,
            "C major",
        ),
        (Brief(genre="pop", only=("drums",), excluded_drums=tuple(range(128))), RuleConflict, "drum"),
        (Brief(genre="pop", tracks=(TrackAsk("chords", program=0),), excluded_programs=(0,)), RuleConflict, "both"),
        (Brief(genre="pop", progression="I banana"), BriefError, "banana"),
        (Brief(genre="pop", meter=(5, 32)), BriefError, "5/32"),
    ],
)
def test_what_cannot_be_met_is_refused_with_its_reason(brief: Brief, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        make_plan(brief, 0)


def test_ranges_stay_inside_the_instruments() -> None:
    for name in genre_ids():
        for track in make_plan(Brief(genre=name, register=12), 4).tracks:
            if not track.is_drum:
                low, high = program_range(track.program)
                assert low <= track.low < track.high <= high, (name, track)


def test_the_same_seed_gives_the_same_plan() -> None:
    one, two = make_plan(Brief(genre="salsa"), 11), make_plan(Brief(genre="salsa"), 11)
    assert (one.tracks, one.chords, one.sections, one.tempo, one.key) == (
        two.tracks,
        two.chords,
        two.sections,
        two.tempo,
        two.key,
    )
    assert (one.active == two.active).all()


@pytest.mark.parametrize(
    ("text", "chord"),
    [
        ("bVImaj7", "Abmaj7"),
        ("V7/ii", "A7"),
        ("I/3", "C/E"),
        ("iiø", "Dm7b5"),
        ("#ivdim7", "F#dim7"),
        ("im(maj7)", "CmM7"),
        ("V9sus4", "G7sus4"),
    ],
)
def test_numerals(text: str, chord: str) -> None:
    assert numeral(text, 0) == Chord.parse(chord)


def test_slots_share_their_bar() -> None:
    assert [c.spell() for c in slots("Imaj7 vi7 | ii7 | %", 0)] == ["Cmaj7", "Am7", "Dm7", "Dm7", "Dm7", "Dm7"]


@given(
    st.integers(0, 11),
    st.sampled_from(sorted(MODES)),
    st.integers(0, 11),
    st.sampled_from(("maj", "min9", "7", "dim7", "maj9", "7sus4", "aug")),
)
def test_any_chord_can_be_bent_into_any_key(tonic: int, mode: str, root: int, quality: str) -> None:
    key = Key(tonic, mode)
    assert into_key(Chord(root, quality), key).pitch_classes <= key.lock


def test_a_track_enters_where_it_was_told_to() -> None:
    asks = (TrackAsk("melody", enter_bar=5), TrackAsk("bass", enter_section=2))
    plan = make_plan(Brief(genre="pop", bars=16, tracks=asks), 2)
    first = {track.role: int(plan.active[i].argmax()) for i, track in enumerate(plan.tracks)}
    assert first["melody"] == 4 and first["bass"] == plan.sections[1].start_bar


def test_a_number_of_tracks_is_met() -> None:
    for count in (1, 2, 3, 6, 8):
        assert len(make_plan(Brief(genre="disco", track_count=count), 1).tracks) == count


def test_a_key_change_lifts_the_last_high_section() -> None:
    brief = Brief(genre="pop", bars=32, mode="major", events=("key_change",))
    plan, plain = make_plan(brief, 3), make_plan(replace(brief, events=()), 3)
    start = plan.sections[-1].start_bar
    assert plan.chords[: 2 * start] == plain.chords[: 2 * start]
    assert plan.chords[-1] == plain.chords[-1].transpose(2)


def test_a_guessed_key_does_not_lock() -> None:
    assert not make_plan(Brief(genre="pop", key=Key(0), guessed=("key",)), 0).key_lock


def test_a_progression_by_name_or_in_the_other_mode() -> None:
    blues = make_plan(Brief(genre="blues_shuffle", key=Key.parse("E major"), progression="12-bar blues", loop=True), 0)
    spelt = " ".join(c.spell() for c in blues.chords[::2])
    assert spelt == "E7 A7 E7 E7 A7 A7 E7 E7 B7 A7 E7 B7"
    axis = make_plan(Brief(genre="pop", key=Key.parse("A minor"), progression="I V vi IV", bars=4, loop=True), 0)
    assert [c.spell() for c in axis.chords[::2]] == ["Am", "E", "F", "Dm"]


def test_a_stated_intro_leaves_the_rest_to_the_genre() -> None:
    plan = make_plan(Brief(genre="dubstep", structure=(("intro", 0, 0, ("pad",)),)), 0)
    assert plan.sections[0].label == "intro" and len(plan.sections) >= 3
    assert max(s.energy for s in plan.sections) == 5


def test_the_page_of_genres_names_them_all() -> None:
    page = (Path(__file__).parents[2] / "docs" / "GENRES.md").read_text(encoding="utf-8")
    assert [name for name in genre_ids() if f"{name} {genre(name)['tempo']['min']}-" not in page] == []
