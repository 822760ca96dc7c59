"""What a take of an edit or a transform has from the take whose file it was made from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bandmate.io.files import read, write
from bandmate.score import ops
from bandmate.workflows import making, rework
from bandmate.workflows.again import again
from bandmate.workflows.compose import compose
from bandmate.workflows.edits import run_edit
from bandmate.workflows.groove import groove
from bandmate.workflows.replay import replay
from bandmate.workflows.take import read_take

SMALL = {"bars": 4, "tracks": "drums,chords,vox", "engine": "rules", "stems": False, "candidates": 1}


@pytest.fixture
def house(tmp_path, monkeypatch):
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(making, "_render", lambda take, *_: take)
    monkeypatch.setattr(rework, "render_take", lambda *_: None)
    return compose("uplifting house in A minor", seed=3, out="song", **SMALL).best


def test_an_edit_plays_in_the_genre_of_its_take_and_again_goes_on_in_it(house) -> None:
    added = run_edit("accompany", house.midi, add="bass", seed=1, engine="rules", out="added").best
    assert (added.plan.genre, added.plan.key.name, added.brief.guessed) == ("house", "A minor", ())
    assert added.brief.moods == house.brief.moods and added.plan.chords == house.plan.chords
    assert [track.role for track in added.plan.tracks] == ["drums", "chords", "vox", "bass"]
    assert added.plan.key_lock and added.plan.sections == house.plan.sections
    busy = again("busier bass", seed=4, engine="rules", stems=False).best
    assert busy.plan.genre == "house" and busy.report["met"]
    assert any("busier" in str(demand) for demand in busy.report["demands"])
    assert all(replay(take.folder).same for take in (added, busy))


def test_a_transform_inherits_and_a_replay_of_it_does_so_without_the_take(house, tmp_path) -> None:
    swung = groove(house.midi, style="jazz", seed=1, out="swung").take
    longer = run_edit("continue", swung.midi, bars=2, seed=1, engine="rules", out="longer").best
    for take, bars in ((swung, 4), (longer, 6)):
        assert (take.plan.genre, take.plan.key.name, take.plan.bars) == ("house", "A minor", bars)
    house.json_path.unlink()
    for take in (swung, longer):
        done = replay(take.folder)
        assert done.same and read_take(done.take.folder).plan.genre == "house"


def test_locks_of_tracks_that_are_there_stay(house) -> None:
    locked = again("", lock="chords: polyphony 3", seed=1, engine="rules", stems=False).best
    filled = run_edit("fill", locked.midi, at=2, tracks="drums", seed=1, engine="rules", out="filled").best
    assert [lock.track for lock in filled.brief.locks] == ["chords"]


def test_what_is_stated_wins_and_a_file_that_was_changed_inherits_nothing(house, tmp_path) -> None:
    funk = run_edit("accompany", house.midi, add="bass", seed=1, engine="rules", genre="funk", out="funk").best
    assert (funk.plan.genre, funk.plan.key.name) == ("funk", "A minor")
    write(ops.transpose(read(house.midi), 2), house.midi)
    other = run_edit("accompany", house.midi, add="bass", seed=1, engine="rules", out="other").best
    assert "genre" in other.brief.guessed and "key" in other.brief.guessed


def test_a_key_stated_for_some_cells_is_not_that_of_the_piece(house, tmp_path) -> None:
    alone = read(house.midi)
    write(alone, tmp_path / "alone.mid")  # beside no take
    part = run_edit("regenerate", tmp_path / "alone.mid", tracks="chords", bars="2-2", key="F# major", seed=1,
                    engine="rules", out="part").best  # fmt: skip
    assert part.plan.key.name != "F# major"
    drums = replace(alone, tracks=tuple(track for track in alone.tracks if track.is_drum))
    write(drums, tmp_path / "drums.mid")
    under = run_edit("accompany", tmp_path / "drums.mid", add="bass", key="F# major", genre="house", seed=1,
                     engine="rules", out="under").best  # fmt: skip
    assert under.plan.key.name == "F# major" and "key" not in under.brief.guessed
