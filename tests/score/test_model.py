"""The score's own rules."""

from __future__ import annotations

import pytest

from bandmate.errors import ScoreError
from bandmate.score.model import MADE, NO_EVENTS, Score, Track, make_notes, make_tempos


def test_notes_come_sorted_by_onset_then_pitch():
    notes = make_notes([480, 0, 0], 10, [60, 64, 62])
    assert notes[["onset_ticks", "pitch"]].tolist() == [(0, 62), (0, 64), (480, 60)]
    assert set(notes["on_order"].tolist()) == {MADE}


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (([-1], 1, [60]), "tick -1"),
        (([0], -5, [60]), "duration_ticks -5"),
        (([0], 1, [128]), "pitch 128"),
        (([0], 1, [60], 0), "velocity 0"),
    ],
)
def test_values_out_of_range_are_named(columns, words):
    with pytest.raises(ScoreError, match=words):
        make_notes(*columns)


def test_lengths():
    track = Track(notes=make_notes([0, 100], [500, 10], [60, 62]))
    assert (track.last_ticks, Score((track,)).last_ticks, Score((track,), end_ticks=960).last_ticks) == (500, 500, 960)
    assert Score().last_ticks == 0


def test_the_tempo_at_the_start():
    assert round(Score(tempos=make_tempos(87.5)).bpm, 3) == 87.5


def test_shared_emptiness_cannot_be_written_to():
    assert not NO_EVENTS.flags.writeable
    assert Track().events is NO_EVENTS


def test_the_channel_of_a_track():
    assert Track(notes=make_notes([0, 1, 2], 1, 60, channel=[4, 2, 2])).channel == 2
    assert (Track(is_drum=True).channel, Track().channel) == (9, 0)
