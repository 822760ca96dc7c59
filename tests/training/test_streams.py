"""Batches from shards: each piece once an epoch, by step alone, and shared out between ranks."""

import numpy as np
import pytest
from tests.library.shards import take_in
from tests.training.bands import band

from bandmate.errors import LibraryError
from bandmate.io.midi import write_midi
from bandmate.library import blocks, parquet
from bandmate.library.merge import merge
from bandmate.library.shards import open_shards
from bandmate.library.split import Shares
from bandmate.training.objectives import ViewOptions
from bandmate.training.streams import ShardBatches

pytest.importorskip("pyarrow", reason="needs the extra [scale]")
VIEWS = ViewOptions(rows=192)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Sixteen bands in groups of two rows."""
    root = tmp_path_factory.mktemp("library")
    for seed in range(16):
        write_midi(band(seed), root / "music" / f"song {chr(97 + seed)}.mid")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_FILES", 4)
        patch.setattr(parquet, "GROUP_ROWS", 2)
        take_in(root / "music", root / "shards", music=True)
        merge(root / "shards", shares=Shares(0.2, 0.0))
    return root / "shards"


def batches(library, **options):
    return ShardBatches(open_shards(library), VIEWS, **{"pool_groups": 2, "pool_steps": 3, **options})


def names(stream, pools):
    return [[origin.name for origin in stream.pool(number).origins] for number in range(pools)]


def trained_on(library):
    return sorted(row["path"] for row in open_shards(library).rows(["path"], split="train"))


def test_pools_of_an_epoch_hold_each_piece_once(library):
    stream = batches(library, pool_groups=1)
    drawn = names(stream, len(stream.groups))
    assert sorted(sum(drawn, start=[])) == trained_on(library)  # noqa: RUF017
    assert names(stream, 1) != names(batches(library, pool_groups=1, seed=1), 1)


def test_batches_depend_on_the_step_alone(library):
    stream = batches(library)
    going = [stream.batch(step, 2) for step in range(8)]
    fresh = batches(library)
    for step in (7, 2, 5):
        for ours, theirs in zip(going[step], fresh.batch(step, 2), strict=True):
            assert np.array_equal(ours, theirs)
    assert going[0][0].shape[2] == going[7][0].shape[2]


@pytest.mark.parametrize("world", [2, 3, 40])
def test_no_two_ranks_hold_the_same_piece(library, world):
    pools = [names(batches(library, rank=rank, world=world), 1)[0] for rank in range(world)]
    drawn = [name for pool in pools for name in pool]
    assert len(set(drawn)) == len(drawn)
    assert set(drawn) <= set(trained_on(library))


def test_held_out_pieces_stay_out(library):
    valid = batches(library, split="valid", pool_groups=99)
    assert valid.pool(0).origins
    assert not {origin.name for origin in valid.pool(0).origins} & set(trained_on(library))


def test_shards_that_cannot_be_trained_on_are_refused(tmp_path, library):
    write_midi(band(1), tmp_path / "music" / "a.mid")
    take_in(tmp_path / "music", tmp_path / "plain")
    with pytest.raises(LibraryError, match="--notes"):
        ShardBatches(open_shards(tmp_path / "plain"))
    take_in(tmp_path / "music", tmp_path / "new", music=True)
    with pytest.raises(LibraryError, match="library merge"):
        ShardBatches(open_shards(tmp_path / "new"))
    with pytest.raises(LibraryError, match="split test"):
        batches(library, split="test")
