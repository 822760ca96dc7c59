"""Repair: each mends what it names, and nothing that was asked is broken by it, whatever the weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.generation.test_sampler import GENRES, KEYS, check

from bandmate.generation.compose import write_takes
from bandmate.generation.repair import REPAIRS, repair
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.locks import TrackLock
from bandmate.score.model import make_notes
from bandmate.score.pitch import Chord, Key
from bandmate.workflows.report import make_report

AM_G = tuple((Chord.parse(name),) for name in ("Am", "G", "F", "Am"))


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")  # a failure prints its weights
@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(GENRES), st.integers(1, 10), st.sampled_from(KEYS), st.booleans(), st.integers(0, 2**31),
    st.sampled_from([None, (3, 4), (5, 4), (6, 8), (9, 4)]), st.booleans(),
)  # fmt: skip
def test_every_demand_still_holds(tiny_weights, genre, bars, key, chords, seed, meter, loop):
    brief = Brief(
        genre=genre, bars=bars, key=key, meter=meter, loop=loop, chords=AM_G if chords else (), excluded_drums=(49, 36)
    )
    plan = make_plan(brief, seed)
    (take,) = write_takes(plan, [seed], tiny_weights)
    before = make_report(plan, take.score)
    mended, _ = repair(take.score, plan)
    check(plan, mended)
    after = make_report(plan, mended)
    shares = {demand.name: demand.share for demand in before.demands}
    for demand in after.demands:
        assert demand.met or not demand.stated or demand.share >= shares[demand.name] - 1e-9, demand.name
    length = mended.end_ticks // plan.bars
    for old, new in zip(take.score.tracks, mended.tracks, strict=True):  # no bar falls silent
        places = [(track.notes["onset_ticks"] + 30) // length for track in (old, new)]
        assert set(np.minimum(places[0], plan.bars - 1)) == set(np.minimum(places[1], plan.bars - 1))
    once, counts = repair(mended, plan)
    assert not counts  # what is mended needs no mending
    assert all(np.array_equal(a.notes, b.notes) for a, b in zip(once.tracks, mended.tracks, strict=True))


BEAT = (38, ("....x.......x...",)), (42, ("x.x.x.x.x.x.x.x.",))
LOCKS = (
    TrackLock("bass", least=3, most=8),
    TrackLock("bass", rhythm=("x..x..x.x..x..x.",)),
    TrackLock("chords", most_voices=2),
    TrackLock("melody", chord_tones=True),
    TrackLock("drums", voices=BEAT),
    TrackLock("drums", least=4, most=16),
)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from(("pop", "rock", "house")), st.integers(1, 8), st.integers(0, 2**31), st.integers(0, 3),
    st.lists(st.sampled_from(LOCKS), max_size=3, unique=True),
)  # fmt: skip
def test_locks_hold_as_before_and_given_tracks_stay(tiny_weights, genre, bars, seed, kept, locks):
    plan = make_plan(Brief(genre=genre, bars=bars, meter=(4, 4), chords=AM_G, locks=tuple(locks)), seed)
    (take,) = write_takes(plan, [seed], tiny_weights)
    mended, _ = repair(take.score, plan, given=(kept,))
    before, after = (make_report(plan, score, given=(kept,)) for score in (take.score, mended))
    for old, new in zip(before.demands, after.demands, strict=True):
        assert new.share >= old.share - 1e-9 or not new.stated, new.name
    if kept < len(plan.tracks):
        assert np.array_equal(take.score.tracks[kept].notes, mended.tracks[kept].notes)
    assert repair(mended, plan, given=(kept,))[1] == {}


def plan_of(**asked):
    return make_plan(Brief(**{"genre": "rock", "bars": 8, "key": Key(9, "minor"), **asked}), 1)


def with_notes(plan, role, *rows):
    """The rules' performance with the notes of one track replaced by (onset, duration, pitch) rows."""
    score = play(plan, 1)
    place = next(i for i, track in enumerate(plan.tracks) if track.role == role)
    onset, duration, pitch = (list(column) for column in zip(*rows, strict=True))
    tracks = list(score.tracks)
    tracks[place] = replace(
        tracks[place], notes=make_notes(onset, duration, pitch, 80, channel=9 if role == "drums" else 0)
    )
    return replace(score, tracks=tuple(tracks)), place


