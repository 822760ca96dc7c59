"""The report: asked and got, on scores whose faults are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bandmate.generation.measures import most_at_once
from bandmate.score.brief import Brief
from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos
from bandmate.score.pitch import Chord, Key
from bandmate.score.plan import Plan, PlannedSection, PlannedTrack
from bandmate.workflows.report import make_report
from bandmate.workflows.wishes import Busier, Offbeat, not_reached

QUARTER = 480


@pytest.fixture
def plan() -> Plan:
    """Two bars in A minor: a bass from E1 to E3, one note at once, and drums."""
    return Plan(
        brief=Brief(key=Key(9, "minor"), bars=2, guessed=("meter",)), seed=1, genre="house", tempo=120.0,
        key=Key(9, "minor"), meter=(4, 4), bars=2,
        tracks=(PlannedTrack("bass", "slap bass", 36, False, 28, 52, 1), PlannedTrack("drums", "drums", 0, True)),
        sections=(PlannedSection("verse", 0, 2, 3),), chords=(Chord.parse("Am"),) * 4,
        active=np.ones((2, 2), bool), key_lock=True,
    )  # fmt: skip


@pytest.fixture
def score() -> Score:
    """A E A E | A E A E as quarters, and a kick on every bar."""
    bass = make_notes(np.arange(8) * QUARTER, QUARTER, [33, 40] * 4)
    drums = make_notes([0, 4 * QUARTER], 60, 36, channel=9)
    tracks = (Track("slap bass", 36, False, bass, role="bass"), Track("drums", 0, True, drums, role="drums"))
    return Score(tracks, tempos=make_tempos(120), meters=make_meters(), end_ticks=8 * QUARTER)


def _missed(plan: Plan, score: Score) -> list[str]:
    return [demand.name for demand in make_report(plan, score).demands if not demand.met]


def _bass(score: Score, **columns) -> Score:
    notes = score.tracks[0].notes.copy()
    for name, value in columns.items():
        notes[name][3] = value
    return replace(score, tracks=(score.tracks[0].with_notes(notes), score.tracks[1]))


def test_a_score_that_meets_all_is_whole(plan, score) -> None:
    report = make_report(plan, score)
    assert _missed(plan, score) == []
    assert report.share == 1.0
    assert report.to_json()["met"]


def test_each_fault_is_found_by_name(plan, score) -> None:
    assert _missed(plan, replace(score, tempos=make_tempos(121))) == ["tempo"]
    assert _missed(plan, replace(score, meters=make_meters(3, 4))) == ["meter"]
    assert _missed(plan, replace(score, end_ticks=9 * QUARTER)) == ["bars"]
    assert _missed(plan, _bass(score, duration_ticks=20 * QUARTER)) == [
        "nothing past the end",
        "notes at once in slap bass",
    ]
    assert _missed(plan, _bass(score, pitch=57)) == ["range of slap bass"]
    assert _missed(plan, _bass(score, pitch=34)) == ["key"]
    assert _missed(plan, replace(score, tracks=score.tracks[:1])) == ["tracks"]
    silent = score.tracks[0].with_notes(score.tracks[0].notes[:0])
    assert _missed(plan, replace(score, tracks=(silent, score.tracks[1]))) == ["tracks"]


def test_the_raised_leading_note_lies_inside_a_minor_key(plan, score) -> None:
    assert _missed(plan, _bass(score, pitch=32)) == []  # G#


def test_what_was_said_weighs_more_than_what_was_chosen(plan, score) -> None:
    wrong = replace(score, tempos=make_tempos(121))
    stated = make_report(plan, wrong)
    guessed = make_report(replace(plan, brief=replace(plan.brief, guessed=("tempo",))), wrong)
    assert stated.share < guessed.share < 1.0
    assert [demand.name for demand in stated.missed] == ["tempo"]
    assert guessed.missed == ()


def test_what_was_excluded_must_not_sound(plan, score) -> None:
    without = replace(plan, brief=replace(plan.brief, excluded_drums=(36,), excluded_programs=(36,)))
    assert _missed(without, score) == ["no drum key 36", "no program 36"]


def test_busier_is_counted_in_the_bars_that_play(plan, score) -> None:
    met = make_report(plan, score, [(0, Busier(1.3, 3.0))]).demands[-1]
    missed = make_report(plan, score, [(0, Busier(1.3, 5.0))]).demands[-1]
    sparser = make_report(plan, score, [(0, Busier(0.7, 5.0))]).demands[-1]
    assert (met.name, met.met) == ("busier slap bass", True)
    assert (missed.asked, missed.got, missed.met) == ("more than 5.0 notes a bar, about 6.7", "4.0", False)
    assert (sparser.name, sparser.met) == ("sparser slap bass", True)


def test_a_clear_step_is_asked_and_not_far_more() -> None:
    busier, sparser, twice = Busier(1.3, 6.0), Busier(0.55, 6.0), Busier(2.0, 6.0)
    assert (round(busier.goal, 6), round(sparser.goal, 6), twice.goal) == (8.0, 4.5, 12.0)
    assert [wish.share(wish.goal) for wish in (busier, sparser, twice)] == [1.0, 1.0, 1.0]
    assert [busier.share(got) < 1 for got in (6.2, 7.0, 11.9, 12.5)] == [True, False, False, True]
    assert [sparser.share(got) < 1 for got in (5.8, 5.0, 3.1, 2.9)] == [True, False, False, True]


@pytest.mark.parametrize(
    ("onsets", "lengths", "most"),
    [([0, 480], [480, 480], 1), ([0, 480], [481, 480], 2), ([0, 0, 0], [10, 10, 10], 3), ([0], [0], 1), ([], [], 0)],
)
def test_notes_at_once(onsets, lengths, most) -> None:
    assert most_at_once(make_notes(onsets, lengths, [60 + i for i in range(len(onsets))])) == most


def test_a_step_off_the_beat_is_five_points_and_what_is_missed_is_said():
    wish = Offbeat(0.3)
    assert wish.share(0.35) == 1.0 > wish.share(0.3) > wish.share(0.1)
    assert Offbeat(0.95).share(0.95) == 1.0  # more is hardly possible
    rows = [wish.row("bass", 0.3), Busier(1.3, 6.0).row("drums", 9.0)]
    said = not_reached(rows, 5)
    assert "5 tries" in said
    assert "more syncopated bass" in said
    assert "30%" in said
    assert "drums" not in said
    assert not_reached(rows[1:], 5) == ""
