"""A model plays what is written: when and how loud are drawn, what is played and in which order stays."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.generation.compose import WriteOptions
from bandmate.generation.feel import model_groove
from bandmate.generation.feel_walk import windows
from bandmate.generation.scene import with_roles
from bandmate.groovebook.grooves import apply_groove
from bandmate.groovebook.strokes import Swing
from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos

QUARTER = 480


def band(bars: int = 3) -> Score:
    """Kick, snare and hats, a flam of the snare, and chords of three notes, all typed."""
    hats = [(bar * 1920 + at * 240, 42) for bar in range(bars) for at in range(8)]
    kicks = [(bar * 1920 + at * 960, 36) for bar in range(bars) for at in range(2)]
    flam = [(bar * 1920 + at, 38) for bar in range(bars) for at in (480 - 20, 480, 1440)]
    strokes = np.array(sorted([*hats, *kicks, *flam]))
    drums = make_notes(strokes[:, 0], np.full(len(strokes), 60), strokes[:, 1], np.full(len(strokes), 90), channel=9)
    chord = np.array([(bar * 1920 + at, pitch) for bar in range(bars) for at in (0, 960) for pitch in (60, 64, 67)])
    keys = make_notes(chord[:, 0], np.full(len(chord), 800), chord[:, 1], np.full(len(chord), 80))
    tracks = (Track("drums", 0, True, drums, role="drums"), Track("keys", 4, False, keys, role="chords"))
    return Score(tracks=tracks, ticks_per_quarter=QUARTER, tempos=make_tempos(120), meters=make_meters(4, 4),
                 end_ticks=bars * 1920)  # fmt: skip


def played(score: Score, weights, seed: int = 1, **asked) -> Score:
    groove = model_groove(with_roles(score), weights, WriteOptions("numpy"), seed, **asked)
    cells = {name: value for name, value in asked.items() if name in ("tracks", "span")}
    return apply_groove(score, groove, 1.0, seed, **cells)


@given(st.sets(st.integers(0, 95), max_size=40))
def test_windows_hold_their_place_and_share_no_step(places):
    ordered = sorted(places)
    found = windows(ordered, 96)
    assert all(low <= place <= high for place, (low, high) in zip(ordered, found, strict=True))
    assert all(one[1] < two[0] for one, two in pairwise(found))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_notes_stay_what_they_are_and_flams_stay_two_strokes(tiny_weights, seed):
    before = band()
    after = played(before, tiny_weights, seed)
    for one, two in zip(before.tracks, after.tracks, strict=True):
        assert sorted(one.notes["pitch"].tolist()) == sorted(two.notes["pitch"].tolist())
        for pitch in np.unique(one.notes["pitch"]):
            a, b = (t.notes[t.notes["pitch"] == pitch] for t in (one, two))
            assert np.all(
                np.abs(a["onset_ticks"] - np.sort(b["onset_ticks"])) < 110
            )  # nearer to its own place than to the next
            assert np.all(np.diff(np.sort(b["onset_ticks"])) > 0)
    snare = after.tracks[0].notes
    gaps = np.diff(np.sort(snare["onset_ticks"][snare["pitch"] == 38]))
    assert np.all(gaps[::3] == 20)
    assert np.array_equal(after.tracks[1].notes["duration_ticks"], before.tracks[1].notes["duration_ticks"])
    assert len(np.unique(after.tracks[0].notes["velocity"])) > 5


def test_the_notes_of_a_chord_are_struck_together(tiny_weights):
    keys = played(band(), tiny_weights).tracks[1].notes
    assert np.all(keys["onset_ticks"].reshape(-1, 3) == keys["onset_ticks"].reshape(-1, 3)[:, :1])


def test_the_same_seed_plays_the_same_and_another_one_otherwise(tiny_weights):
    one, two, other = (played(band(), tiny_weights, seed).tracks[0].notes for seed in (1, 1, 2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_only_asked_cells_are_played(tiny_weights):
    before = band()
    after = played(before, tiny_weights, tracks=(0,), span=(1920, 3840))
    assert after.tracks[1] is before.tracks[1]
    outside = [n[(n["onset_ticks"] < 1920) | (n["onset_ticks"] >= 3840)] for n in
               (before.tracks[0].notes, after.tracks[0].notes)]  # fmt: skip
    assert np.array_equal(outside[0], outside[1])
    assert not np.array_equal(before.tracks[0].notes, after.tracks[0].notes)


def test_downbeats_may_fall_before_their_bar_line(tiny_weights):
    early = [played(band(6), tiny_weights, seed).tracks[0].notes["onset_ticks"] % 1920 > 1860 for seed in range(4)]
    assert any(found.any() for found in early)


def test_a_swing_that_is_asked_is_played(tiny_weights):
    groove = model_groove(with_roles(band()), tiny_weights, WriteOptions("numpy"), 1, swing=Swing(2 / 3, 1))
    assert groove.swing.amount == pytest.approx(2 / 3)
    hats = apply_groove(band(), replace(groove, late={}), 1.0).tracks[0].notes
    off = hats["onset_ticks"][hats["pitch"] == 42][1::2] % QUARTER
    assert np.allclose(off, 320, atol=2)
