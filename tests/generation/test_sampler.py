"""Sampling by random weights: every walk decodes, every rule holds."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.errors import RuleConflict
from bandmate.generation.compose import Given, WriteOptions, windows, write_takes
from bandmate.generation.filters import FieldFilter, SamplingOptions, draw
from bandmate.groovebook.plan import make_plan
from bandmate.score.brief import Brief, TrackAsk
from bandmate.score.pitch import Chord, Key

GENRES = ("house", "boom_bap", "rock", "waltz", "bossa_nova", "drum_and_bass", "ambient", "jazz_swing")
KEYS = (None, Key(2, "minor"), Key(6, "major"), Key(9, "dorian"), Key(4, "blues"))


def check(plan, score):
    """What every take promises."""
    bar_ticks = 480 * 4 * plan.meter[0] // plan.meter[1]
    assert score.end_ticks == plan.bars * bar_ticks
    assert [t.program for t in score.tracks] == [t.program for t in plan.tracks]
    assert abs(score.bpm - plan.tempo) < 1e-3
    assert (score.meters["numerator"][0], score.meters["denominator"][0]) == plan.meter
    for planned, track, active in zip(plan.tracks, score.tracks, plan.active, strict=True):
        notes = track.notes
        assert len(notes)
        assert (notes["onset_ticks"] + notes["duration_ticks"]).max() <= score.end_ticks
        assert notes["pitch"].min() >= planned.low and notes["pitch"].max() <= planned.high
        bars = np.unique((notes["onset_ticks"] + bar_ticks // 192) // bar_ticks)
        assert set(bars) - {plan.bars} <= set(np.flatnonzero(active)) | {int(b) + 1 for b in np.flatnonzero(active)}
        if plan.key_lock and not plan.chord_lock and not planned.is_drum:
            assert set(notes["pitch"] % 12) <= plan.key.lock
        if planned.polyphony == 1 and not planned.is_drum:
            ends = notes["onset_ticks"] + notes["duration_ticks"]
            assert (ends[:-1] <= notes["onset_ticks"][1:]).all()


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(GENRES), st.integers(1, 12), st.sampled_from(KEYS), st.integers(40, 220), st.integers(0, 2**31),
    st.sampled_from([None, (3, 4), (5, 4), (6, 8), (7, 8), (9, 4)]),
)  # fmt: skip
def test_random_weights_random_briefs(tiny_weights, genre, bars, key, tempo, seed, meter):
    plan = make_plan(Brief(genre=genre, bars=bars, key=key, tempo=float(tempo), meter=meter), seed)
    for take in write_takes(plan, [seed, seed + 1], tiny_weights):
        check(plan, take.score)


@pytest.mark.parametrize("genre", GENRES)
def test_a_form_drawn_by_the_model_sounds_where_the_plan_says(tiny_weights, genre):
    plan = make_plan(Brief(genre=genre, bars=12), 4)
    for take in write_takes(plan, [1, 2], tiny_weights, WriteOptions(form="model")):
        check(plan, take.score)


def test_a_take_does_not_depend_on_its_neighbours(tiny_weights):
    plan = make_plan(Brief(genre="funk", bars=4), 1)
    options = WriteOptions(engine="numpy")
    together = write_takes(plan, [5, 6, 7], tiny_weights, options)
    again = write_takes(plan, [5, 8, 9], tiny_weights, options)
    assert (together[0].score.tracks[0].notes == again[0].score.tracks[0].notes).all()


def test_the_same_seed_gives_the_same_notes(tiny_weights):
    plan = make_plan(Brief(genre="house", bars=8), 3)
    first, second = (write_takes(plan, [11], tiny_weights)[0].score for _ in range(2))
    for a, b in zip(first.tracks, second.tracks, strict=True):
        assert (a.notes == b.notes).all()


def test_given_cells_stay(tiny_weights):
    plan = make_plan(Brief(genre="rock", bars=4), 2)
    before = write_takes(plan, [1], tiny_weights)[0].score
    mask = np.zeros((len(plan.tracks), 4), bool)
    mask[0] = True
    after = write_takes(plan, [2], tiny_weights, given=Given(before, {0: 0}, mask))[0].score
    assert (after.tracks[0].notes == before.tracks[0].notes).all()
    assert (
        len(after.tracks[1].notes) != len(before.tracks[1].notes)
        or not (after.tracks[1].notes == before.tracks[1].notes).all()
    )


def test_given_cells_stay_in_bars_longer_than_a_cell(tiny_weights):
    plan = make_plan(Brief(genre="rock", bars=4, meter=(9, 4)), 2)
    before = write_takes(plan, [1], tiny_weights)[0].score
    mask = np.zeros((len(plan.tracks), 4), bool)
    mask[0] = mask[1, 2] = True
    after = write_takes(plan, [2], tiny_weights, given=Given(before, {0: 0, 1: 1}, mask))[0].score
    check(plan, after)
    assert (after.tracks[0].notes == before.tracks[0].notes).all()
    bars = [
        notes[(notes["onset_ticks"] + 10) // 4320 == 2] for notes in (before.tracks[1].notes, after.tracks[1].notes)
    ]
    assert (bars[0]["pitch"] == bars[1]["pitch"]).all() and len(bars[0])


def test_long_pieces_are_written_window_by_window(tiny_weights):
    plan = make_plan(Brief(genre="techno", bars=64), 1)
    spans = windows(plan)
    assert len(spans) > 1 and spans[0][1] == 0 and spans[-1][2] == 64
    assert all(before[2] == after[1] for before, after in pairwise(spans))
    check(plan, write_takes(plan, [4], tiny_weights)[0].score)


def test_a_stated_chord_wins_over_the_key_for_its_span(tiny_weights):
    chords = tuple((Chord.parse(name),) for name in ("Am", "E7", "Am", "E7"))
    brief = Brief(
        genre="pop", bars=4, key=Key(9, "minor"), chords=chords, tracks=(TrackAsk("chords", 0),), only=("chords",)
    )
    plan = make_plan(brief, 0)
    assert plan.chord_lock
    notes = write_takes(plan, [0], tiny_weights)[0].score.tracks[0].notes
    bar = notes["onset_ticks"] // 1920
    for index, chord in enumerate(("Am", "E7", "Am", "E7")):
        assert set(notes["pitch"][bar == index] % 12) <= plan.key.lock | Chord.parse(chord).pitch_classes


def test_rules_in_conflict_are_named_before_anything_is_drawn(tiny_weights):
    plan = make_plan(Brief(genre="pop", bars=2, key=Key(0, "major")), 0)
    track = plan.tracks[-1]
    from dataclasses import replace

    stuck = replace(plan, tracks=(*plan.tracks[:-1], replace(track, low=61, high=61, is_drum=False)))
    with pytest.raises(RuleConflict, match=r"key lock.*61"):
        write_takes(stuck, [0], tiny_weights)


def test_greedy_filter_draws_the_best_allowed_code():
    logits = np.array([[5.0, 3.0, 4.0], [0.0, 9.0, 1.0]], np.float32)
    allowed = np.array([[False, True, True], [True, False, True]])
    code, odds = draw(logits, allowed, np.array([0.5, 0.5]), FieldFilter(top_k=1))
    assert code.tolist() == [2, 2]
    assert np.allclose(odds, np.log([1 / (1 + np.exp(-1)), 1 / (1 + np.exp(-1))]))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1, exclude_max=True), st.floats(0.05, 1.0), st.integers(0, 5))
def test_draws_are_always_allowed(seed, u, top_p, top_k):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 20, (4, 9)).astype(np.float32)
    allowed = rng.random((4, 9)) < 0.3
    allowed[:, rng.integers(9)] = True
    code, _ = draw(logits, allowed, np.full(4, u), FieldFilter(1.0, top_k, top_p))
    assert allowed[np.arange(4), code].all()


def test_variety_orders_the_temperatures():
    low, normal, high = (SamplingOptions.of(v).pitch.temperature for v in ("low", "normal", "high"))
    assert low < normal < high
    assert SamplingOptions.of("low", temperature=1.3).pitch.temperature == 1.3
