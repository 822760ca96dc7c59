"""--controllers on edits: the asked cells of instruments that have them get new ones, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bandmate.groovebook.dice import Dice
from bandmate.groovebook.gestures import kinds_of
from bandmate.io.midi import read_midi
from bandmate.score.model import EVENT, Score, Track, make_notes
from bandmate.score.selection import Selection, select
from bandmate.score.untouched import untouched
from bandmate.workflows.edit_controllers import new_controllers
from bandmate.workflows.edits import run_edit
from bandmate.workflows.replay import replay

LIED = Path(__file__).parents[1] / "fixtures" / "music" / "lied.mid"
RULES = {"engine": "rules", "seed": 1}


@pytest.fixture(autouse=True)
def _home(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def pedal(track: Track) -> list[tuple[int, int]]:
    rows = track.events[(track.events["status"] == 0xB0) & (track.events["data1"] == 64)]
    return rows[["ticks", "data2"]].tolist()


def test_without_it_controllers_stay_with_it_they_are_new_and_the_rest_is_untouched():
    before = read_midi(LIED)
    piano = next(i for i, t in enumerate(before.tracks) if len(t.notes) and t.name.lower().startswith("piano"))
    cells = select(before, str(piano + 1), "3-6")
    kept = run_edit("regenerate", LIED, tracks=str(piano + 1), bars="3-6", out="kept", **RULES).best
    assert pedal(read_midi(kept.midi).tracks[piano]) == pedal(before.tracks[piano])
    take = run_edit("regenerate", LIED, tracks=str(piano + 1), bars="3-6", controllers=True, out="new", **RULES).best
    after = read_midi(take.midi)
    assert untouched(before, after, cells) != [] and untouched(before, after, cells, controllers=True) == []
    row = next(row for row in take.report["demands"] if row["demand"] == "controllers")
    assert "pedal on" in row["got"] and take.report["met"]
    start, end = cells.span(before)
    inside = [(t, v) for t, v in pedal(after.tracks[piano]) if start <= t < end]
    assert inside and inside[-1][1] < 64
    assert replay(take.folder).same


@pytest.mark.parametrize("command", ["continue", "vary", "respond"])
def test_the_other_edits_take_it(command):
    more = {"bars": 2} if command == "continue" else {"strength": 0.5}
    more = {} if command == "respond" else more
    notes = make_notes(np.arange(16) * 480, 470, [60, 64, 67, 72] * 4)
    song = Score((Track("piano", 0, False, notes),), end_ticks=4 * 1920)
    take = run_edit(command, song, controllers=True, out="a", **more, **RULES).best
    assert any(pedal(track) for track in read_midi(take.midi).tracks)
    assert all(rows[-1][1] < 64 for rows in map(pedal, read_midi(take.midi).tracks) if rows)


def test_new_tracks_swell():
    take = run_edit("accompany", LIED, add="strings", controllers=True, out="a", **RULES).best
    events = read_midi(take.midi).tracks[-1].events
    assert ((events["status"] == 0xB0) & (events["data1"] == 11)).sum() > 10
    assert untouched(read_midi(LIED), read_midi(take.midi)) == []


@pytest.mark.parametrize("seed", range(20))
def test_any_controllers_outside_stay_and_no_pedal_hangs(seed):
    dice, rng = Dice(seed), np.random.default_rng(seed)
    program = dice.pick([0, 4, 16, 48, 40, 61, 73, 81, 90])
    rows = [(int(t), i, 0xB0, 0, int(n), int(v), -1) for i, (t, n, v) in enumerate(zip(
        np.sort(rng.integers(0, 8 * 1920, 60)), rng.choice([1, 7, 10, 11, 64, 67], 60), rng.integers(0, 128, 60),
        strict=True))]  # fmt: skip
    notes = make_notes(np.sort(rng.integers(0, 8 * 16, 80)) * 120, rng.integers(30, 900, 80), rng.integers(48, 80, 80))
    song = Score((Track("one", program, False, notes, np.array(rows, EVENT)),), end_ticks=8 * 1920)
    first = int(rng.integers(0, 7))
    cells = Selection((0,), first, int(rng.integers(first, 8)))
    after, demands = new_controllers(song, cells, seed)
    assert untouched(song, after, cells, controllers=True) == []
    assert all(kind in demands[0].got for kind in kinds_of(program, False))
    end = cells.span(song)[1]
    was, now = ([v for t, v in pedal(s.tracks[0]) if t < end][-1:] for s in (song, after))
    later = any(v < 64 for t, v in pedal(song.tracks[0]) if t >= end)
    assert (now or [0])[0] < 64 or ((was or [0])[0] >= 64 and later)
