"""Takes made from files: one writer for edits and transforms, parents, sessions, and what goes wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bandmate.errors import OutputError
from bandmate.io.midi import read_midi
from bandmate.workflows import sessions
from bandmate.workflows.compose import compose
from bandmate.workflows.edits import run_edit
from bandmate.workflows.groove import groove
from bandmate.workflows.history import last_take
from bandmate.workflows.replay import replay
from bandmate.workflows.take_files import parents_of

RULES = {"engine": "rules", "seed": 1}


@pytest.fixture
def song(tmp_path, monkeypatch):
    """A composed take of four bars."""
    monkeypatch.setenv("BANDMATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    asked = {"bars": 4, "tracks": "drums,bass,chords", "engine": "rules", "stems": False, "candidates": 1}
    return compose("house", seed=7, out="song", **asked).best


def test_edits_and_transforms_of_a_take_join_its_session(song) -> None:
    edited = run_edit("regenerate", song.midi, "busier", tracks="bass", out="edited", **RULES).best
    swung = groove(edited.midi, style="funk", seed=1, out="swung")
    groove(edited.midi, style="funk", seed=1, out="alone.mid")
    entries = sessions.find_session().entries
    assert [entry.parents for entry in entries] == [(), (1,), (2,), (2,)]
    assert all(entry.places for entry in entries)
    assert last_take().folder == swung.take.folder.resolve()  # a file alone is no folder to go on in
    assert {entry.file for entry in entries} == {"take.json", "alone.take.json"}


def test_a_take_made_again_joins_nothing(song) -> None:
    swung = groove(song.midi, style="funk", seed=1, out="swung").take
    edited = run_edit("vary", song.midi, tracks="bass", out="edited", **RULES).best
    assert all(replay(take.folder).same for take in (swung, edited))
    assert len(sessions.find_session().entries) == 3
    assert last_take().folder == edited.folder.resolve()


def test_a_take_whose_parent_has_gone_begins_a_session_of_its_own(song) -> None:
    swung = groove(song.midi, style="funk", seed=1, out="swung").take
    shutil.rmtree(sessions.sessions_folder())
    shutil.rmtree(song.folder)
    assert replay(swung.folder).same  # its folder holds what it was made from
    edited = run_edit("fill", swung.midi, at=4, out="filled", **RULES).best
    assert edited.parents == parents_of(swung.midi)
    assert [entry.parents for entry in sessions.find_session().entries] == [()]


def test_no_file_is_written_over_its_source(song) -> None:
    copy = Path("copy.mid")
    shutil.copyfile(song.midi, copy)
    for make in (lambda: groove(copy, style="funk", out=copy), lambda: run_edit("fill", copy, at=4, out=copy, **RULES)):
        with pytest.raises(OutputError, match="is the file being edited"):
            make()
    assert copy.read_bytes() == song.midi.read_bytes()
    assert parents_of("nowhere.mid") == () == parents_of("")


def test_a_file_that_is_there_is_replaced_only_if_that_is_said(song) -> None:
    taken = Path("new-2.mid")
    taken.write_bytes(b"my only copy")
    makes = (
        lambda **more: run_edit("fill", song.midi, at=4, takes=2, out="new.mid", **RULES, **more),
        lambda **more: groove(song.midi, style="funk", seed=1, out=taken, **more),
    )
    for make in makes:
        with pytest.raises(OutputError, match=r"new-2.mid is there already and stays as it is; .* or --overwrite"):
            make()
    assert taken.read_bytes() == b"my only copy" and not Path("new.mid").exists()
    for make in makes:
        assert make(overwrite=True).to_json()
        assert read_midi(taken).note_count
    assert "overwrite" not in Path("new.take.json").read_text(encoding="utf-8")
    assert "overwrite" not in Path("new-2.take.json").read_text(encoding="utf-8")


def test_a_folder_gets_a_neighbour_as_ever(song) -> None:
    for out in ("swung", "swung-2"):
        assert groove(song.midi, style="funk", seed=1, out="swung").take.folder.name == out
