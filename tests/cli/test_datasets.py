"""bandmate datasets: lists, shows, fetches, converts, and says in one sentence what cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.library.dataset_samples import song, zipped
from tests.library.dataset_server import Shelf, serving

from bandmate.io.midi import midi_bytes, write_midi
from bandmate.library.datasets.table import NAMES


def test_the_list_tells_licence_and_size(bandmate) -> None:
    said = bandmate("datasets")
    assert said.code == 0
    assert "maestro_v3" in said.out and "58.4 MB" in said.out and "CC BY-NC-SA 4.0" in said.out
    rows = json.loads(bandmate("datasets", "--json").out)["datasets"]
    assert [row["name"] for row in rows] == list(NAMES)
    assert {"licence", "size_bytes", "citation", "status", "remotes"} <= rows[0].keys()


def test_one_is_shown_with_checksum_and_citation(bandmate) -> None:
    said = bandmate("datasets", "show", "groove_midi").out
    assert "sha256:651cbc524ffb" in said and "@inproceedings{groove2019" in said and "published" in said
    assert "is not offered any more" in bandmate("datasets", "show", "wikifonia").out
    assert "unverified" in bandmate("datasets", "show", "pop909").out


def test_one_of_ones_own_is_fetched_converted_and_sharded(bandmate) -> None:
    with serving(Shelf({"mine.zip": zipped({"a.mid": midi_bytes(song()), "bad.mid": b"MThd"})})) as shelf:
        about = {"licence": "CC0", "remotes": [{"url": f"{shelf.url}/mine.zip", "file": "mine.zip"}]}
        Path("mine.json").write_text(json.dumps(about), encoding="utf-8")
        said = bandmate("datasets", "download", "mine.json", "--to", "data")
    assert said.code == 0, said.err
    assert "licence of mine: CC0" in said.err and "could not be verified" in said.err
    assert "there already" in bandmate("datasets", "download", "mine.json", "--to", "data").out
    done = bandmate("datasets", "convert", "mine.json", "data/mine", "--out", "out", "--format", "json", "--json")
    assert json.loads(done.out)["written"] == 1 and len(json.loads(done.out)["skipped"]) == 1
    assert Path("out/a.mid.json").exists()
    assert "1 piece in 1 shard" in bandmate("datasets", "shards", "mine.json", "data/mine", "--out", "s").out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["show"], "write: bandmate datasets show NAME"),
        (["download", "nes"], "write: bandmate datasets download NAME --to DIR"),
        (["convert", "nes", "music"], "write: bandmate datasets convert NAME DIR --out DIR"),
        (["show", "nes", "music"], "takes no DIR"),
        (["list", "nes"], "takes no NAME"),
        (["show", "lakh"], "did you mean 'lakh_"),
        (["show", "qqqqqq"], "'bandmate datasets' lists all"),
        (["download", "chorales", "--to", "x"], "did you mean 'jsb_chorales'?"),
        (["download", "MAESTRO v2", "--to", "x"], "did you mean 'maestro_v2'?"),
        (["show", "no.json"], "no.json cannot be read"),
        (["download", "gigamidi", "--to", "x"], "ask for access"),
        (["download", "wikifonia", "--to", "x"], "is not offered any more"),
        (["convert", "nes", "nowhere", "--out", "x"], "nowhere is not there"),
        (
            ["convert", "nes", "music", "--out", "x"],
            "give the folder of NES Music Database, see: bandmate datasets show nes",
        ),
        (["convert", "any_folder", "music", "--out", "x", "--format", "xyz"], "'.xyz' is no format written here"),
        (["convert", "any_folder", "music", "--out", "music/out"], "lies in the folder that is read"),
        (["convert", "any_folder", "music", "--out", "file/x"], "file is a file, not a folder; choose another place"),
        (["shards", "any_folder", "music", "--out", "file"], "file is a file, not a folder; choose another place"),
        (["convert", "any_folder", "empty", "--out", "x"], "empty is empty; give a folder of your music"),
        (["shards", "any_folder", "music", "--out", "music"], "music lies in the folder that is read"),
        (["show", "odd.json"], "splits 'moon' are not known; give folders, table or nothing"),
        (["download", "own.json", "--to", "x"], "is not fetched by program: nobody said where it is had; put it"),
        (["fetch"], "invalid choice"),
    ],
)
def test_mistakes_are_said_in_a_sentence(bandmate, words, sentence) -> None:
    Path("music").mkdir()
    Path("empty").mkdir()
    Path("odd.json").write_text('{"name": "odd", "splits": "moon"}')
    Path("own.json").write_text('{"name": "own"}')
    Path("file").write_text("mine")
    write_midi(song(), "music/a.rmi")
    write_midi(song(), "music/a.mid" if "any_folder" in words else "music/b.rmi")
    said = bandmate("datasets", *words)
    assert said.code == 2
    assert sentence in said.err and "Traceback" not in said.err
