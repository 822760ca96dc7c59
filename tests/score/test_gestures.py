"""Gestures replaced in cells: outside nothing changes, and at the border all is where it was."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.errors import ScoreError
from bandmate.score.gestures import EXPRESSION, PEDAL, gesture, value_at, with_gestures
from bandmate.score.model import EVENT, NO_EVENTS, Score, Track, make_notes
from bandmate.score.selection import Selection
from bandmate.score.untouched import untouched

BAR = 1920
CELLS = Selection((0,), 1, 2)


def piano(*events: tuple[int, int, int]) -> Score:
    rows = np.array([(t, i, 0xB0, 0, n, v, -1) for i, (t, n, v) in enumerate(events)], EVENT)
    return Score((Track("piano", 0, False, make_notes(np.arange(16) * 480, 400, 60), rows),), end_ticks=4 * BAR)


def put(score: Score, *rows: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    new = np.array([gesture(*row) for row in rows], EVENT) if rows else NO_EVENTS
    after = with_gestures(score, CELLS, {0: new})
    assert untouched(score, after, CELLS, controllers=True) == []
    return after.tracks[0].events[["ticks", "data1", "data2"]].tolist()


def test_the_old_ones_give_way_and_volume_stays():
    score = piano((0, 7, 90), (BAR, 7, 80), (BAR + 10, PEDAL, 127), (BAR + 400, PEDAL, 0), (3 * BAR, PEDAL, 127))
    assert put(score, (2 * BAR, PEDAL, 127), (2 * BAR + 5, PEDAL, 0)) == [
        (0, 7, 90), (BAR, 7, 80), (2 * BAR, PEDAL, 127), (2 * BAR + 5, PEDAL, 0), (3 * BAR, PEDAL, 127),
    ]  # fmt: skip


def test_no_pedal_hangs_over_the_border():
    assert put(piano(), (BAR, PEDAL, 127))[-1] == (3 * BAR - 1, PEDAL, 0)
    hung = piano((BAR + 10, PEDAL, 127))  # the file never let it go
    assert put(hung) == []


def test_a_pedal_that_the_file_holds_over_the_border_is_down_there_again():
    held = piano((BAR + 10, PEDAL, 127), (3 * BAR + 480, PEDAL, 0))
    assert put(held) == [(3 * BAR - 1, PEDAL, 127), (3 * BAR + 480, PEDAL, 0)]


def test_expression_is_where_it_was():
    assert put(piano(), (BAR, EXPRESSION, 80))[-1] == (3 * BAR - 1, EXPRESSION, 127)
    score = piano((0, EXPRESSION, 70), (BAR, EXPRESSION, 60))
    assert put(score)[-1] == (3 * BAR - 1, EXPRESSION, 60)
    assert value_at(score.tracks[0], EXPRESSION, BAR, 0) == 70


def test_the_proof_sees_gestures_outside():
    score = piano((0, PEDAL, 127), (100, PEDAL, 0), (BAR, PEDAL, 127))
    less = Score((Track("piano", 0, False, score.tracks[0].notes, score.tracks[0].events[1:]),), end_ticks=4 * BAR)
    assert untouched(score, less, CELLS, controllers=True) != []
    inside = Score((Track("piano", 0, False, score.tracks[0].notes, score.tracks[0].events[:2]),), end_ticks=4 * BAR)
    assert untouched(score, inside, CELLS) != [] and untouched(score, inside, CELLS, controllers=True) == []


def test_two_tracks_of_one_channel_go_together():
    one = piano().tracks[0]
    score = Score((one, Track("left hand", 0, False, one.notes)), end_ticks=4 * BAR)
    with pytest.raises(ScoreError, match="piano and left hand share MIDI channel 1"):
        with_gestures(score, CELLS, {0: NO_EVENTS})
    assert with_gestures(score, Selection((0, 1), 1, 2), {0: NO_EVENTS}).tracks[0].name == "piano"
