"""Locks: whatever the weights, what is locked holds; what cannot hold is refused before anything is written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.generation.lock_check import breaches

from bandmate.errors import BriefError, RuleConflict
from bandmate.generation.compose import WriteOptions, write_takes
from bandmate.generation.conform import conform, prove
from bandmate.generation.words_locks import LOCKS, parse_drums, parse_locks
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.locks import TrackLock
from bandmate.score.pitch import Chord, Key
from bandmate.workflows.take import plan_from_json, plan_to_json

BAND = ("drums", "bass", "chords", "melody")
PITCHED = (
    "range E2-G3", "polyphony 1", "polyphony 3", "polyphony 2-4", "polyphony >=3", "density <=3", "density >=6",
    "density 4-8", "pitches C E G", "pitches D4 A4", "scale A minor pentatonic", "chord tones",
    "rhythm x...x...x...x...", "rhythm x..x..x.|..x.x.x.", "rhythm xx",
)  # fmt: skip
DRUMS = (
    "polyphony 1", "polyphony 2", "density <=8", "density >=10", "rhythm x.x.x.x.x.x.x.x.", "kick x...x...x...x...",
    "kick x.....x.x.......|x.......x..x....", "snare ....x.......x...", "hat xxxxxxxx", "clap ...x",
)  # fmt: skip


def plan_with(*locks: str, **brief):
    asked = {"genre": "pop", "bars": 4, "key": Key(0, "major"), "only": BAND} | brief
    return make_plan(Brief(**asked, locks=parse_locks(list(locks))), 3)


def chord_at(plan):
    steps = 96 * plan.meter[0] // plan.meter[1]
    return lambda bar, step: plan.sounding_chords[plan.parts * bar + step * plan.parts // steps].pitch_classes


def check(plan, score, locks) -> None:
    assert [what for lock in locks for what in breaches(score, lock, chord_at(plan))] == []
    assert all(len(track.notes) for track in score.tracks)


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(PITCHED), min_size=1, max_size=3, unique=True),
    st.lists(st.sampled_from(DRUMS), max_size=3, unique=True),
    st.sampled_from(["bass", "melody", "chords", "all"]),
    st.integers(0, 2**20),
    st.sampled_from(["sketch", "model"]),
)
def test_whatever_is_locked_holds_or_is_refused(tiny_weights, pitched, drums, role, seed, form):
    locks = [f"{role}: {', '.join(pitched)}", *([f"drums: {', '.join(drums)}"] if drums else [])]
    try:
        plan = plan_with(*locks)
        prove(plan)
    except BriefError as error:
        assert len(str(error)) > 30
        return
    for take in write_takes(plan, [seed, seed + 1], tiny_weights, WriteOptions(form=form)):
        check(plan, take.score, locks)
        assert (conform(take.score, plan).tracks[1].notes == take.score.tracks[1].notes).all()
    check(plan, conform(play(plan, seed), plan), locks)


def test_a_lock_binds_its_track_alone(tiny_weights):
    plan = plan_with("melody: pitches C E G")
    score = write_takes(plan, [1], tiny_weights)[0].score
    assert set(score.tracks[3].notes["pitch"] % 12) <= {0, 4, 7}
    assert not set(score.tracks[2].notes["pitch"] % 12) <= {0, 4, 7}


def test_a_range_goes_beyond_the_genre_but_not_beyond_the_instrument():
    plan = plan_with("melody: range C3-C4")
    assert (plan.tracks[3].low, plan.tracks[3].high) == (48, 60)
    with pytest.raises(RuleConflict, match=r"lies outside what .* plays"):
        plan_with("bass: range C7-C8")


@pytest.mark.parametrize(
    ("lock", "named"),
    [
        ("bass: range F#1-F#1", "key lock and range lock"),
        ("melody: rhythm xxxxxxxx, density <=4", "density lock and rhythm lock"),
        ("melody: pitches C#", "key lock and pitch lock"),
        ("melody: polyphony >=3, pitches C4 E4", "pitch lock and polyphony lock"),
        ("chords: density >=60, polyphony 1, rhythm x...", "density lock and rhythm lock"),
        ("drums: kick xxxx, polyphony 1, snare x...", "polyphony lock and drum pattern"),
        ("drums: kick xxxx, rhythm .x.x", "rhythm lock and drum pattern"),
    ],
)
def test_what_cannot_hold_together_is_named(lock, named):
    with pytest.raises(RuleConflict, match=named):
        prove(plan_with(lock))


def test_excluded_drums_and_a_pattern_of_them_are_named():
    with pytest.raises(RuleConflict, match="excluded drums and drum pattern"):
        prove(plan_with("drums: kick x...", excluded_drums=(35, 36)))


@pytest.mark.parametrize(
    ("lock", "says"),
    [
        ("bas: range E1-G2", "did you mean 'bass'"),
        ("violin: density 4", "the tracks are"),
        ("bass: rang E1-G2", "did you mean 'range'"),
        ("bass: range G2-E1", "upside down"),
        ("bass: range", "says nothing more"),
        ("bass: polyphony many", "polyphony 'many' is not understood"),
        ("bass: density 900", "out of range"),
        ("bass: pitches H", "not a note name"),
        ("bass: scale C funky", "unknown mode"),
        ("bass: rhythm x..y", "has a 'y'"),
        ("bass: rhythm ....", "has no stroke"),
        ("bass: rhythm x......", "does not divide a bar"),
        ("bass: kick x...", "drum patterns bind drums"),
        ("drums: range C2-C3", "drums, which have no range"),
        ("bass: density 4-2", "upside down"),
        ("bass: polyphony 2; bass: polyphony >=3", "contradict each other"),
        ("bass: rhythm x...; bass: rhythm x.x.", "two rhythms"),
        ("", "the lock is empty"),
        ("bass:", "locks nothing"),
    ],
)
def test_what_is_wrong_is_said_with_a_cure(lock, says):
    with pytest.raises(BriefError, match=says):
        plan_with(lock)


def test_a_drum_pattern_of_one_line_is_the_kick():
    assert parse_drums("x...x...") == TrackLock("drums", voices=((36, ("x...x...",)),))
    assert parse_drums("kick x...\nsnare ..x.\nHH xxxx").voices == ((36, ("x...",)), (38, ("..x.",)), (42, ("xxxx",)))
    for text, says in (
        ("", "empty"),
        ("bongo x...", "did you mean|known"),
        ("kick", "no pattern"),
        ("range x", "not a drum"),
    ):
        with pytest.raises(BriefError, match=says):
            parse_drums(text)


@pytest.mark.parametrize("meter", [(3, 4), (6, 8), (7, 8), (5, 4)])
def test_patterns_in_other_meters(tiny_weights, meter):
    lock = f"drums: kick {'x.' * meter[0]}"
    plan = plan_with(lock, meter=meter)
    check(plan, write_takes(plan, [1], tiny_weights)[0].score, [lock])


def test_soft_controls_are_never_refused_and_steer(tiny_weights):
    plan = plan_with(
        "melody: density ~4, range ~C5-G5", "chords: polyphony ~3, density ~12", "bass: polyphony ~3, rhythm x"
    )
    score = write_takes(plan, [2], tiny_weights)[0].score
    bar_ticks = score.end_ticks // plan.bars
    melody = score.tracks[3].notes
    bars = (melody["onset_ticks"] + 10) // bar_ticks
    assert all(3 <= (bars == bar).sum() <= 5 for bar in set(bars.tolist()))


def test_three_chords_a_bar_lock_three_parts_of_it(tiny_weights):
    chords = ((Chord(2, "min7"), Chord(7, "7"), Chord(1, "maj")), (Chord(0, "maj7"),))
    plan = plan_with("bass: chord tones", "chords: chord tones", chords=chords, key=None)
    assert plan.parts == 4
    assert [chord.spell() for chord in plan.fine_chords[:4]] == ["Dm7", "Dm7", "G7", "C#"]
    locks = ["bass: chord tones", "chords: chord tones"]
    check(plan, write_takes(plan, [2], tiny_weights)[0].score, locks)
    check(plan, conform(play(plan, 2), plan), locks)


def test_a_locked_plan_comes_back_from_its_json():
    plan = plan_with("bass: range E1-G2, density ~6", "drums: kick x...|x.x.", chords=((Chord(0),) * 3,))
    again = plan_from_json(plan_to_json(plan))
    assert again.tracks == plan.tracks
    assert again.fine_chords == plan.fine_chords
    assert again.brief == plan.brief


def test_plans_without_locks_are_what_they_were():
    plan = make_plan(Brief(genre="pop", bars=4), 1)
    assert not any(track.lock for track in plan.tracks)
    score = play(plan, 1)
    assert conform(score, plan) is score


def test_every_kind_of_lock_is_written_as_it_says():
    for kind in LOCKS.values():
        for form in kind.written.split(" · "):
            text = form if form.startswith(kind.written.split()[0]) else f"{kind.written.split()[0]} {form}"
            assert parse_locks(f"drums: {text}")[0].track == "drums"


@pytest.mark.parametrize("role", ["bass", "melody"])
def test_words_and_locks_meet(tiny_weights, role):
    asked = Brief(
        genre="rock", bars=2, tracks=(TrackAsk(role, low=40, high=60),), locks=parse_locks(f"{role}: range 45-50")
    )
    plan = make_plan(asked, 1)
    score = write_takes(plan, [4], tiny_weights)[0].score
    pitches = next(t.notes["pitch"] for t in score.tracks if t.role == role)
    assert pitches.min() >= 45 and pitches.max() <= 50


def test_what_shall_not_sound_is_no_lock_and_no_track() -> None:
    for text in ("no snare", "drums: without snare"):
        with pytest.raises(BriefError, match=r"is not a lock; say what shall not sound in words: \"\w+ snare\""):
            parse_locks(text)


@pytest.mark.parametrize("form", ["sketch", "model"])
def test_a_chord_is_not_so_small_that_no_other_brings_what_is_owed(tiny_weights, form):
    lock = "chords: range E2-G3, density 8-8, polyphony >=3"  # two chords of four, never three and then five
    plan = plan_with(lock)
    for take in write_takes(plan, list(range(6)), tiny_weights, WriteOptions(form=form)):
        check(plan, take.score, [lock])
