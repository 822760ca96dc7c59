from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bandmate.analysis.genres import genre_ids
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.pitch import MODES, Chord, Key

KICK, SNARE, CLAP = 36, 38, 39


def steps(track, key: int, bar: int, bar_ticks: int = 1920) -> list[int]:
    """16th steps of one drum key in a bar."""
    onsets = track.notes["onset_ticks"][track.notes["pitch"] == key]
    places = np.rint(onsets / 120).astype(int)
    return sorted(int(p) - bar * 16 for p in places if bar * 16 <= p < (bar + 1) * 16)


@pytest.mark.parametrize("name", genre_ids())
def test_every_genre_keeps_its_promises(name: str, assert_promises) -> None:
    for seed, bars, loop in ((0, 16, False), (1, 8, True), (2, 21, False)):
        plan = make_plan(Brief(genre=name, bars=bars, loop=loop), seed)
        assert_promises(plan, play(plan, seed))


def test_house_kick_is_on_every_beat_exactly() -> None:
    plan = make_plan(Brief(genre="house", bars=4, loop=True, energy=4, only=("drums",)), 3)
    drums = play(plan, 3).tracks[0]
    for bar in range(3):  # the fourth bar may fill
        assert {0, 4, 8, 12} <= set(steps(drums, KICK, bar))
    kicks = drums.notes[drums.notes["pitch"] == KICK]["onset_ticks"][:8]
    near = np.abs(kicks - np.rint(kicks / 480) * 480)
    assert near.max() <= 8  # a machine: within 8 ticks (8 ms at 124)


def test_trap_claps_on_three() -> None:
    plan = make_plan(Brief(genre="trap", bars=4, loop=True, only=("drums",)), 1)
    drums = play(plan, 1).tracks[0]
    assert [8 in steps(drums, CLAP, bar) or 8 in steps(drums, SNARE, bar) for bar in range(3)] == [True] * 3


def test_rock_backbeat_on_two_and_four() -> None:
    plan = make_plan(Brief(genre="punk", bars=4, loop=True, energy=3, only=("drums",), tempo=160), 5)
    drums = play(plan, 5).tracks[0]
    assert all(steps(drums, SNARE, bar) for bar in range(4))


def test_half_time_puts_the_backbeat_on_three() -> None:
    plan = make_plan(Brief(genre="rock", bars=4, loop=True, only=("drums",), feel=("half_time",)), 5)
    drums = play(plan, 5).tracks[0]
    for bar in range(3):
        strong = drums.notes[(drums.notes["pitch"] == SNARE) & (drums.notes["velocity"] > 80)]
        places = {int(p) - 16 * bar for p in np.rint(strong["onset_ticks"] / 120) if bar * 16 <= p < bar * 16 + 16}
        assert places <= {8}


def test_four_on_the_floor_is_met_in_any_genre() -> None:
    plan = make_plan(Brief(genre="funk", bars=4, loop=True, only=("drums",), feel=("four_on_the_floor",)), 2)
    drums = play(plan, 2).tracks[0]
    assert steps(drums, KICK, 0) == [0, 4, 8, 12]


def test_same_plan_and_seed_give_the_same_notes() -> None:
    brief = Brief(genre="boom_bap", bars=16)
    first, second = (play(make_plan(brief, 7), 9) for _ in range(2))
    for a, b in zip(first.tracks, second.tracks, strict=True):
        assert a.notes.tobytes() == b.notes.tobytes() and a.events.tobytes() == b.events.tobytes()


def test_another_seed_gives_another_performance_of_the_same_plan() -> None:
    plan = make_plan(Brief(genre="boom_bap", bars=16), 7)
    first, second = play(plan, 1), play(plan, 2)
    assert any(a.notes.tobytes() != b.notes.tobytes() for a, b in zip(first.tracks, second.tracks, strict=True))
    assert [t.program for t in first.tracks] == [t.program for t in second.tracks]


