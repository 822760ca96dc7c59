"""Shards give back what was packed, labels and all."""

from dataclasses import replace

import numpy as np
import pytest

from bandmate.errors import LibraryError
from bandmate.score.model import Score, make_meters
from bandmate.tokenizers.grid import encode_piece
from bandmate.training.shards import Origin, load, pack


def packed(shard, path):
    assert pack(zip(shard.pieces, shard.origins, strict=True), path) == len(shard)
    return load(path)


def test_pieces_come_back_with_their_labels(shard, tmp_path):
    found = packed(shard, tmp_path / "a.npz")
    assert found.origins == shard.origins
    for before, after in zip(shard.pieces, found.pieces, strict=True):
        for name in ("notes", "bars", "chords", "level", "echo"):
            one, other = getattr(before, name), getattr(after, name)
            assert one.dtype == other.dtype and one.shape == other.shape and (one == other).all(), name
        assert before.tracks == after.tracks
        assert (before.genre, before.tags, before.tempo, before.key) == (
            after.genre, after.tags, after.tempo, after.key)  # fmt: skip
    piece = found.pieces[0]
    assert piece.genre and piece.tags and piece.key and piece.chords.any() and piece.bars["section"].all()


def test_several_shards_are_read_in_order_and_split(shard, tmp_path):
    other = [replace(origin, source="other", split="valid") for origin in shard.origins]
    pack(zip(shard.pieces, shard.origins, strict=True), tmp_path / "a.npz")
    pack(zip(shard.pieces, other, strict=True), tmp_path / "b.npz")
    both = load(tmp_path / "a.npz", tmp_path / "b.npz")
    assert len(both) == 2 * len(shard)
    assert both.note_count == 2 * shard.note_count
    assert {origin.source for origin in both.select("valid").origins} == {"other"}
    assert len(both.select("train", "valid")) == len(both)
    assert not len(both.select("test"))


def test_pieces_of_other_meters_and_without_notes_keep_their_shapes(shard, tmp_path):
    waltz = encode_piece(replace(Score(), meters=make_meters(3, 4), end_ticks=1440 * 3))
    pieces = [waltz, *shard.pieces[:1]]
    pack([(piece, Origin("s", "g", "train", "n")) for piece in pieces], tmp_path / "a.npz")
    found = load(tmp_path / "a.npz").pieces
    assert len(found[0].notes) == 0 and len(found[0].bars) == 3
    assert found[0].level.shape == (0, 3)
    assert (found[1].notes == pieces[1].notes).all()


def test_an_empty_shard(tmp_path):
    assert pack([], tmp_path / "a.npz") == 0
    assert len(load(tmp_path / "a.npz")) == 0


def test_damaged_missing_and_foreign_shards_are_named(shard, tmp_path):
    path = tmp_path / "a.npz"
    with pytest.raises(LibraryError, match=r"a\.npz.*cannot be read"):
        load(path)
    pack(zip(shard.pieces, shard.origins, strict=True), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LibraryError, match=r"a\.npz.*cannot be read"):
        load(path)
    index = np.frombuffer(b'{"tokenizer": "grid.v0", "pieces": []}', np.uint8)
    np.savez(path, index=index)
    with pytest.raises(LibraryError, match=r"made for grid\.v0, this version reads grid\.v1"):
        load(path)
