"""Drumify: every onset is struck, and between them only time is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bandmate.errors import ScoreError
from bandmate.groovebook.drumify import KEEPERS, drumify, taps_of
from bandmate.io.files import read
from bandmate.score.model import NO_NOTES, Score, Track, make_notes

MUSIC = Path(__file__).parents[1] / "fixtures" / "music"


def tapped(onset: list[int], bars: int = 4, velocity: int | list[int] = 90) -> Score:
    return Score((Track("taps", 0, False, make_notes(onset, 100, 60, velocity)),), end_ticks=bars * 1920)


@pytest.mark.parametrize("style", ["pop", "funk", "house", "bossa_nova", "jazz_swing", "reggae", "trap"])
@pytest.mark.parametrize("name", ["lied.mid", "funk_beat.mid"])
def test_every_onset_is_struck_and_nothing_but_time_between(style: str, name: str):
    score = read(MUSIC / name)
    source = next(track for track in score.tracks if len(track.notes))
    taps = taps_of(source.notes, score.ticks_per_quarter)
    notes, kit = drumify(score, taps, style, 1)
    struck = notes["onset_ticks"][~np.isin(notes["pitch"], KEEPERS)]
    on = set(taps.onset_ticks.tolist())
    near = score.ticks_per_quarter // 8
    assert all(abs(taps.onset_ticks - tick).min() == 0 for tick in struck.tolist())
    assert all(abs(struck - tick).min() <= near for tick in on)
    assert 0 <= kit <= 127 and set(notes["channel"].tolist()) == {9}


def test_a_plain_beat_gets_kick_on_one_and_backbeat_on_two():
    beats = list(range(0, 4 * 1920, 480))
    notes, _ = drumify(tapped(beats), taps_of(tapped(beats).tracks[0].notes, 480), "rock", 1)
    keys = {tick: set(notes["pitch"][notes["onset_ticks"] == tick].tolist()) for tick in beats}
    ones, twos = range(0, 3 * 1920, 1920), range(480, 3 * 1920, 960)
    assert sum(bool(keys[t] & {35, 36}) for t in ones) >= 2
    assert sum(bool(keys[t] & {37, 38, 39, 40}) for t in twos) >= 4


def test_soft_taps_are_soft_strokes():
    onset = list(range(0, 2 * 1920, 120))
    loud = [110 if i % 4 == 0 else 30 for i in range(len(onset))]
    score = tapped(onset, 2, loud)
    notes, _ = drumify(score, taps_of(score.tracks[0].notes, 480), "funk", 1)
    body = notes[~np.isin(notes["pitch"], KEEPERS)]
    strong = body["velocity"][body["onset_ticks"] % 480 == 0].mean()
    weak = body["velocity"][body["onset_ticks"] % 480 != 0].mean()
    assert strong > 2 * weak


def test_notes_that_fall_together_are_one_onset():
    taps = taps_of(make_notes([0, 2, 480], 100, [60, 64, 60], [50, 90, 70]), 480)
    assert taps.onset_ticks.tolist() == [0, 480]
    with pytest.raises(ScoreError, match="no onsets"):
        taps_of(NO_NOTES, 480)
