"""Soft controls bar by bar: within one bin of what was asked is met, further is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.evaluation.music import band

from bandmate.evaluation.controls import bars_met, soft_controls
from bandmate.generation.words_locks import parse_locks

BASS, KEYS = 1, 2  # of the band: two notes a bar; a triad a bar


@pytest.mark.parametrize(
    ("control", "track", "asked", "met"),
    [
        ("density", BASS, (2, 2), True),
        ("density", BASS, (16, 16), False),
        ("polyphony", KEYS, (3, 3), True),
        ("polyphony", KEYS, (1, 1), False),
        ("range", BASS, (36, 48), True),
        ("range", BASS, (72, 84), False),
    ],
)
def test_a_band_that_is_known_meets_what_it_plays_and_nothing_else(control, track, asked, met) -> None:
    assert bars_met(control, *asked, band(4), track) == [met] * 4


def test_bars_in_which_a_track_is_silent_are_not_asked() -> None:
    score = band(4)
    assert len(bars_met("density", 2, 2, score, BASS)) == 4
    quiet = score.tracks[BASS].notes[score.tracks[BASS].notes["onset_ticks"] < 1920]
    tracks = (score.tracks[0], replace(score.tracks[BASS], notes=quiet), *score.tracks[2:])
    assert bars_met("density", 2, 2, replace(score, tracks=tracks), BASS) == [True]


def test_what_is_asked_loosely_is_read_off_a_lock() -> None:
    (lock,) = parse_locks(["melody: density ~4, range ~C4-C5, polyphony ~2, density <=8"])
    assert list(soft_controls(lock)) == [("density", 4, 4), ("polyphony", 2, 2), ("range", 60.0, 72.0)]
