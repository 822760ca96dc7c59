import errno
import json
import os
import sys

import pytest
from tests.library.shards import bands, here, take_in

from bandmate.cli.main import main
from bandmate.errors import BriefError, LibraryError, MissingExtra, OutputError
from bandmate.io.lock import only_one
from bandmate.io.midi import write_midi
from bandmate.library import blocks, bulk
from bandmate.library.blocks import Slice
from bandmate.library.catalog import Catalog
from bandmate.library.ingest import ingest
from bandmate.library.merge import library_report, merge
from bandmate.library.pool import run_all
from bandmate.library.shards import open_shards

pytest.importorskip("pyarrow", reason="needs the extra [scale]")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_FILES", 4)


@pytest.fixture
def music(folder, make_band):
    return folder(bands(make_band))


def parts(out):
    return {path.name: path.stat().st_mtime_ns for path in out.glob("part-*.parquet")}


def test_a_folder_becomes_rows_that_say_what_a_catalog_says(music, tmp_path):
    report = take_in(music, tmp_path / "out", executor=run_all, workers=1)
    assert (report.files, report.taken, report.left_out, report.reused) == (22, 20, 2, 0)
    assert report.reasons["unreadable"][0] == 2
    assert any("misc/noise.mid" in line for line in report.lines())
    rows = {row["path"]: row for row in open_shards(tmp_path / "out").rows()}
    with Catalog(tmp_path / "catalog.sqlite") as catalog:
        ingest(music, catalog, workers=1)
        for piece in catalog.pieces():
            row = rows[piece.relative]
            assert (row["sha256"], row["key"], row["bars"], row["notes"]) == (
                piece.sha256, piece.key, piece.bars, piece.notes)  # fmt: skip
            assert json.loads(row["labels"]) == piece.labels
            assert row["descriptors.tempo"] == piece.labels["descriptors"]["tempo"]
    assert len(rows) == 20
    first = rows["house/song a.mid"]
    assert (first["genre"], first["licence"], first["moods"], first["source"]) == ("house", "CC0", ["dreamy"], "music")
    assert len(first["print"]) == 16
    assert first["programs"] == [0, 33, 73]


def test_a_run_that_was_stopped_does_no_part_twice(music, tmp_path):
    asked = []

    def stops(tasks, **options):
        for done in here(tasks, **options):
            yield done
            asked.append(done.key)
            if len(asked) == 14:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_in(music, tmp_path / "out", executor=stops)
    before = parts(tmp_path / "out")
    assert before
    report = take_in(music, tmp_path / "out")
    assert 0 < report.reused < report.files == 22
    after = parts(tmp_path / "out")
    assert before.items() <= after.items(), "a finished part is left as it is"
    whole = take_in(music, tmp_path / "whole")
    assert set(parts(tmp_path / "whole")) == set(after)
    assert (whole.taken, whole.notes) == (report.taken, report.notes)
    again = take_in(music, tmp_path / "out")
    assert again.reused == 22
    assert parts(tmp_path / "out") == after


def test_a_file_that_comes_changes_few_parts_and_stale_ones_go(music, make_band, tmp_path):
    take_in(music, tmp_path / "out")
    merge(tmp_path / "out")
    before = set(parts(tmp_path / "out"))
    write_midi(make_band(77), music / "misc" / "song zz.mid")
    report = take_in(music, tmp_path / "out")
    after = set(parts(tmp_path / "out"))
    assert report.files == 23
    assert report.reused > 0
    assert len(after - before) <= 2
    named = {entry["file"] for said in bulk.manifests(tmp_path / "out") for entry in said["parts"]}
    assert named == after
    with pytest.raises(LibraryError, match="library merge"):
        library_report(tmp_path / "out")


def test_slices_hold_each_file_once_and_merge_to_the_same_library(music, tmp_path):
    take_in(music, tmp_path / "one")
    whole = merge(tmp_path / "one")
    for number in (3, 1, 2):
        take_in(music, tmp_path / "three", part=Slice(number, 3))
        if number == 1:
            with pytest.raises(LibraryError, match="lacks shard 2/3"):
                merge(tmp_path / "three")
    assert merge(tmp_path / "three") == whole == library_report(tmp_path / "three")
    split = {}
    for name in ("one", "three"):
        shards = open_shards(tmp_path / name)
        split[name] = {row["path"]: (row["split"], row["work"]) for row in shards.rows(["path"])}
        assert len(split[name]) == 20
    assert split["one"] == split["three"]


def test_merge_settles_as_a_catalog_does(folder, make_band, tmp_path):
    music = folder({**bands(make_band), "misc/same again.mid": make_band(2, bpm=92)})
    take_in(music, tmp_path / "out")
    said = merge(tmp_path / "out")
    with Catalog(":memory:") as catalog:
        expected = ingest(music, catalog, workers=1)
        work = {piece.relative: (piece.work, piece.split) for piece in catalog.pieces()}
    reasons = {item.reason: item.count for item in said.reasons}
    assert reasons == {item.reason: item.count for item in expected.reasons} == {"unreadable": 2, "duplicate": 1}
    assert (said.taken, said.splits, said.roles) == (expected.taken, expected.splits, expected.roles)
    rows = open_shards(tmp_path / "out").rows(["path"])
    assert {row["path"]: (row["work"], row["split"]) for row in rows} == work


