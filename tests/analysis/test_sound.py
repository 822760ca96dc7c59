"""Tempo, harmony, lines and bars of small sounds whose truth is known."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sounds import chords, drum_loop, line, noise

from bandmate.analysis.sound.choices import chances, softmax, weights_of
from bandmate.analysis.sound.grid import TICKS, BarGrid, drum_notes, drum_pattern, onset_pattern, pitched_notes, snapped
from bandmate.analysis.sound.harmony import find_chords, find_key, span_sound
from bandmate.analysis.sound.kinds import KINDS, kind_features
from bandmate.analysis.sound.lines import HeardNote, find_line
from bandmate.analysis.sound.pulse import pulse_of
from bandmate.analysis.sound.tempo import (
    METERS,
    base_tempo,
    candidates,
    find_tempos,
    followed,
    phase_candidates,
    phase_features,
    refined,
    tempo_features,
)
from bandmate.audio.drum_onsets import Stroke, drum_likelihoods, drum_picture
from bandmate.audio.note_onsets import note_picture
from bandmate.audio.pitch_line import pitch_line
from bandmate.audio.spectrum import RATE
from bandmate.score.pitch import Key

FOUR = BarGrid(np.arange(0.5, 20.5, 0.5), 0, 4)  # 120 BPM, the first bar at half a second


def pulse(mono):
    picture = drum_picture(mono)
    return pulse_of(picture, drum_likelihoods(picture), note_picture(mono))


@pytest.mark.parametrize("bpm", [84.0, 97.3, 120.0, 151.5])
def test_the_tempo_of_a_loop_is_exact_but_for_its_octave(bpm: float) -> None:
    heard = pulse(drum_loop(bpm, 4))
    base, clear = base_tempo(heard)
    octaves = base / bpm * np.array([0.25, 0.5, 1.0, 2.0, 4.0])
    assert np.abs(octaves - 1).min() < 0.03
    assert clear > 2.6
    assert abs(refined(heard, bpm) / bpm - 1) < 0.001


def test_the_likeliest_tempo_of_a_plain_beat_is_its_own() -> None:
    tempos, _ = find_tempos(pulse(drum_loop(112, 4)))
    assert abs(tempos[0].bpm / 112 - 1) < 0.01
    assert sum(guess.sure for guess in tempos) == pytest.approx(1.0)


def test_noise_has_no_beat() -> None:
    _, clear = base_tempo(pulse(noise(8.0)))
    beat = base_tempo(pulse(drum_loop(112, 4)))[1]
    assert clear < 2.6 < beat


def test_beats_follow_a_tempo_that_rises() -> None:
    parts = [drum_loop(bpm, 2) for bpm in (100, 102, 104, 106, 108, 110)]
    edges = np.cumsum([0, *map(len, parts)]) / RATE
    beats = followed(pulse(np.concatenate(parts)), 104.0, 0.0)
    wanted = np.concatenate([np.arange(edges[i], edges[i + 1] - 0.01, 60 / (100 + 2 * i)) for i in range(6)])
    near = np.abs(beats[:, None] - wanted[None]).min(axis=0)
    assert (near < 0.07).mean() > 0.8


def test_features_are_as_many_as_their_weights() -> None:
    heard = pulse(drum_loop(100, 1))
    assert tempo_features(heard, candidates(100.0)).shape[1] == len(weights_of("tempo"))
    tried = phase_candidates(100.0, 0.0)
    assert len(tried) == sum(2 * meter for meter in METERS)
    assert phase_features(heard, 100.0, tried).shape[1] == len(weights_of("bars"))
    loop = drum_loop(100, 1)
    facts = kind_features(drum_likelihoods(drum_picture(loop)), note_picture(loop))
    assert facts.shape == (len(KINDS), len(weights_of("kind")))
    assert chances("kind", facts).sum() == pytest.approx(1.0)


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=20))
def test_chances_add_up(scores) -> None:
    assert softmax(np.array(scores)).sum() == pytest.approx(1.0)


def test_chords_and_key_of_a_cadence() -> None:
    stacks = [[48, 60, 64, 67], [45, 60, 64, 69], [53, 60, 65, 69], [55, 59, 62, 67], [48, 60, 64, 67]]
    picture, edges = note_picture(chords(stacks, 2.0)), np.arange(0, 10.5, 1.0)
    evidence = span_sound(picture, edges, 0.5)
    found = find_chords(evidence, edges)
    at = [next(c.chord for c in found if c.start_sec <= when < c.end_sec) for when in (1, 3, 5, 7, 9)]
    assert [(c.root, 4 in {(p - c.root) % 12 for p in c.pitch_classes}) for c in at if c] == [
        (0, True), (9, False), (5, True), (7, True), (0, True),
    ]  # fmt: skip
    assert find_key(evidence)[0][0] == Key(0, "major")
    assert all(0 <= chord.sure <= 1 for chord in found)


def test_nothing_pitched_has_no_key() -> None:
    evidence = span_sound(note_picture(np.zeros(RATE * 2, np.float32)), np.array([0.0, 1.0, 2.0]), 0.5)
    assert find_key(evidence) == ()
    assert [chord.chord for chord in find_chords(evidence, np.array([0.0, 1.0, 2.0]))] == [None]


def test_a_line_is_heard_note_for_note() -> None:
    keys = [60, 62, 64, 62, 67, 65, 64, 60]
    mono = line(keys, 0.3, start_sec=0.2)
    notes = find_line(note_picture(mono), pitch_line(mono))
    assert [note.pitch for note in notes] == keys
    assert np.abs(np.array([n.onset_sec for n in notes]) - (0.2 + 0.3 * np.arange(8))).max() < 0.05
    assert all(a.end_sec <= b.onset_sec + 1e-6 for a, b in pairwise(notes))


def test_bars_turn_seconds_into_ticks() -> None:
    strokes = [Stroke(0.5, "kick", 1.0, 1.0), Stroke(1.5, "snare", 0.5, 1.0), Stroke(2.51, "kick", 1.0, 1.0)]
    played, straight = drum_notes(FOUR, strokes, 2), drum_notes(FOUR, strokes, 2, keep_feel=0.0)
    assert straight["onset_ticks"].tolist() == [0, 2 * TICKS, 4 * TICKS]
    assert played["onset_ticks"].tolist() == [0, 2 * TICKS, round(4.02 * TICKS)]
    assert played["pitch"].tolist() == [36, 38, 36]
    assert played["velocity"][0] > played["velocity"][1]
    assert drum_pattern(FOUR, strokes, "kick", 1) == "x..............."


def test_what_lies_outside_the_bars_is_left_out() -> None:
    notes = [HeardNote(0.0, 0.4, 60, 1, 1), HeardNote(0.49, 0.9, 62, 1, 1), HeardNote(2.4, 9.0, 64, 1, 1)]
    written = pitched_notes(FOUR, notes, 1)
    assert written["pitch"].tolist() == [62, 64]
    assert written["onset_ticks"][0] == 0  # a little early on the first bar line
    assert (written["onset_ticks"] + written["duration_ticks"]).max() <= 4 * TICKS


def test_a_pattern_counts_bars_in_which_something_begins() -> None:
    counts = onset_pattern(FOUR, [0.5, 0.51, 2.5, 4.5, 1.0], 3)
    assert counts[0] == 3
    assert counts[4] == 1
    assert len(counts) == 16


@given(st.lists(st.floats(0, 64), min_size=1, max_size=30), st.floats(0, 1))
def test_less_feel_is_nearer_to_the_grid(quarters, feel) -> None:
    times = np.array(quarters)
    on_grid, between = snapped(times, 0.0), snapped(times, feel)
    assert (np.abs(between - on_grid) <= np.abs(snapped(times, 1.0) - on_grid) + 1).all()