def test_the_bass_goes_to_the_root_where_the_chord_changes():
    plan = plan_of(chords=AM_G)
    wrong = [(1920 * bar + beat * 480, 400, 40) for bar in range(8) for beat in range(4)]
    score, bass = with_notes(plan, "bass", *wrong)
    mended, counts = repair(score, plan)
    notes = mended.tracks[bass].notes
    firsts = [int(notes["pitch"][notes["onset_ticks"] == 1920 * bar][0]) % 12 for bar in range(8)]
    assert firsts[:3] == [9, 7, 5]
    assert firsts[-1] == 9
    assert counts["bass root"] >= 5
    assert (notes["pitch"][notes["onset_ticks"] == 480] == 40).all()  # only the first note of a chord


def test_a_free_bass_stays_free():
    plan = plan_of(genre="jazz_swing", chords=AM_G, meter=(4, 4))
    score, bass = with_notes(plan, "bass", *[(1920 * bar, 400, 40) for bar in range(8)])
    mended, counts = repair(score, plan)
    assert "bass root" not in counts
    assert (mended.tracks[bass].notes["pitch"][:-1] == 40).all()


def test_a_long_melody_note_does_not_rub_against_the_chord():
    plan = plan_of(chords=AM_G, tracks=(TrackAsk("melody", 0), TrackAsk("chords", 0)), only=("melody", "chords"))
    rows = [(0, 960, 77), (1920, 960, 72), (3840, 960, 72), (5760, 100, 77), (5860, 100, 72)]
    score, tune = with_notes(plan, "melody", *rows)
    mended, counts = repair(score, plan)
    pitches = mended.tracks[tune].notes["pitch"].tolist()
    assert pitches[0] == 76  # F over A minor is a semitone over its fifth
    assert pitches[1] == 71  # C over G is a semitone over its third
    assert pitches[2:4] == [72, 77]  # a chord tone; a short one
    assert counts["melody rub"] == 2