def test_a_melody_repeats_its_rhythm_and_rests() -> None:
    plan = make_plan(Brief(genre="pop", bars=16, only=("melody", "chords")), 4)
    score = play(plan, 4)
    melody = next(t for t in score.tracks if t.role == "melody").notes
    rhythms = []
    for bar in range(16):
        inside = melody[(melody["onset_ticks"] + 60) // 1920 == bar]["onset_ticks"]
        rhythms.append(tuple(np.rint((inside - bar * 1920) / 240).astype(int).tolist()))
    sung = [r for r in rhythms if r]
    assert len(set(sung)) <= 0.7 * len(sung)  # rhythms come back
    assert len(set(melody["pitch"].tolist())) >= 4  # and it is not one note
    assert np.abs(np.diff(melody["pitch"].astype(int))).max() <= 12


def test_bass_takes_the_root_where_chords_change() -> None:
    chords = ((Chord.parse("Dm"),), (Chord.parse("G7"),), (Chord.parse("Cmaj7"),), (Chord.parse("Am"),))
    plan = make_plan(Brief(genre="rock", bars=8, loop=True, chords=chords), 2)
    bass = next(t for t in play(plan, 2).tracks if t.role == "bass").notes
    firsts = [int(bass["pitch"][np.abs(bass["onset_ticks"] - bar * 1920).argmin()]) % 12 for bar in range(8)]
    assert firsts == [2, 7, 0, 9, 2, 7, 0, 9]


def test_drums_that_were_asked_for_sound_and_patterns_are_known_by_name() -> None:
    brief = Brief(genre="house", bars=4, loop=True, only=("drums",), included_drums=(54, 56), patterns=("dembow",))
    drums = play(make_plan(brief, 1), 1).tracks[0]
    assert {54, 56} <= set(drums.notes["pitch"].tolist())
    assert {3, 6, 11, 14} <= set(steps(drums, SNARE, 0))  # the dembow's snare


def test_walking_and_arpeggiated_are_played_so() -> None:
    asks = (TrackAsk("bass", articulation="walking"), TrackAsk("chords", articulation="arpeggiated"))
    plan = make_plan(Brief(genre="pop", bars=4, loop=True, only=("bass", "chords"), tracks=asks), 1)
    bass, chords = play(plan, 1).tracks
    assert sorted({round(int(t) / 480) % 4 for t in bass.notes["onset_ticks"]}) == [0, 1, 2, 3]
    onsets = np.rint(chords.notes["onset_ticks"] / 120)
    assert len(set(onsets.tolist())) == len(onsets)  # one note at a time


ASKS = st.builds(
    TrackAsk,
    role=st.sampled_from(
        ("drums", "perc", "bass", "chords", "melody", "lead", "pad", "arp", "strings", "brass", "vox", "fx")
    ),
    density=st.sampled_from((0.6, 1.0, 1.4)),
    articulation=st.sampled_from(("", "staccato", "legato", "pizzicato")),
    polyphony=st.sampled_from((None, 1, 2, 6)),
    register=st.sampled_from((0, -12, 7)),
    enter_bar=st.sampled_from((0, 0, 3)),
    enter_section=st.sampled_from((0, 0, 2)),
)
BRIEFS = st.builds(
    Brief,
    genre=st.sampled_from(genre_ids()),
    bars=st.integers(1, 24),
    key=st.none() | st.builds(Key, st.integers(0, 11), st.sampled_from(sorted(MODES))),
    meter=st.sampled_from((None, (3, 4), (6, 8), (5, 4), (7, 8), (12, 8), (2, 4), (9, 8), (7, 4))),
    tempo=st.none() | st.floats(20, 400),
    loop=st.booleans(),
    tracks=st.lists(ASKS, max_size=4).map(tuple),
    moods=st.lists(st.sampled_from(("happy", "dark", "chill", "epic", "sad", "energetic")), max_size=2).map(tuple),
    energy=st.none() | st.integers(1, 5),
    density=st.sampled_from((0.5, 1.0, 1.5)),
    swing=st.none() | st.floats(0.5, 0.75),
    feel=st.sampled_from(((), ("half_time",), ("double_time",), ("four_on_the_floor",))),
    register=st.sampled_from((-12, 0, 12)),
    included_drums=st.sampled_from(((), (54, 70), (49,))),
    patterns=st.sampled_from(((), ("one_drop",), ("tumbao", "ghosts"), ("hats_16ths",))),
    events=st.sampled_from(((), ("key_change",), ("fade_in", "fade_out"), ("ramp_up",), ("picardy", "no_fills"))),
    voicing=st.sampled_from(("", "9th", "power", "sus")),
    dynamics=st.sampled_from((None, 16, 126)),
    track_count=st.sampled_from((None, 5)),
    excluded_drums=st.sampled_from(((), (36,), (42, 46))),
    chords=st.sampled_from(((), ((Chord.parse("E7"),), (Chord.parse("Am"), Chord.parse("F#dim"))))),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(brief=BRIEFS, seed=st.integers(0, 2**63 - 1))
def test_any_brief_keeps_its_promises(assert_promises, brief: Brief, seed: int) -> None:
    plan = make_plan(brief, seed)
    assert plan.bars == brief.bars and len(plan.chords) == 2 * plan.bars
    assert sum(s.bars for s in plan.sections) == plan.bars
    assert plan.active.any(1).all() and plan.active.any(0).all()
    assert brief.tempo is None or plan.tempo == brief.tempo
    assert brief.meter is None or plan.meter == brief.meter
    assert {ask.role for ask in brief.tracks} <= {track.role for track in plan.tracks}
    if brief.key:
        assert plan.key == brief.key
        if not brief.chords:
            assert all(chord.pitch_classes <= plan.key.lock for chord in plan.chords)
    assert_promises(plan, play(plan, seed % 1000))


def test_a_pickup_at_the_end_of_the_ladder_stays_in_its_chord(assert_promises) -> None:
    chords = ((Chord.parse("E7"),), (Chord.parse("Am"), Chord.parse("F#dim")))
    brief = Brief(genre="waltz", bars=5, key=Key(0, "blues"), meter=(7, 4), chords=chords, density=0.5,
                  tracks=(TrackAsk("drums", density=0.6), TrackAsk("drums", density=0.6)))  # fmt: skip
    plan = make_plan(brief, 0)
    assert_promises(plan, play(plan, 0))


def test_a_bass_of_eighths_gets_busier_between_them() -> None:
    plan = make_plan(Brief(genre="punk", bars=4, tracks=(TrackAsk("bass"),), only=("bass",)), 1)

    def bass_notes(density: float) -> int:
        return len(play(replace(plan, tracks=(replace(plan.tracks[0], density=density),)), 1).tracks[0].notes)

    assert bass_notes(4.0) > 1.3 * bass_notes(2.0)
