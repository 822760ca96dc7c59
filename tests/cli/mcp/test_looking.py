"""What an assistant looks at and turns into something else: pictures, formats, tokens, numbers, libraries, datasets."""

from __future__ import annotations

import dataclasses
import gzip
import io
import shutil
import zipfile
from pathlib import Path

import pytest
from tests.library.dataset_server import Shelf, serving
from tests.sounds import drum_loop
from tests.workflows.test_live_clip import live_set

from bandmate.cli.mcp.calls import Cancelled, call
from bandmate.cli.mcp.folders import Folders
from bandmate.errors import BandmateError
from bandmate.groovebook.plan import make_plan
from bandmate.groovebook.play import play
from bandmate.io.files import read
from bandmate.library.datasets import table
from bandmate.library.datasets.description import Remote
from bandmate.score.brief import Brief


def ignore(event: dict) -> None:
    pass


@pytest.fixture
def ask(songs):
    """Call a tool in the folder; nobody listens."""
    folders = Folders.of([songs])
    return lambda tool, listener=ignore, **given: call(tool, given, folders, listener)


@pytest.mark.parametrize(("kind", "bars"), [(None, None), ("drums", "2-3"), ("similarity", None), ("tokens", "1-2")])
def test_a_picture_comes_back_and_no_file_is_left(ask, songs, kind, bars) -> None:
    before = sorted(songs.rglob("*"))
    answer = ask("show", file="song.mid", **{"as": kind, "bars": bars})
    assert answer.pictures[0][:4] == b"\x89PNG"
    assert answer.data == {"kind": kind or "roll", "file": None, "cut": []}
    assert sorted(songs.rglob("*")) == before


def test_a_picture_of_the_whole_folder_is_kept_where_asked(ask, songs) -> None:
    events: list[dict] = []
    answer = ask("show", events.append, file=".", **{"as": "library", "out": "library.svg"})
    assert answer.pictures[0][:4] == b"\x89PNG"
    assert (songs / "library.svg").read_text(encoding="utf-8").startswith("<")
    assert any(event["event"] == "progress" for event in events)


def test_another_format_and_back(ask, songs) -> None:
    made = ask("convert", file="song.mid", out="song.musicxml")
    assert made.data["path"] == str(songs / "song.musicxml")
    with pytest.raises(BandmateError, match="there already"):
        ask("convert", file="song.mid", out="song.musicxml")


def test_tokens_and_back_beside_what_is_there(ask, songs) -> None:
    before = (songs / "song.mid").read_bytes()
    assert ask("tokens", file="song.mid").data["text"].startswith("PIECE_START")
    ask("tokens", file="song.mid", **{"as": "event", "set": ["encode_velocity=true"], "out": "song.txt"})
    back = ask("tokens", file="song.txt")
    assert back.data["file"] == str(songs / "song-2.mid")
    assert read(songs / "song-2.mid").note_count == read(songs / "song.mid").note_count
    assert (songs / "song.mid").read_bytes() == before


def test_a_long_text_is_cut_and_said_to_be(ask, songs) -> None:
    play(make_plan(Brief(genre="house", bars=64), 1), 1).write(songs / "long.mid")
    answer = ask("tokens", file="long.mid")
    assert len(answer.data["text"]) < 21_000
    assert "give out to keep all" in answer.data["text"]
    assert len(answer.lines[-1]) < 21_000


def test_numbers_of_a_file_and_of_one_against_another(ask) -> None:
    assert len(ask("metrics", place="song.mid").data["pieces"]) == 1
    against = ask("metrics", place="song.mid", against="song.mid").data["against"]
    assert against["f1"] == 1


def test_a_library_is_taken_in_and_reported_and_can_be_stopped(ask, songs) -> None:
    def stop(event: dict) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        ask("library", stop, action="ingest", folder=".", to="shards")
    taken = ask("library", action="ingest", folder=".", to="shards")
    assert taken.data["library"]["taken"] == 1
    assert ask("library", action="report", folder="shards").data == taken.data["library"]


def test_datasets_are_listed_and_shown(ask) -> None:
    rows = ask("datasets").data["datasets"]
    assert [row["name"] for row in rows] == list(table.NAMES)
    assert "citation" not in rows[0]
    assert "@" in ask("datasets", action="show", name="maestro_v3").data["datasets"][0]["citation"]
    with pytest.raises(BandmateError, match="did you mean 'maestro_v3'"):
        ask("datasets", action="show", name="maestro_v4")
    with pytest.raises(BandmateError, match="download needs to"):
        ask("datasets", action="download", name="maestro_v3")