@pytest.mark.parametrize("text", ["", "0/4", "5/4", "1", "a/b", "-1/2", "1/0", "1/2/3"])
def test_a_shard_that_is_none_is_said_so(text):
    with pytest.raises(BriefError, match="i from 1 to n"):
        Slice.parse(text)
    assert Slice.parse("2/8") == Slice(2, 8)


def test_two_runs_on_one_output_are_one_too_many(music, tmp_path):
    with only_one(tmp_path / "out" / ".lock-1-of-1", "busy"), pytest.raises(OutputError, match="another run"):
        take_in(music, tmp_path / "out")
    assert take_in(music, tmp_path / "out").files == 22, "a lock ends with who holds it"


def test_a_full_disk_keeps_what_was_finished(music, tmp_path, monkeypatch):
    flush, calls = os.fsync, []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        flush(descriptor)

    monkeypatch.setattr("bandmate.io.atomic.os.fsync", full)
    with pytest.raises(OutputError, match="free some space"):
        take_in(music, tmp_path / "out")
    monkeypatch.undo()
    assert len(parts(tmp_path / "out")) == 2
    assert not list((tmp_path / "out").glob(".*.part*"))
    with pytest.raises(LibraryError, match="of a run that did not end"):
        open_shards(tmp_path / "out")
    monkeypatch.setattr(blocks, "BLOCK_FILES", 4)
    assert take_in(music, tmp_path / "out").reused > 0


def test_a_part_that_is_damaged_is_made_anew(music, tmp_path):
    take_in(music, tmp_path / "out")
    hurt = sorted((tmp_path / "out").glob("part-*"))[0]
    hurt.write_bytes(hurt.read_bytes()[:-40])
    with pytest.raises(LibraryError, match="run the ingest again"):
        list(open_shards(tmp_path / "out").rows())
    take_in(music, tmp_path / "out")
    assert len(list(open_shards(tmp_path / "out").rows())) == 20


def test_folders_that_do_not_fit_are_named(music, folder, make_band, tmp_path):
    with pytest.raises(LibraryError, match="does not exist"):
        take_in(tmp_path / "gone", tmp_path / "out")
    with pytest.raises(LibraryError, match="holds no music"):
        take_in(folder({"notes.txt": "no music"}, "words"), tmp_path / "out")
    take_in(music, tmp_path / "out")
    with pytest.raises(LibraryError, match="not in 2"):
        take_in(music, tmp_path / "out", part=Slice(1, 2))
    with pytest.raises(LibraryError, match="not of"):
        take_in(folder({"a.mid": make_band(1)}, "other"), tmp_path / "out")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        take_in(music, tmp_path / "file")
    (tmp_path / "out" / "manifest-1-of-1.json").write_text("{")
    with pytest.raises(LibraryError, match="cannot be read"):
        open_shards(tmp_path / "out")


def test_without_the_extra_the_install_line_comes(music, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"bandmate\[scale\]"):
        take_in(music, tmp_path / "out")


def test_the_command_takes_in_merges_and_reports(music, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("bandmate.library.pool.run_all", here)
    out = str(tmp_path / "out")
    assert main(["library", "ingest", str(music), "--to", out, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["run"]["files"], said["library"]["taken"]) == (22, 20)
    assert main(["library", "report", out]) == 0
    assert "taken: 20 pieces" in capsys.readouterr().out
    half = str(tmp_path / "half")
    assert main(["library", "ingest", str(music), "--to", half, "--shard", "1/2", "--notes"]) == 0
    assert "library merge" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        (["ingest", "nowhere", "--to", "out"], "does not exist"),
        (["ingest", "."], "--to DIR"),
        (["ingest", ".", "--to", "out", "--shard", "3"], "i from 1 to n"),
        (["ingest", ".", "--to", "out", "--executor", "cloud"], "is not known; give --executor processes or ray"),
        (["ingest", ".", "--to", "out", "--workers", "0"], "1 or more"),
        (["merge", "nowhere"], "nowhere is not there"),
        (["merge", ".", "--to", "out"], "leave it out"),
        (["report", "."], "holds no shards; give"),
    ],
)
def test_mistakes_get_one_sentence(words, cure, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["library", *words]) == 2
    assert cure in capsys.readouterr().err


def test_shards_do_not_go_into_the_music(folder, make_band):
    music = folder({"a.mid": make_band(1)})
    with pytest.raises(OutputError, match="is the folder of music that is read; give another"):
        take_in(music, music)
    assert [path.name for path in music.iterdir()] == ["a.mid"]


def test_a_damaged_manifest_can_be_deleted_and_the_run_goes_on(music, tmp_path):
    take_in(music, tmp_path / "out")
    manifest = tmp_path / "out" / "manifest-1-of-1.json"
    manifest.write_text("{", encoding="utf-8")
    with pytest.raises(
        LibraryError, match="manifest-1-of-1.json cannot be read .*; delete it and run the ingest again"
    ):
        take_in(music, tmp_path / "out")
    manifest.unlink()
    assert take_in(music, tmp_path / "out").reused == 22
