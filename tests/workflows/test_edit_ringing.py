"""A note that rings into the asked bars counts as a voice of a locked track, and is told where the lock minds it."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.generation.scene import Harmony, Part
from bandmate.score.locks import TrackLock
from bandmate.score.model import NOTE, Score, Track, make_notes
from bandmate.score.pitch import Chord
from bandmate.score.selection import Selection
from bandmate.workflows.edit_ringing import beside_ringing
from bandmate.workflows.edits import run_edit

BAR = 1920
CELLS = Selection((0,), 1, 1)


def song(*notes: tuple[int, int, int]) -> Score:
    onset, long, pitch = zip(*notes, strict=True)
    return Score((Track("chords", 0, False, make_notes(onset, long, pitch), role="chords"),), end_ticks=3 * BAR)


def put(ring: Score, new: np.ndarray, lock: TrackLock) -> tuple[list, list[str]]:
    parts = {0: Part("chords", 0, False, lock=lock)}
    notes, said = beside_ringing(ring, CELLS, {0: new}, parts, Harmony(None, (Chord(0),) * 6))
    return notes[0][["onset_ticks", "duration_ticks", "pitch"]].tolist(), said


def test_a_note_that_rings_in_takes_a_voice():
    new = make_notes([BAR, BAR, BAR + 960, BAR + 960], 480, [64, 67, 64, 67])
    got, said = put(song((0, BAR + 480, 60)), new, TrackLock("chords", most_voices=2))
    assert got == [(BAR, 480, 64), (BAR + 960, 480, 64), (BAR + 960, 480, 67)] and said == []


def test_a_line_waits_for_a_lap_and_rests_under_a_held_note():
    new = make_notes([BAR, BAR + 480, BAR + 960], 400, [62, 64, 65])
    assert put(song((0, BAR + 8, 60)), new, TrackLock("chords", most_voices=1))[0][0] == (BAR + 8, 392, 62)
    assert put(song((0, BAR + 700, 60)), new, TrackLock("chords", most_voices=1))[0] == [(BAR + 960, 400, 65)]


def test_a_locked_stroke_comes_first_and_is_told():
    new = make_notes([BAR], 400, [62])
    got, said = put(song((0, BAR + 480, 60)), new, TrackLock("chords", most_voices=1, rhythm=("x...",)))
    assert got == [(BAR, 400, 62)]
    assert said == [
        "chords: what rings into bar 2 from before stays whole, so more sounds at a stroke of its rhythm than its "
        "polyphony allows there"
    ]


@pytest.mark.parametrize(
    "lock", [TrackLock("", pitches=(60, 64)), TrackLock("", chord_tones=True), TrackLock("", low=62)]
)
def test_a_pitch_outside_of_the_lock_is_told(lock):
    new = make_notes([BAR], 400, [64])
    assert "MIDI pitch 58 sounds against its lock" in put(song((0, BAR + 480, 58)), new, lock)[1][0]
    assert put(song((0, BAR, 58)), new, lock)[1] == []  # it ends at the border


@pytest.mark.parametrize("seed", range(5))
def test_in_an_edit_no_more_sound_at_once_than_is_locked(seed, tmp_path, monkeypatch):
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    rows = [(beat * 480, 470, p) for beat in range(12) for p in (60, 64, 67)]
    rows += [(BAR - 480, 480 + 300 * (seed + 1), 72), (BAR - 240, 240 + 900, 52)]
    take = run_edit("regenerate", song(*rows), tracks="1", bars="2", lock="chords: polyphony 3, pitches C E G",
                    engine="rules", seed=seed, out="a").best  # fmt: skip
    notes = next(t.notes for t in take.score.tracks if len(t.notes)).astype(NOTE)
    for at in np.unique(notes["onset_ticks"][(notes["onset_ticks"] >= BAR) & (notes["onset_ticks"] < 2 * BAR)]):
        sounding = (notes["onset_ticks"] <= at) & (notes["onset_ticks"] + notes["duration_ticks"] > at)
        assert sounding.sum() <= 3