def packed(songs: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.write(songs / "song.mid", "in/song.mid")
    return buffer.getvalue()


@pytest.mark.parametrize("no_length", [False, True])
def test_a_dataset_is_fetched_into_the_folder_and_can_be_stopped(ask, songs, monkeypatch, no_length) -> None:
    def stop(event: dict) -> None:
        if event["event"] == "progress":
            raise Cancelled

    data = packed(songs)
    with serving(Shelf({"pack.zip": data}, no_length=no_length)) as shelf:
        known = table.dataset("any_folder")
        mine = dataclasses.replace(
            known, name="mine", files=("*.mid",), remotes=(Remote(f"{shelf.url}/pack.zip", "pack.zip"),)
        )
        monkeypatch.setattr("bandmate.workflows.datasets.dataset", lambda name: mine)
        with pytest.raises(Cancelled):
            ask("datasets", stop, action="download", name="mine", to="data")
        assert not (songs / "data" / "mine").exists()
        got = ask("datasets", action="download", name="mine", to="data")
    assert got.data["folder"] == str(songs / "data" / "mine")
    assert (songs / "data" / "mine" / "in" / "song.mid").is_file()
    assert "could not be verified" in "\n".join(got.lines)


def test_a_description_of_ones_own_names_no_address(ask, songs) -> None:
    (songs / "mine.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BandmateError, match="name a collection of the list"):
        ask("datasets", action="download", name="mine.json", to="data")


def test_the_sound_of_a_set_lies_in_the_folders_too(ask, songs, tmp_path) -> None:
    whole = live_set(tmp_path / "private", {"loop": drum_loop(112, 2)})
    xml = gzip.decompress(whole.read_bytes()).decode()
    xml = xml.replace('RelativePath Value="', 'RelativePath Value="../private/set Project/')
    (songs / "set.als").write_bytes(gzip.compress(xml.encode(), mtime=0))
    with pytest.raises(BandmateError, match="outside"):
        ask("hear", file="set.als#loop")
    with pytest.raises(BandmateError, match="outside"):
        ask("compose", text="house", audio="set.als")


def test_a_take_that_is_gone_is_said_to_be_and_gone_on_from(ask, songs) -> None:
    quick = {"bars": 1, "engine": "rules", "no_stems": True, "candidates": 1}
    ask("compose", text="house", out="first", **quick)
    last = Path(ask("compose", text="techno", out="last", **quick).data["takes"][0]["folder"])
    shutil.rmtree(last)
    assert "(its files are gone)" in "\n".join(ask("takes").lines)
    answer = ask("again", text="busier bass", no_stems=True, candidates=1)
    assert answer.lines[0] == f"the last take, {last}, is not there any more; this goes on from a copy of it"
    assert "techno" in answer.lines[1]
    assert answer.data["takes"][0]["folder"] == str(last)


def test_a_take_that_was_gone_back_to_is_gone_on_from_in_the_folder(ask, songs) -> None:
    quick = {"bars": 1, "engine": "rules", "no_stems": True, "candidates": 1}
    first = Path(ask("compose", text="house", out="first", **quick).data["takes"][0]["folder"])
    ask("again", text="darker", no_stems=True, candidates=1)
    shutil.rmtree(first)
    ask("takes", action="revert", numbers=[1])
    answer = ask("again", text="busier bass", no_stems=True, candidates=1)
    assert answer.data["takes"][0]["folder"] == str(first)


def test_an_address_serves_as_a_path(ask, songs) -> None:
    ask("compose", text="house", bars=1, engine="rules", no_stems=True, candidates=1)
    uri = ask("takes").data["takes"][0]["resource"]
    assert ask("inspect", file=uri.replace("take.json", "song.mid")).data["bars"] == 1
    assert ask("show", file=uri).pictures
    assert ask("inspect", file=f"file://{songs}/song.mid").data["bars"] == 4
    for outside in (f"file://{songs.parent}/private/song.mid", "file:///etc/passwd", "file://../private/song.mid"):
        with pytest.raises(BandmateError, match="outside"):
            ask("inspect", file=outside)
    for wrong in (uri.replace("take.json", "roll.png"), "bandmate://takes/../x", uri.replace("/1/", "/7/")):
        with pytest.raises(BandmateError):
            ask("inspect", file=wrong)


def test_playing_by_the_model_tells_its_progress_and_can_be_stopped(ask, songs) -> None:
    def stop(event: dict) -> None:
        raise Cancelled

    events: list[dict] = []
    ask("groove", events.append, file="song.mid", tracks="drums", bars="1")
    assert [event["done"] for event in events if event["event"] == "progress"][-1] == 1
    before = sorted(songs.iterdir())
    with pytest.raises(Cancelled):
        ask("groove", stop, file="song.mid", tracks="drums", bars="1")
    assert sorted(songs.iterdir()) == before
