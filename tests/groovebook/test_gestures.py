"""Gestures: a pedal by the harmony, swells by phrase, vibrato on long notes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from bandmate.groovebook.dice import Dice
from bandmate.groovebook.gestures import TABLE, Ground, gestures, kinds_of, phrases
from bandmate.score.gestures import EXPRESSION, MODULATION, PEDAL
from bandmate.score.model import make_notes
from bandmate.score.pitch import Chord

BAR = 1920
TWO_BARS = Ground(np.arange(5) * BAR // 2, [Chord(0), Chord(0), Chord(7), Chord(7)], 480)


def controls(rows, number: int) -> list[tuple[int, int]]:
    return rows[rows["data1"] == number][["ticks", "data2"]].tolist()


def broken_chords() -> np.ndarray:
    return make_notes(np.arange(8) * 480, 470, [60, 64, 67, 72, 59, 62, 67, 71])


def test_the_table_is_in_order_and_says_each_program_once():
    spans = [(first, last) for first, last, _ in TABLE]
    assert all(a[1] < b[0] for a, b in pairwise(spans))
    assert {kind for row in TABLE for kind in row[2]} == {"pedal", "swell", "vibrato", "sweep"}
    assert kinds_of(0, True) == () and kinds_of(33, False) == ()


def test_the_pedal_goes_up_with_the_new_chord_and_down_behind_it():
    rows = controls(gestures(broken_chords(), 0, TWO_BARS, Dice(1)), PEDAL)
    assert [value >= 64 for _, value in rows] == [True, False, True, False]
    assert 0 < rows[0][0] < 120 and rows[1][0] == BAR < rows[2][0] < BAR + 120
    assert rows[-1] == (2 * BAR - 1, 0)


def test_a_chord_that_comes_early_takes_the_pedal_along():
    notes = make_notes([0, BAR - 240], [BAR - 240, BAR], [60, 67])
    assert controls(gestures(notes, 0, TWO_BARS, Dice(1)), PEDAL)[1] == (BAR - 240, 0)


@pytest.mark.parametrize("notes", [
    make_notes(np.arange(8) * 480, 60, 60),  # short strokes
    make_notes(np.arange(16) * 240, 240, [60, 61, 62, 63] * 4),  # a run through tones of no chord
])  # fmt: skip
def test_what_would_blur_stays_dry(notes):
    assert controls(gestures(notes, 0, TWO_BARS, Dice(1)), PEDAL) == []


def test_a_pedal_from_before_is_lifted_first():
    assert controls(gestures(broken_chords(), 0, TWO_BARS, Dice(1), is_down=True), PEDAL)[0] == (0, 0)


def test_each_phrase_swells_and_falls():
    notes = make_notes([0, 480, 960, 2400, 2880], [480, 480, 480, 480, 960], 60)
    assert phrases(notes, 480) == [(0, 1440), (2400, 3840)]
    rows = controls(gestures(notes, 48, TWO_BARS, Dice(1)), EXPRESSION)
    for start, end in ((0, 1440), (2400, 3840)):
        values = [value for ticks, value in rows if start <= ticks < end]
        top = values.index(max(values))
        assert 0 < top < len(values) - 1
        assert values == sorted(values[: top + 1]) + sorted(values[top + 1 :], reverse=True)
        assert max(values) <= 127 and min(values) >= 90


def test_long_notes_get_vibrato_that_is_gone_before_the_next():
    notes = make_notes([0, 960, 1200], [960, 240, 240], 60)
    rows = controls(gestures(notes, 40, TWO_BARS, Dice(1)), MODULATION)
    assert rows[0][0] > 960 * 0.25 and rows[-1] == (960, 0)
    assert [value for _, value in rows[:-1]] == sorted(value for _, value in rows[:-1])


def test_the_same_dice_play_the_same():
    one, two, other = (gestures(broken_chords(), 40, TWO_BARS, Dice(seed)) for seed in (1, 1, 2))
    assert one.tolist() == two.tolist() != other.tolist()
