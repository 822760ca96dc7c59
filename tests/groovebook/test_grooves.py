"""Grooves: when and how loud, never what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bandmate.errors import BriefError, ScoreError
from bandmate.groovebook.grooves import STYLES, apply_groove, groove_of, style_groove
from bandmate.groovebook.strokes import Swing, strokes_of_all, swing_of
from bandmate.io.files import read
from bandmate.score.model import EVENT, Score, Track, make_meters, make_notes
from bandmate.score.untouched import untouched

FIXTURES = Path(__file__).parents[1] / "fixtures" / "music"
BEAT = read(FIXTURES / "funk_beat.mid")
LIED = read(FIXTURES / "lied.mid")


def typed(bars: int = 4, *, step: int = 240) -> Score:
    """Straight eighths on the hat, kick on 1 and 3, snare on 2 and 4, all of one velocity."""
    hats = list(range(0, bars * 1920, step))
    kicks, snares = list(range(0, bars * 1920, 960)), list(range(480, bars * 1920, 960))
    onset = hats + kicks + snares
    pitch = [42] * len(hats) + [36] * len(kicks) + [38] * len(snares)
    return Score((Track("drums", 0, True, make_notes(onset, 60, pitch, 100, channel=9)),))


def content(score: Score) -> list[list[tuple[int, int]]]:
    """Pitch and length of every note, track by track, by pitch."""
    return [
        sorted(zip(t.notes["pitch"].tolist(), t.notes["duration_ticks"].tolist(), strict=True)) for t in score.tracks
    ]


def test_strength_0_gives_the_file_back_event_for_event():
    for score in (BEAT, LIED):
        same = apply_groove(score, style_groove("funk"), 0.0, 1)
        assert untouched(score, same) == []


@pytest.mark.parametrize("style", [*STYLES, "house", "bossa_nova"])
def test_a_style_changes_touch_and_nothing_else(style: str):
    for score in (typed(), LIED):
        played = apply_groove(score, style_groove(style), 1.0, 3)
        assert [len(t.notes) for t in played.tracks] == [len(t.notes) for t in score.tracks]
        for before, after in zip(content(score), content(played), strict=True):
            assert [p for p, _ in before] == [p for p, _ in after]
            assert all(new <= old for (_, old), (_, new) in zip(before, after, strict=True))
        moved = [strokes.late_ms for strokes in strokes_of_all(played)[0]]
        assert max(np.abs(late).max(initial=0) for late in moved) < 130


def test_the_same_seed_gives_the_same_and_another_does_not():
    one, two, other = (apply_groove(typed(), style_groove("funk"), 1.0, seed) for seed in (5, 5, 6))
    assert np.array_equal(one.tracks[0].notes, two.tracks[0].notes)
    assert not np.array_equal(one.tracks[0].notes, other.tracks[0].notes)


def test_typed_hats_get_the_accents_of_drummers():
    played = apply_groove(typed(8), style_groove("rock"), 1.0, 2).tracks[0].notes
    hats = played[played["pitch"] == 42]
    on_beat, off_beat = hats["velocity"][0::2].mean(), hats["velocity"][1::2].mean()
    assert on_beat > off_beat + 8


def test_jazz_swings_straight_eighths_and_strength_is_the_share_of_the_way():
    assert swing_of(typed()) == Swing()
    whole = swing_of(apply_groove(typed(8), style_groove("jazz"), 1.0, 1))
    half = swing_of(apply_groove(typed(8), style_groove("jazz"), 0.5, 1))
    assert whole.pairs == half.pairs == 1
    assert whole.amount == pytest.approx(0.66, abs=0.03)
    assert half.amount == pytest.approx(0.58, abs=0.03)


def test_a_clip_put_on_its_own_quantised_self_comes_back():
    groove = groove_of(BEAT, "beat")
    track = next(i for i, t in enumerate(BEAT.tracks) if len(t.notes))
    rows, swing, bars = strokes_of_all(BEAT)
    notes = BEAT.tracks[track].notes.copy()
    flat = bars["start_ticks"][rows[track].bar] + np.rint(swing.bent(rows[track].straight) * BEAT.ticks_per_quarter)
    notes["onset_ticks"] = np.maximum(0, flat)
    notes["velocity"] = 90
    tracks = list(BEAT.tracks)
    tracks[track] = replace(tracks[track], notes=notes[np.argsort(notes["onset_ticks"], kind="stable")])
    played = apply_groove(replace(BEAT, tracks=tuple(tracks)), groove, 1.0, 1).tracks[track].notes

    def by_key(rows: np.ndarray) -> np.ndarray:
        return rows[np.lexsort((rows["onset_ticks"], rows["pitch"]))]

    human, ours, typed_rows = by_key(BEAT.tracks[track].notes), by_key(played), by_key(notes)
    velocity = human["velocity"].astype(float)
    near = np.corrcoef(velocity, ours["velocity"])[0, 1]
    late = np.abs(human["onset_ticks"] - ours["onset_ticks"])
    typed_late = np.abs(human["onset_ticks"] - typed_rows["onset_ticks"])
    assert near > 0.85
    assert np.median(late - np.median(late)) < np.median(typed_late)


def test_only_the_asked_bars_and_tracks_are_touched_and_nothing_leaves_them():
    played = apply_groove(typed(4), style_groove("funk"), 1.0, 1, tracks=(0,), span=(1920, 3840)).tracks[0].notes
    before = typed(4).tracks[0].notes
    outside = (before["onset_ticks"] < 1920) | (before["onset_ticks"] >= 3840)
    kept = (played["onset_ticks"] < 1920) | (played["onset_ticks"] >= 3840)
    assert np.array_equal(before[outside], played[kept])
    assert not np.array_equal(before[~outside], played[~kept])


def test_a_note_waits_for_the_program_it_needs():
    change = np.array([(960, 0, 0xC0, 0, 40, 0, -1)], EVENT)
    notes = make_notes(np.arange(0, 3840, 120), 60, 60, 90)
    score = Score((Track("melody", 0, False, notes, change),))
    for seed in range(6):
        played = apply_groove(score, style_groove("funk"), 1.0, seed).tracks[0].notes
        first = int((notes["onset_ticks"] < 960).sum())
        assert (np.sort(played["onset_ticks"])[first:] >= 960).all()


def test_repeated_notes_do_not_run_into_each_other():
    notes = make_notes(np.arange(0, 7680, 120), 120, 60, 90)
    played = apply_groove(Score((Track("melody", 0, False, notes),)), style_groove("latin"), 1.0, 1).tracks[0].notes
    assert (np.diff(played["onset_ticks"]) > 0).all()
    assert (played["onset_ticks"][:-1] + played["duration_ticks"][:-1] <= played["onset_ticks"][1:]).all()


def test_what_cannot_be_done_is_said():
    with pytest.raises(BriefError, match="polka"):
        style_groove("polka")
    with pytest.raises(ScoreError, match="strength 2"):
        apply_groove(typed(), style_groove("funk"), 2.0)
    with pytest.raises(ScoreError, match="no notes"):
        groove_of(Score(), "empty.mid")
    with pytest.raises(ScoreError, match="in 4/4 and the clip in 3/4"):
        apply_groove(replace(typed(3), meters=make_meters(3, 4)), groove_of(BEAT, "beat.mid"))
