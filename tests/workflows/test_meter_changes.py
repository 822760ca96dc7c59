"""Pieces that change their meter: every edit works on them, or says in one sentence which bars to take."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bandmate.cli.main import main
from bandmate.errors import BriefError, ScoreError
from bandmate.generation.scene import with_roles
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.io.files import read
from bandmate.io.midi import midi_bytes, parse_midi, read_midi
from bandmate.score.brief import Brief
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
from bandmate.workflows.replay import replay
from bandmate.workflows.restyle import restyle

LIED = Path(__file__).parents[1] / "fixtures" / "music" / "lied.mid"
KAEUZLEIN = Path(__file__).parents[1] / "fixtures" / "musescore" / "kaeuzlein.mxl"


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
    saved = groove("both.mid", like=LIED, seed=1, strength=1.0, out="b.mid")
    assert saved.done[1] == "11 bars not in 4/4, the meter of lied.mid, left as played"
    after = saved.score
    change = 8 * both.ticks_per_quarter
    for old, new in zip(both.tracks, after.tracks, strict=True):
        late = [t.notes[t.notes["onset_ticks"] >= change - 10] for t in (old, new)]
        assert late[0]["onset_ticks"].tolist() == late[1]["onset_ticks"].tolist()
    with pytest.raises(ScoreError, match=r"both.mid changes its meter at bar 3.*give bars 1-2 of it"):
        groove(LIED, like="both.mid", seed=1, out="c.mid")


def test_bars_in_another_meter_than_the_reference_are_refused(both):
    with pytest.raises(
        ScoreError, match=r"lied.mid is in 4/4 and the asked bars in 3/4; give a reference in the meter"
    ):
        groove("both.mid", like=LIED, bars="3-4", seed=1, out="new.mid")
    assert not Path("new.mid").exists()
    inside = groove("both.mid", like=LIED.with_name("funk_beat.mid"), bars="1-2", seed=1, out="new.mid")
    assert len(inside.done) == 1 and inside.report["notes_moved"] > 0


def test_clips_that_change_alike_lead_into_each_other(both):
    saved = interpolate("both.mid", "both.mid", steps=3, out="way")
    middle = read_midi(saved.take.folder / "step-2.mid")
    assert [(b["numerator"], b["denominator"]) for b in bar_grid(middle)[:4]] == [(4, 4), (4, 4), (3, 4), (3, 4)]
    with pytest.raises(ScoreError, match="the first clip changes its meter at bar 3; take a stretch of one meter"):
        interpolate("both.mid", LIED, steps=3, out="other")


@pytest.fixture
def back(both) -> Score:
    """A song in 4/4, 3/4 and 4/4 again from its third and its fifth bar on, as `back.mid`."""
    quarter = both.ticks_per_quarter
    meters = [make_meters(n, 4, ticks=at * quarter) for at, n in ((0, 4), (8, 3), (14, 4))]
    changed = parse_midi(midi_bytes(replace(both, meters=np.concatenate(meters))))
    changed.write("back.mid")
    return changed


def meters_of(score: Score) -> list[int]:
    return bar_grid(score)["numerator"].tolist()


def test_bars_of_a_sketch_keep_their_meters_in_the_song(back):
    saved = arrange("back.mid", form="intro 2, verse 8, chorus 8, outro 2", seed=1, out="song.mid")
    song, own = read_midi("song.mid"), meters_of(back)
    assert len(own) == 11 and own[:6] == [4, 4, 3, 3, 4, 4]
    assert meters_of(song) == [*own[:2], *own[:8], *own[:8], *own[:2]]
    assert saved.report["sections"][2] == {"label": "chorus", "first_bar": 11, "bars": 8}
    grid = bar_grid(song)
    assert [m.ticks for m in song.markers] == [int(grid["start_ticks"][bar]) for bar in (0, 2, 10, 18)]
    start = int(grid["start_ticks"][2])
    for old, new in zip(back.tracks, song.tracks, strict=True):  # what the verse plays is the sketch, bar for bar
        first = old.notes[old.notes["onset_ticks"] < int(bar_grid(back)["start_ticks"][7])]
        laid = new.notes[["onset_ticks", "pitch"]].tolist()
        assert all((start + int(n["onset_ticks"]), int(n["pitch"])) in laid for n in first)
    assert song.last_ticks <= int(grid["start_ticks"][-1] + grid["length_ticks"][-1])


def test_drums_fill_in_the_meter_of_the_bar(back):
    harmonise("back.mid", add="drums", style="rock", seed=1, out="band.mid")
    song = arrange("band.mid", form="verse 4, chorus 3, verse 4", style="rock", seed=1, out="song.mid").score
    grid = bar_grid(song)
    assert grid["numerator"].tolist() == [4, 4, 3, 3, 4, 4, 3, 4, 4, 3, 3]
    drums = song.tracks[-1].notes
    crashes = drums["onset_ticks"][drums["pitch"] == 49]
    assert {int(grid["start_ticks"][bar]) for bar in (4, 7)} <= set(crashes.tolist())


@pytest.mark.parametrize("how", [{"engine": "rules"}, {"model": "dice", "candidates": 2}])
def test_a_song_is_restyled_stretch_by_stretch(back, how):
    take = restyle("back.mid", to="bossa_nova", seed=1, out="new", **how).best
    song = read_midi(take.midi)
    assert meters_of(song) == meters_of(back)
    assert {row["demand"]: row["met"] for row in take.report["demands"]}["the rest"]
    old, new = (next(t.notes for t in score.tracks if len(t.notes)) for score in (back, song))
    assert np.array_equal(old[["onset_ticks", "pitch"]], new[["onset_ticks", "pitch"]])  # the melody
    drums = next(t.notes for t in song.tracks if t.is_drum)
    counts = onsets_by_bar(song, drums)
    assert counts[:2].sum() > 0 and counts[2:4].sum() > 0 and counts[4:].sum() > 0
    assert replay(take.folder).same


def test_a_real_song_with_a_bar_cut_short_is_arranged_and_restyled():
    source = read(KAEUZLEIN)
    lengths = bar_grid(source)["length_ticks"].tolist()
    assert len(set(lengths)) > 1
    song = arrange(KAEUZLEIN, form=f"verse {len(lengths)}, chorus {len(lengths)}", seed=1, out="song.mid").score
    assert bar_grid(read_midi("song.mid"))["length_ticks"].tolist()[:-1] == (lengths * 2)[:-1]
    assert song.note_count > source.note_count
    take = restyle(KAEUZLEIN, to="waltz", engine="rules", seed=1, out="new").best
    assert {row["demand"]: row["met"] for row in take.report["demands"]}["the rest"]
    assert bar_grid(read_midi(take.midi))["length_ticks"].tolist() == lengths


def test_of_a_reference_a_song_that_changes_its_meter_takes_the_genre(back):
    play(make_plan(Brief(genre="waltz", bars=8), 1), 1).write("waltz.mid")
    told = []
    take = restyle("back.mid", like="waltz.mid", engine="rules", seed=1, out="new", listener=told.append).best
    assert take.recipe.settings["edit"]["options"]["to"] == "waltz"
    notices = [event["text"] for event in told if event["event"] == "notice"]
    assert "of waltz.mid the genre alone is taken: waltz" in notices[0] and "--to names another" in notices[0]


@pytest.mark.parametrize("more", [{"tempo": 100.0}, {"top_k": 5}, {"to": ["house", "reaper"]}])
def test_what_needs_one_plan_is_refused_where_the_meter_changes(more):
    name = next(iter(more))
    with pytest.raises(
        BriefError, match=rf"both.mid changes its meter at bar 3, .*leave --{name.replace('_', '-')} out"
    ):
        restyle("both.mid", **{"to": "house", "engine": "rules", "seed": 1, "out": "new"} | more)


def test_the_command_line_restyles_bars_and_songs_over_the_change(back, capsys):
    for more in ([], ["--bars", "2-6", "--tracks", "piano"]):
        words = ["restyle", "back.mid", "--to", "house", "--engine", "rules", "--seed", "1", "--no-stems", "--json"]
        assert main([*words, *more, "--out", f"new{len(more)}"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert meters_of(read_midi(said["takes"][0]["midi"]))[:6] == [4, 4, 3, 3, 4, 4]
