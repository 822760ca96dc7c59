"""Whatever the one table of formats reads is taken into a library."""

from __future__ import annotations

import json

import pytest
from tests.io.test_verovio_read import KERN

from bandmate.io import files
from bandmate.io.files import FORMATS, write
from bandmate.library.catalog import Catalog
from bandmate.library.examine import examine
from bandmate.library.ingest import ingest
from bandmate.library.sources.folder import FolderSource

WRITTEN = [suffix for suffix, known in FORMATS.items() if known.read and known.write]
TUNE = "X:{0}\nT:{1}\nM:4/4\nL:1/4\nQ:100\nK:C\n" + "{2} | " * 8 + "|\n\n"


def _examined(found):
    return examine(str(found.path), found.source.kind, found.hints)


@pytest.mark.parametrize("suffix", WRITTEN)
def test_every_format_is_taken_in(tmp_path, make_band, suffix):
    name = f"groove.notes{suffix}" if suffix == ".npy" else f"groove{suffix}"
    score = make_band(3)
    if suffix == ".mid" or FORMATS[suffix] is FORMATS[".mid"]:
        (tmp_path / name).write_bytes(write(score, tmp_path / ".hidden.mid").read_bytes())
    else:
        write(score, tmp_path / name)
    source = FolderSource(tmp_path)
    (found,) = source.files()
    assert source.count() == 1 and not source.not_yet
    answer = _examined(found)
    assert answer["state"] == "taken", answer
    assert answer["columns"]["notes"] == score.note_count
    assert answer["labels"].get("written") != "chart"


def test_humdrum_waits_for_its_extra(tmp_path, monkeypatch):
    (tmp_path / "chorale.krn").write_text(KERN, encoding="utf-8")
    source = FolderSource(tmp_path)
    assert [found.path.name for found in source.files()] == ["chorale.krn"]
    monkeypatch.setattr(files, "find_spec", lambda name: None)
    assert list(source.files()) == [] and source.not_yet == {".krn": 1}
    with (
        Catalog(":memory:") as catalog,
        pytest.raises(Exception, match=r'read with pip install "bandmate\[scores\]": 1'),
    ):
        ingest(tmp_path, catalog, workers=1)


def test_a_tunebook_is_taken_in_tune_by_tune(tmp_path):
    book = TUNE.format(1, "The Kettle", "C E G E") + TUNE.format(7, "The Pot", "d B A G") + TUNE.format(9, "", "z4")
    (tmp_path / "book.abc").write_text(book, encoding="utf-8")
    source = FolderSource(tmp_path)
    one, two, silent = source.files()
    assert source.count() == 3
    assert (one.relative, two.relative, two.hints.title) == ("book.abc#1", "book.abc#7", "The Pot")
    first, second = _examined(one), _examined(two)
    assert first["state"] == second["state"] == "taken"
    assert first["columns"]["sha256"] != second["columns"]["sha256"]
    assert second["columns"]["stated_work"] == "title:The Pot"
    assert _examined(silent)["columns"]["reason"] == "empty"
    with Catalog(":memory:") as catalog:
        ingest(tmp_path, catalog, workers=1)
        assert {piece.relative for piece in catalog.pieces()} == {"book.abc#1", "book.abc#7"}


def test_json_that_is_no_music_is_passed_over(tmp_path):
    for name, content in {"settings": {"theme": "dark"}, "list": [1, 2], "metadata": {"schema_version": "0.1"}}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    (tmp_path / "numbers.npy").write_bytes(b"\x93NUMPY and no more")
    (tmp_path / "weights.npz").write_bytes(b"PK and no rolls")
    source = FolderSource(tmp_path)
    assert list(source.files()) == [] and not source.not_yet


def test_abc_without_a_tune_is_one_file_that_cannot_be_read(tmp_path):
    (tmp_path / "list.abc").write_text("no tune", encoding="utf-8")
    (found,) = FolderSource(tmp_path).files()
    assert _examined(found)["columns"]["reason"] == "unreadable"
