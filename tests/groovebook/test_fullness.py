"""Fullness: bars of a performance get as many notes as is asked, from performances of the same plan and seed."""

from dataclasses import replace

import numpy as np

from bandmate.groovebook.fullness import FULLNESS, fullness_of, play_full
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.score.brief import Brief

ASKED = [0.4, 0.4, 1.0, 1.0, 1.8, 1.8, 1.0, 1.0]


def counts(score, plan):
    bar = score.ticks_per_quarter * 4 * plan.meter[0] // plan.meter[1]
    early = score.ticks_per_quarter // 24
    return np.array([np.bincount((t.notes["onset_ticks"] + early) // bar, minlength=8)[:8] for t in score.tracks])


def test_bars_are_as_full_as_is_asked_and_the_others_stay() -> None:
    plan = make_plan(Brief(genre="funk", bars=8), 3)
    asked = replace(plan, extra=plan.extra | {FULLNESS: ASKED})
    usual, full = play(plan, 5), play_full(asked, 5)
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
    for one, two in zip(play(plan, 5).tracks, play_full(plan, 5).tracks, strict=True):
        assert one.notes.tolist() == two.notes.tolist()
    asked = replace(plan, extra={FULLNESS: [0.5, 1.5]})
    assert fullness_of(asked).tolist() == [0.5, 1.5] * 4
