"""Pieces that change their meter: every edit works on them, or says in one sentence which bars to take."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bandmate.errors import ScoreError
from bandmate.generation.scene import with_roles
from bandmate.io.midi import midi_bytes, parse_midi, read_midi
from bandmate.score.model import Score, make_meters
from bandmate.score.selection import select
from bandmate.score.timeline import bar_grid
from bandmate.score.untouched import untouched
from bandmate.workflows.arrange import arrange
from bandmate.workflows.drumify import drumify
from bandmate.workflows.edits import run_edit
from bandmate.workflows.groove import groove
from bandmate.workflows.harmonise import harmonise, reharmonise
from bandmate.workflows.interpolate import interpolate
from bandmate.workflows.models import WEIGHTS_FILE, models_folder
from bandmate.workflows.restyle import restyle

LIED = Path(__file__).parents[1] / "fixtures" / "music" / "lied.mid"


@pytest.fixture(autouse=True)
def both(monkeypatch, tmp_path, tiny_weights_path) -> Score:
    """A song that goes into 3/4 with its third bar, as `both.mid`; and a model of random weights, "dice"."""
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    folder = models_folder() / "dice"
    folder.mkdir(parents=True)
    shutil.copy(tiny_weights_path, folder / WEIGHTS_FILE)
    song = read_midi(LIED)
    meters = np.concatenate([make_meters(4, 4), make_meters(3, 4, ticks=8 * song.ticks_per_quarter)])
    changed = parse_midi(midi_bytes(replace(song, meters=meters)))
    changed.write("both.mid")
    return changed


def onsets_by_bar(score: Score, notes) -> np.ndarray:
    grid = bar_grid(score)
    return np.bincount(np.searchsorted(grid["start_ticks"], notes["onset_ticks"], side="right") - 1)


@pytest.mark.parametrize("how", [{"engine": "rules"}, {"model": "dice", "candidates": 2}])
@pytest.mark.parametrize("command", ["regenerate", "vary"])
def test_cells_on_both_sides_are_written(both, command, how):
    take = run_edit(command, "both.mid", tracks="piano", bars="2-4", seed=1, out="new.mid", **how).best
    after = read_midi(take.midi)
    cells = select(with_roles(both), "piano", "2-4")
    assert untouched(both, after, cells) == []
    counts = onsets_by_bar(both, after.tracks[cells.tracks[0]].notes)
    assert counts[1:4].min() > 0


def test_harmonise_plays_in_both_meters(both):
    new = harmonise("both.mid", add="chords,bass,drums", style="pop", seed=1, out="new.mid").score
    assert untouched(both, read_midi("new.mid")) == []
    assert len(new.tracks) == len(both.tracks) + 3
    for track in new.tracks[len(both.tracks) :]:
        counts = onsets_by_bar(both, track.notes)
        assert counts[:2].sum() > 0 and counts[2:6].sum() > 0


def test_reharmonise_goes_over_the_change(both):
    saved = reharmonise("both.mid", style="jazz", strength=1.0, bars="2-5", seed=1, out="new.mid")
    cells = select(with_roles(both), "piano", "2-5")
    assert untouched(both, read_midi("new.mid"), cells) == [] and saved.report["half_bars_changed"] > 0


def test_drums_strike_in_both_meters(both):
    drums = drumify("both.mid", style="waltz", seed=1, out="new.mid").score.tracks[-1]
    counts = onsets_by_bar(both, drums.notes)
    assert counts[0] + counts[1] > 0 and counts[2:5].min() > 0


def test_groove_by_style_moves_all_by_a_clip_the_bars_of_its_meter(both):
    assert groove("both.mid", style="funk", seed=1, out="a.mid").report["notes_moved"] > 0
    after = groove("both.mid", like=LIED, seed=1, strength=1.0, out="b.mid").score
    change = 8 * both.ticks_per_quarter
    for old, new in zip(both.tracks, after.tracks, strict=True):
        late = [t.notes[t.notes["onset_ticks"] >= change - 10] for t in (old, new)]
        assert late[0]["onset_ticks"].tolist() == late[1]["onset_ticks"].tolist()
    with pytest.raises(ScoreError, match=r"both.mid changes its meter at bar 3.*give bars 1-2 of it"):
        groove(LIED, like="both.mid", seed=1, out="c.mid")


def test_clips_that_change_alike_lead_into_each_other(both):
    saved = interpolate("both.mid", "both.mid", steps=3, out="way")
    middle = read_midi(saved.take.folder / "step-2.mid")
    assert [(b["numerator"], b["denominator"]) for b in bar_grid(middle)[:4]] == [(4, 4), (4, 4), (3, 4), (3, 4)]
    with pytest.raises(ScoreError, match="the first clip changes its meter at bar 3; take a stretch of one meter"):
        interpolate("both.mid", LIED, steps=3, out="other")


@pytest.mark.parametrize("command", [arrange, restyle])
def test_what_needs_one_meter_says_which_bars_to_take(command):
    last = len(bar_grid(read_midi("both.mid")))
    options = {"to": "house", "engine": "rules"} if command is restyle else {}
    with pytest.raises(ScoreError, match=rf"changes its meter at bar 3; take .* bars 3-{last} \(.* 3-{last}\)"):
        command("both.mid", seed=1, out="new", **options)
