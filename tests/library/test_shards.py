from itertools import chain

import numpy as np
import pytest
from tests.library.shards import bands, take_in

from bandmate.errors import LibraryError
from bandmate.library import blocks, parquet
from bandmate.library.examine import read_score
from bandmate.library.merge import merge
from bandmate.library.rows import hints_of, score_of
from bandmate.library.shards import open_shards

pytest.importorskip("pyarrow", reason="needs the extra [scale]")


@pytest.fixture
def shards(folder, make_band, tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_FILES", 4)
    monkeypatch.setattr(parquet, "GROUP_ROWS", 2)
    take_in(folder(bands(make_band)), tmp_path / "out", music=True)
    merge(tmp_path / "out")
    return open_shards(tmp_path / "out")


def paths(rows):
    return [row["path"] for row in rows]


def test_a_row_with_notes_is_its_music(shards):
    for row in shards.rows():
        read, _ = read_score(shards.root / row["path"], row["kind"], hints_of(row))
        kept = score_of(row)
        assert (kept.bpm, kept.ticks_per_quarter) == (read.bpm, read.ticks_per_quarter)
        for ours, theirs in zip(kept.tracks, read.tracks, strict=True):
            assert (ours.name, ours.program, ours.is_drum) == (theirs.name, theirs.program, theirs.is_drum)
            for field in ("onset_ticks", "duration_ticks", "pitch", "velocity"):
                assert np.array_equal(ours.notes[field], theirs.notes[field])
        assert np.array_equal(kept.meters["numerator"], read.meters["numerator"])


def test_every_row_comes_once_in_an_order_by_the_seed(shards):
    straight = paths(shards.rows(["path"]))
    assert straight == sorted(straight)
    assert len(straight) == 20
    drawn = paths(shards.rows(["path"], seed=3, buffer=5))
    assert sorted(drawn) == straight
    assert drawn == paths(shards.rows(["path"], seed=3, buffer=5))
    assert drawn != straight
    assert drawn != paths(shards.rows(["path"], seed=4, buffer=5))


@pytest.mark.parametrize("seed", [None, 5])
def test_ranks_share_the_rows_between_them(shards, seed):
    whole = paths(shards.rows(["path"]))
    mine = [paths(shards.rows(["path"], seed=seed, buffer=4, rank=rank, world=3)) for rank in range(3)]
    assert sorted(chain(*mine)) == whole
    assert [len(rows) for rows in mine] == [7, 7, 6]


def test_splits_part_the_rows(shards):
    found = [paths(shards.rows(["path"], split=split)) for split in ("train", "valid", "test")]
    assert sorted(chain(*found)) == paths(shards.rows(["path"]))
    assert found[1]


def test_what_is_not_there_is_named(shards, folder, make_band, tmp_path):
    with pytest.raises(LibraryError, match="no column colour"):
        list(shards.rows(["colour"]))
    take_in(folder({"a.mid": make_band(1), "b.mid": make_band(2)}, "plain"), tmp_path / "other")
    plain = open_shards(tmp_path / "other")
    with pytest.raises(LibraryError, match="library merge"):
        list(plain.rows(split="train"))
    with pytest.raises(LibraryError, match="no column onset_ticks"):
        list(plain.rows(["onset_ticks"]))
    next((tmp_path / "other").glob("part-*")).unlink()
    with pytest.raises(LibraryError, match="is missing"):
        open_shards(tmp_path / "other")
