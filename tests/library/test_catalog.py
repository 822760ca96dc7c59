import sqlite3
from pathlib import Path

import pytest

from bandmate.errors import LibraryError, OutputError
from bandmate.library.catalog import Catalog, Record
from bandmate.library.schema import VERSION


def test_what_went_in_comes_out(tmp_path):
    path = tmp_path / "deep" / "catalog.sqlite"
    with Catalog(path) as catalog:
        source = catalog.add_source("demo", tmp_path, licence="CC0", credit="me")
        labels = {"key": "D minor", "chords": ["Dm", ""]}
        columns = {"roles": "bass drums", "tempo_bpm": 96.5, "split": "train", "licence": "CC0", "bars": 8}
        catalog.put([Record(source, "a/b.mid", 10, 20, "taken", columns, labels, segments=((0, 8, 40, "bass"),),
                            patterns=(("bass", "R . . .", 1, 4),), bands=(7, -9))])  # fmt: skip
    with Catalog(path) as catalog:
        (piece,) = catalog.pieces(split="train", role="bass")
        assert (piece.path, piece.labels, piece.roles) == (tmp_path / "a/b.mid", labels, ("bass", "drums"))
        assert (piece.tempo_bpm, piece.licence, piece.source) == (96.5, "CC0", "demo")
        assert list(catalog.pieces(role="drum")) == []  # whole words only
        assert list(catalog.pieces(split="test")) == []
        (segment,) = catalog.segments(split="train")
        assert (segment.piece, segment.bars, segment.roles) == (piece.id, 8, ("bass",))
        known = catalog.known(source, "a/b.mid")
        assert known is not None
        assert (known.size, known.mtime_ns) == (10, 20)
        assert catalog.piece(piece.id) == piece
        assert catalog.counts() == {"taken": 1, "left out": 0, "train": 1, "valid": 0, "test": 0}


def test_a_file_entered_again_replaces_itself_with_all_that_hung_on_it():
    with Catalog(":memory:") as catalog:
        source = catalog.add_source("demo", Path("/x"))
        for notes in (5, 6):
            catalog.put(
                [
                    Record(
                        source,
                        "a.mid",
                        notes,
                        0,
                        "taken",
                        {"notes": notes},
                        segments=((0, 4, notes, ""),),
                        bands=(1, 2),
                    )
                ]
            )
        assert [piece.notes for piece in catalog.pieces()] == [6]
        assert [segment.notes for segment in catalog.segments()] == [6]
        assert catalog.db.execute("select count(*) from band").fetchone()[0] == 2


def test_a_batch_that_fails_leaves_nothing_behind():
    with Catalog(":memory:") as catalog:
        source = catalog.add_source("demo", Path("/x"))
        with pytest.raises(OutputError):
            catalog.put(
                [Record(source, "a.mid", 1, 1, "taken"), Record(source, "b.mid", 1, 1, "taken", {"no_such": 1})]
            )
        assert catalog.counts()["taken"] == 0


def test_the_database_of_another_program_stays_as_it_is(tmp_path):
    path = tmp_path / "bookmarks.sqlite"
    other = sqlite3.connect(path)
    other.execute("create table bookmark (url text)")
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(LibraryError, match="is a database of another program; it stays as it is"):
        Catalog(path)
    assert path.read_bytes() == before


def test_a_newer_catalog_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "c.sqlite") as db:
        db.execute(f"pragma user_version = {VERSION + 1}")
    db.close()
    with pytest.raises(LibraryError, match="update Bandmate"):
        Catalog(tmp_path / "c.sqlite")


def test_another_file_is_no_catalog(tmp_path):
    (tmp_path / "c.sqlite").write_bytes(b"MThd" + bytes(2000))
    with pytest.raises(LibraryError, match="not a catalog"):
        Catalog(tmp_path / "c.sqlite")


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot be"):
        Catalog(tmp_path / "file" / "c.sqlite")


def test_an_unknown_piece_is_named():
    with Catalog(":memory:") as catalog, pytest.raises(LibraryError, match="no piece 7"):
        catalog.piece(7)