def test_a_note_held_in_a_chord_does_not_rub_against_its_tones():
    plan = plan_of(chords=AM_G, tracks=(TrackAsk("melody", 0), TrackAsk("chords", 0)), only=("melody", "chords"))
    a_minor = [(0, 1900, pitch) for pitch in (57, 60, 64, 65)]  # F over its fifth, and no tone is missing
    g_major = [(1920, 1900, pitch) for pitch in (55, 59, 60)]  # C over its third; the fifth is missing
    f_major = [(3840, 1900, pitch) for pitch in (53, 57, 62)] + [(5760, 100, 56)]  # a sixth is no rub; a short note
    score, comping = with_notes(plan, "chords", *a_minor, *g_major, *f_major)
    mended, counts = repair(score, plan)
    notes = mended.tracks[comping].notes
    by_bar = [sorted(notes["pitch"][notes["onset_ticks"] // 1920 == bar].tolist()) for bar in range(4)]
    assert by_bar == [[57, 60, 64], [55, 59, 62], [53, 57, 62], [56]]
    assert counts["chord rub"] == 2


def test_a_piece_closes_and_a_loop_does_not():
    plan = plan_of(genre="pop", bars=8)
    rows = [(1920 * bar + beat * 480, 700, 40) for bar in range(8) for beat in range(4)]
    score, bass = with_notes(plan, "bass", *rows)
    mended, counts = repair(score, plan)
    last = 7 * 1920
    home = plan.chord_at(7)
    notes = mended.tracks[bass].notes
    assert notes["onset_ticks"][-1] == last
    assert notes["pitch"][-1] % 12 == home.root == plan.key.tonic
    before = notes[notes["onset_ticks"] < last]
    assert (before["onset_ticks"] + before["duration_ticks"]).max() <= last
    for planned, track in zip(plan.tracks, mended.tracks, strict=True):
        inside = track.notes[track.notes["onset_ticks"] >= last]
        assert (inside["onset_ticks"] <= last + 30).all(), planned.name
    assert counts["ending"]
    loop = plan_of(genre="pop", bars=8, loop=True)
    score, bass = with_notes(loop, "bass", *rows)
    mended, counts = repair(score, loop)
    assert "ending" not in counts
    assert len(mended.tracks[bass].notes) == len(rows)


def test_a_genre_that_fades_gets_softer():
    plan = plan_of(genre="reggae", bars=16)
    assert plan.extra["ending"] == "fade"
    score, kit = with_notes(plan, "drums", *[(480 * beat, 60, 38) for beat in range(64)])
    mended, counts = repair(score, plan)
    notes = mended.tracks[kit].notes
    loud = notes["velocity"][notes["pitch"] == 38].reshape(16, 4)[:, 0].tolist()
    assert loud[:12] == [80] * 12
    assert 80 > loud[12] > loud[13] > loud[14] > loud[15] > 0
    assert counts["ending"]


@pytest.mark.parametrize(("genre", "left"), [("rock", {36, 38, 49}), ("techno", {36, 38, 42, 46, 49})])
def test_a_drummer_has_two_hands_and_a_machine_none(genre, left):
    plan = plan_of(genre=genre, bars=2)
    score, kit = with_notes(plan, "drums", *[(960, 60, key) for key in (36, 38, 42, 46, 49)], (1920, 60, 36))
    notes = repair(score, plan)[0].tracks[kit].notes
    assert set(notes["pitch"][notes["onset_ticks"] == 960].tolist()) == left


def test_a_stroke_that_comes_twice_comes_once():
    plan = plan_of(bars=2)
    score, kit = with_notes(plan, "drums", (0, 60, 38), (20, 60, 38), (40, 60, 38), (20, 60, 36), (1920, 60, 36))
    notes = repair(score, plan)[0].tracks[kit].notes
    assert notes[["onset_ticks", "pitch"]].tolist() == [(0, 38), (20, 36), (40, 38), (1920, 36)]


def test_a_section_opens_with_kick_and_crash_unless_they_are_excluded():
    def opened(**asked):
        plan = plan_of(bars=16, **asked)
        score, kit = with_notes(plan, "drums", *[(480 * beat, 60, 38) for beat in range(64)])
        notes = repair(score, plan)[0].tracks[kit].notes
        lines = [section.start_bar * 1920 for section in plan.sections[1:] if section.energy >= 3]
        return [set(notes["pitch"][notes["onset_ticks"] == line].tolist()) for line in lines]

    assert opened() and all({36, 49} <= struck for struck in opened())
    assert all(49 not in struck for struck in opened(excluded_drums=(49,)))


def test_what_is_given_stays():
    plan = plan_of(chords=AM_G)
    rows = [(1920 * bar + beat * 480, 400, 40) for bar in range(8) for beat in range(4)]
    score, _ = with_notes(plan, "bass", *rows)
    mended, counts = repair(score, plan, given=range(len(plan.tracks)))
    assert all(np.array_equal(a.notes, b.notes) for a, b in zip(mended.tracks, score.tracks, strict=True))
    assert counts == {}


def test_names_are_told_apart():
    assert len({each.name for each in REPAIRS}) == len(REPAIRS)


def test_what_is_mended_needs_no_mending_where_strokes_lie_close(tiny_weights) -> None:
    plan = make_plan(Brief(genre="boom_bap", bars=2, meter=(5, 4), excluded_drums=(49, 36)), 7)
    (take,) = write_takes(plan, [7], tiny_weights)
    mended, _ = repair(take.score, plan)
    assert repair(mended, plan)[1] == {}


def test_a_tone_that_comes_twice_costs_no_voice() -> None:
    plan = plan_of(bars=2)
    score, bass = with_notes(plan, "bass", (0, 5, 45), (5, 10, 40), (15, 400, 45), (1920, 400, 45))
    assert plan.tracks[bass].polyphony == 1
    notes = repair(score, plan)[0].tracks[bass].notes
    # Made one, the first and the third would sound over the second; so the longer one stays, and the root meets it.
    assert notes[["onset_ticks", "duration_ticks"]].tolist() == [(5, 410), (1920, 400)]


def test_a_last_bar_of_hats_alone_is_closed_once() -> None:
    plan = plan_of(genre="pop", bars=8)
    score, kit = with_notes(plan, "drums", *[(480 * beat, 60, 36) for beat in range(28)], (13920, 60, 42))
    mended, _ = repair(score, plan)
    assert set(mended.tracks[kit].notes["pitch"][28:].tolist()) <= {36, 42, 49}
    assert repair(mended, plan)[1] == {}


def test_an_ending_does_not_cost_a_locked_density() -> None:
    free, locked = plan_of(genre="pop"), plan_of(genre="pop", locks=(TrackLock("bass", least=4, most=8),))
    rows = [(1920 * bar + beat * 480, 400, 40) for bar in range(8) for beat in range(4)]
    for plan, left in ((free, 1), (locked, 4)):
        score, bass = with_notes(plan, "bass", *rows)
        notes = repair(score, plan)[0].tracks[bass].notes
        assert int((notes["onset_ticks"] >= 7 * 1920).sum()) == left
