"""Shards: everything once, in an order of each epoch, shared out among readers; and PyTorch's two kinds."""

from __future__ import annotations

import pytest
from tests.library.dataset_samples import song

from bandmate.errors import LibraryError, MissingExtra
from bandmate.io.midi import write_midi
from bandmate.library.datasets import torch_door
from bandmate.library.datasets.reading import open_dataset
from bandmate.library.datasets.tar_shards import Shards, write_shards
from bandmate.library.shards import open_shards

NAMES = [f"{side}/tune {chr(97 + n)}aa.mid" for side in ("test", "train") for n in range(12)]


@pytest.fixture
def folder(tmp_path):
    for number, name in enumerate(NAMES):
        write_midi(song(number), tmp_path / "music" / name)
    write_shards(open_dataset("jsb_chorales", tmp_path / "music"), tmp_path / "shards", per_shard=5)
    return tmp_path / "shards"


def names(stream) -> list[str]:
    return [entry.relative for _, entry in stream]


def test_every_piece_comes_once_and_as_it_was(folder, tmp_path) -> None:
    assert len(list(folder.glob("*.tar"))) == 6
    read = list(Shards(folder, shuffle=0).stream())
    assert names(read) == NAMES
    assert [entry.split for _, entry in read] == ["test"] * 12 + ["train"] * 12
    before = open_dataset("jsb_chorales", tmp_path / "music")
    for (score, entry), (old, same) in zip(read, before, strict=True):
        assert (entry.work, entry.published) == (same.work, same.published)
        assert [track.notes.tolist() for track in score.tracks] == [track.notes.tolist() for track in old.tracks]


def test_an_epoch_has_its_order_and_the_same_seed_gives_the_same(folder) -> None:
    shards = Shards(folder, seed=1, shuffle=8)
    first = names(shards.stream(epoch=0))
    assert sorted(first) == NAMES != first
    assert names(Shards(folder, seed=1, shuffle=8).stream(epoch=0)) == first
    assert names(shards.stream(epoch=1)) != first


@pytest.mark.parametrize("parts", [2, 4, 9])
def test_readers_share_the_work(folder, parts) -> None:
    shards = Shards(folder, shuffle=3)
    shares = [names(shards.stream(epoch=2, part=part, parts=parts)) for part in range(parts)]
    assert sorted(name for share in shares for name in share) == NAMES


def test_one_side_alone(folder) -> None:
    assert Shards(folder, only="train").count == 12
    assert {name[:5] for name in names(Shards(folder, only="train").stream())} == {"train"}


def test_the_two_forms_of_shards_know_each_other(folder, tmp_path) -> None:
    with pytest.raises(
        LibraryError, match="holds the tar shards of a dataset.*library ingest MUSIC --to SHARDS --notes"
    ):
        open_shards(folder)
    (tmp_path / "manifest-1-of-1.json").write_text("{}", encoding="utf-8")
    with pytest.raises(LibraryError, match="holds the Parquet shards of a library; read them with"):
        Shards(tmp_path)


def test_damage_is_said(folder, tmp_path) -> None:
    with pytest.raises(LibraryError, match="is no folder of shards"):
        Shards(tmp_path)
    with pytest.raises(LibraryError, match="'dev' is no split"):
        Shards(folder, only="dev")
    path = folder / "train-00000.tar"
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(LibraryError, match=r"train-00000.tar cannot be read as a shard"):
        list(Shards(folder, only="train").stream())
    path.unlink()
    with pytest.raises(LibraryError, match=r"train-00000.tar cannot be read as a shard"):
        list(Shards(folder, only="train").stream())


def test_torch_reads_pieces_and_shards(folder, tmp_path) -> None:
    torch = pytest.importorskip("torch")
    from torch.utils.data import DataLoader

    data = open_dataset("jsb_chorales", tmp_path / "music", only="train").to_torch()
    assert len(data) == 12
    assert data[0].dtype == torch.int64
    assert data[0][0].tolist() == [0, 12, 60, 90, 0]
    batches = list(DataLoader(data, batch_size=4))
    assert [tuple(batch.shape) for batch in batches] == [(4, 4, 5)] * 3
    stream = Shards(folder).to_torch(lambda score, entry: entry.relative)
    stream.set_epoch(3)
    assert sorted(DataLoader(stream, batch_size=None)) == NAMES


def test_workers_of_torch_take_shards_of_their_own(folder) -> None:
    pytest.importorskip("torch")
    from torch.utils.data import DataLoader

    loader = DataLoader(Shards(folder).to_torch(_name), batch_size=None, num_workers=2)
    assert sorted(loader) == NAMES


def _name(score, entry) -> str:
    return entry.relative


def test_without_torch_the_sentence_is_its_install_line(folder, monkeypatch) -> None:
    monkeypatch.setattr(torch_door, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r'pip install "bandmate\[learn\]"'):
        Shards(folder).to_torch()
