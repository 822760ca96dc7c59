"""Perform: bars get as many notes as is asked, and sections of long pieces return varied, from several performances."""

from dataclasses import replace

import numpy as np

from bandmate.groovebook.perform import FULLNESS, fullness_of, perform, returns
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.groovebook.stage import Note
from bandmate.score.brief import Brief

ASKED = [0.4, 0.4, 1.0, 1.0, 1.8, 1.8, 1.0, 1.0]


def counts(score, plan):
    bar = score.ticks_per_quarter * 4 * plan.meter[0] // plan.meter[1]
    early = score.ticks_per_quarter // 24
    return np.array([np.bincount((t.notes["onset_ticks"] + early) // bar, minlength=8)[:8] for t in score.tracks])


def test_bars_are_as_full_as_is_asked_and_the_others_stay() -> None:
    plan = make_plan(Brief(genre="funk", bars=8), 3)
    asked = replace(plan, extra=plan.extra | {FULLNESS: ASKED})
    usual, full = play(plan, 5), perform(asked, 5)
    before, after = counts(usual, plan), counts(full, plan)
    assert after[:, :2].sum() < 0.7 * before[:, :2].sum()
    assert after[:, 4:6].sum() > 1.05 * before[:, 4:6].sum()
    assert (after[:, [2, 3, 6, 7]] == before[:, [2, 3, 6, 7]]).all()
    assert full.end_ticks == usual.end_ticks
    for track in full.tracks:
        assert (np.diff(track.notes["onset_ticks"]) >= 0).all()
        assert (track.notes["duration_ticks"] > 0).all()


def test_without_a_wish_nothing_changes_and_a_short_one_goes_round() -> None:
    plan = make_plan(Brief(genre="house", bars=8), 3)
    assert fullness_of(plan).tolist() == [1.0] * 8
    for one, two in zip(play(plan, 5).tracks, perform(plan, 5).tracks, strict=True):
        assert one.notes.tolist() == two.notes.tolist()
    asked = replace(plan, extra={FULLNESS: [0.5, 1.5]})
    assert fullness_of(asked).tolist() == [0.5, 1.5] * 4


def strokes(track, bars, bar_ticks):
    early = track.notes["onset_ticks"] + 20
    here = np.isin(early // bar_ticks, list(bars))
    return set(zip((early[here] % bar_ticks // 120).tolist(), track.notes["pitch"][here].tolist(), strict=True))


def test_sections_of_a_long_piece_return_varied_over_the_same_drums_and_tune() -> None:
    brief = Brief(genre="pop", bars=64, only=("drums", "bass", "chords", "melody"))
    plan = make_plan(brief, 2)
    where = returns(plan)
    first, second = [s for s in plan.sections if s.label == "chorus"][:2]
    assert set(where[first.start_bar : first.start_bar + 6]) == {0}
    assert 0 not in where[second.start_bar : second.start_bar + second.bars]
    usual, varied = play(plan, 5), perform(plan, 5)
    for track, one, two in zip(plan.tracks, usual.tracks, varied.tracks, strict=True):
        same = one.notes.tolist() == two.notes.tolist()
        assert same == (track.role in ("drums", "melody"))
    bar = 4 * usual.ticks_per_quarter
    later = range(second.start_bar, second.start_bar + second.bars)
    for place in (1, 2):
        was, now = (strokes(score.tracks[place], later, bar) for score in (usual, varied))
        assert was != now
        assert was & now  # known again
    assert perform(plan, 5).tracks[1].notes.tolist() == varied.tracks[1].notes.tolist()


def test_short_pieces_loops_and_given_tracks_are_as_played() -> None:
    for brief in (Brief(genre="pop", bars=16), Brief(genre="pop", bars=32, loop=True)):
        assert not returns(make_plan(brief, 2)).any()
    plan = make_plan(Brief(genre="pop", bars=64, only=("drums", "bass", "chords")), 2)
    bass = [Note(tick, 480, 40, 90) for tick in range(0, 64 * 1920, 960)]
    given = {1: bass}
    one, two = play(plan, 5, given=given), perform(plan, 5, given=given)
    assert one.tracks[1].notes.tolist() == two.tracks[1].notes.tolist()
    assert one.tracks[2].notes.tolist() != two.tracks[2].notes.tolist()
