"""Tar shards: a dataset larger than memory, whole and as published, in tar files read from front to back.

What is learned from is another form, the Parquet shards of `library.bulk`: examined, labelled, without doubles. A shard
here holds NNNNNNNN.mid and NNNNNNNN.json for each piece, so that other readers of such tar files (WebDataset) take it
too; `shards.json` lists them.
"""

from __future__ import annotations

import io
import json
import random
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bandmate.errors import FileFormatError, LibraryError, ScoreError
from bandmate.io.atomic import atomic_write, write_text_atomic
from bandmate.io.midi import midi_bytes, parse_midi
from bandmate.library.datasets.entries import SPLITS, Entry
from bandmate.library.datasets.place import check_apart, provenance
from bandmate.library.datasets.reading import Pieces
from bandmate.library.shards import TAR_INDEX as INDEX
from bandmate.library.shards import holds_shards
from bandmate.limits import MIDI_BYTES
from bandmate.score.model import Score

PER_SHARD = 500
SHUFFLE = 1000


@dataclass(frozen=True, slots=True)
class Sharded:
    """What was written: folder, pieces and shards; skipped: sentences about what could not be read."""

    folder: Path
    pieces: int
    shards: int
    skipped: tuple[str, ...]


def write_shards(pieces: Pieces, folder: str | Path, *, per_shard: int = PER_SHARD) -> Sharded:
    """Write pieces into shards, a file a split and number; memory holds one shard a split at most.

    Raises:
        LibraryError: there is nothing to write.
        OutputError: the place cannot be written.
    """
    folder = Path(folder)
    check_apart(folder, pieces.folder)
    waiting: dict[str, list[tuple[bytes, Entry]]] = {split: [] for split in SPLITS}
    written: list[dict[str, Any]] = []
    skipped: list[str] = []

    def flush(split: str) -> None:
        number = sum(row["split"] == split for row in written)
        name = f"{split}-{number:05d}.tar"
        _write(folder / name, waiting[split])
        written.append({"file": name, "split": split, "pieces": len(waiting[split])})
        waiting[split] = []

    for score, entry in pieces.stream():
        try:
            waiting[entry.split].append((midi_bytes(score), entry))
        except ScoreError as error:
            skipped.append(f"{entry.relative}: {error}")
            continue
        if len(waiting[entry.split]) >= per_shard:
            flush(entry.split)
    for split in SPLITS:
        if waiting[split]:
            flush(split)
    if not written:
        raise LibraryError(f"nothing in {pieces.folder} could be read: {(*pieces.skipped, 'no piece is in it')[0]}")
    written.sort(key=lambda row: row["file"])
    described = {**provenance(pieces.dataset, pieces.folder), "shards": written}
    write_text_atomic(folder / INDEX, json.dumps(described, ensure_ascii=False, indent=1) + "\n")
    count = sum(row["pieces"] for row in written)
    return Sharded(folder, count, len(written), (*pieces.skipped, *skipped))


def _write(path: Path, items: list[tuple[bytes, Entry]]) -> None:
    with atomic_write(path) as temporary, tarfile.open(temporary, "w", format=tarfile.USTAR_FORMAT) as file:
        for number, (data, entry) in enumerate(items):
            said = {"relative": entry.relative, "work": entry.work, "split": entry.split,
                    "published": entry.published, "labels": entry.labels}  # fmt: skip
            _add(file, f"{number:08d}.mid", data)
            _add(file, f"{number:08d}.json", json.dumps(said, ensure_ascii=False).encode("utf-8"))


def _add(file: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    file.addfile(info, io.BytesIO(data))


class Shards:
    """A folder of shards.

    Args:
        folder: with `shards.json`.
        only: "train", "valid" or "test"; "" = all.
        seed: of the order.
        shuffle: pieces that wait in memory to be drawn from; 0 = the order in which they were written.

    Raises:
        LibraryError: it is no such folder.
    """

    def __init__(self, folder: str | Path, *, only: str = "", seed: int = 0, shuffle: int = SHUFFLE) -> None:
        if only not in ("", *SPLITS):
            raise LibraryError(f"'{only}' is no split; give one of {', '.join(SPLITS)}, or leave it out")
        self.folder, self.seed, self.shuffle = Path(folder), seed, shuffle
        try:
            index: Any = json.loads((self.folder / INDEX).read_text(encoding="utf-8"))
            rows = [row for row in index["shards"] if only in ("", row["split"])]
            self.names = tuple(str(row["file"]) for row in rows)
            self.count = sum(int(row["pieces"]) for row in rows)
            self.licence = str(index["licence"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            if holds_shards(folder):
                raise LibraryError(
                    f"{folder} holds the Parquet shards of a library; read them with library.shards.open_shards"
                ) from error
            raise LibraryError(f"{folder} is no folder of shards ({error}); write them with write_shards") from error

    def stream(self, *, epoch: int = 0, part: int = 0, parts: int = 1) -> Iterator[tuple[Score, Entry]]:
        """The pieces, shuffled: shards in another order each epoch, and pieces within the last `shuffle` read.

        Args:
            epoch: draws the order together with the seed; every part has to say the same.
            part: which reader this is, from 0.
            parts: how many there are; each takes shards of its own, and all are taken once.

        Raises:
            LibraryError: a shard is missing or damaged.
        """
        draw = random.Random(f"{self.seed}:{epoch}")
        names = list(self.names)
        if not self.shuffle:
            return (item for name in names[part::parts] for item in _read(self.folder / name))
        draw.shuffle(names)
        draw = random.Random(f"{self.seed}:{epoch}:{part}")
        return _shuffled(
            (item for name in names[part::parts] for item in _read(self.folder / name)), self.shuffle, draw
        )

    def to_torch(self, transform: Any = None) -> Any:
        """A `torch.utils.data.IterableDataset` of these shards; see `datasets.torch_data`.

        Raises:
            MissingExtra: torch is not installed.
        """
        from bandmate.library.datasets.torch_door import torch_data

        return torch_data().ShardDataset(self, transform)


def _shuffled(items: Iterator[tuple[Score, Entry]], size: int, draw: random.Random) -> Iterator[tuple[Score, Entry]]:
    waiting: list[tuple[Score, Entry]] = []
    for item in items:
        waiting.append(item)
        if len(waiting) >= size:
            place = draw.randrange(len(waiting))
            waiting[place], waiting[-1] = waiting[-1], waiting[place]
            yield waiting.pop()
    draw.shuffle(waiting)
    yield from waiting


def _read(path: Path) -> Iterator[tuple[Score, Entry]]:
    try:
        with tarfile.open(path, "r:") as file:
            while (member := file.next()) is not None:
                file.members = []  # type: ignore[attr-defined]  it would keep every header
                data = _bytes(file, member)
                said = json.loads(_bytes(file, file.next()))
                name = f"{path.name}/{said['relative']}"
                entry = Entry(path, said["relative"], said["work"], said["split"], said["published"], said["labels"])
                yield parse_midi(data, name), entry
    except (OSError, tarfile.TarError, ValueError, KeyError, TypeError, FileFormatError) as error:
        raise LibraryError(f"{path} cannot be read as a shard ({error}); write the shards again") from error


def _bytes(file: tarfile.TarFile, member: tarfile.TarInfo | None) -> bytes:
    stream = file.extractfile(member) if member is not None and member.size <= MIDI_BYTES.high else None
    if member is None or stream is None:
        raise ValueError("a piece of it is missing or too large")
    data = stream.read()
    if len(data) != member.size:
        raise ValueError("it is cut off")
    return data
