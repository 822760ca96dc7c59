"""Shards: many grid pieces in one file of plain arrays, read without unpacking the rest."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import LibraryError
from bandmate.io.atomic import write_bytes_atomic
from bandmate.score.pitch import Key
from bandmate.tokenizers.grid import GridPiece, GridTrack
from bandmate.tokenizers.grid_table import NAME

_ARRAYS = ("notes", "bars", "chords", "level", "echo")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a piece came from: the source, the work it belongs to, its split and its name."""

    source: str
    group: str
    split: str
    name: str

    @property
    def held_out(self) -> bool:
        """Whether no model of ours learned from it, nor from another version of it."""
        return self.split in ("valid", "reserve")


@dataclass(frozen=True, slots=True, eq=False)
class Shard:
    """Pieces on the grid with their origins."""

    pieces: tuple[GridPiece, ...]
    origins: tuple[Origin, ...]

    def __len__(self) -> int:
        return len(self.pieces)

    def select(self, *splits: str) -> Shard:
        """The pieces of some splits."""
        keep = [index for index, origin in enumerate(self.origins) if origin.split in splits]
        return Shard(tuple(self.pieces[i] for i in keep), tuple(self.origins[i] for i in keep))

    @property
    def note_count(self) -> int:
        """Notes in all pieces."""
        return sum(len(piece.notes) for piece in self.pieces)


def _describe(piece: GridPiece, origin: Origin) -> dict[str, Any]:
    return {
        "tracks": [[t.program, t.is_drum, t.role, t.name, list(t.controls)] for t in piece.tracks],
        "genre": piece.genre,
        "tags": list(piece.tags),
        "tempo": piece.tempo,
        "key": piece.key.name if piece.key else None,
        "origin": [origin.source, origin.group, origin.split, origin.name],
    }


def pack(items: Iterable[tuple[GridPiece, Origin]], path: Path) -> int:
    """Write pieces into one file; returns how many."""
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name in _ARRAYS}
    described = []
    for piece, origin in items:
        described.append(_describe(piece, origin))
        for name in _ARRAYS:
            columns[name].append(getattr(piece, name).reshape(-1))
    index = {"tokenizer": NAME, "pieces": described}
    arrays: dict[str, NDArray[Any]] = {"index": np.frombuffer(json.dumps(index).encode("utf-8"), np.uint8)}
    for name, parts in columns.items():
        arrays[name] = np.concatenate(parts) if parts else np.zeros(0, np.int16)
        arrays[f"{name}_size"] = np.array([len(part) for part in parts], np.int64)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    write_bytes_atomic(path, buffer.getvalue())
    return len(described)


def _pieces(path: Path) -> Iterator[tuple[GridPiece, Origin]]:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as store:
        index = json.loads(store["index"].tobytes().decode("utf-8"))
        if index["tokenizer"] != NAME:
            raise LibraryError(f"{path}: made for {index['tokenizer']}, this version reads {NAME}; pack it again")
        data = {name: store[name] for name in _ARRAYS}
        ends = {name: np.cumsum(store[f"{name}_size"]) for name in _ARRAYS}
    for number, entry in enumerate(index["pieces"]):
        cut = {name: data[name][(ends[name][number - 1] if number else 0) : ends[name][number]] for name in _ARRAYS}
        tracks = tuple(GridTrack(p, d, r, n, (c[0], c[1], c[2])) for p, d, r, n, c in entry["tracks"])
        shape = (len(tracks), len(cut["bars"]))
        piece = GridPiece(
            tracks, cut["bars"], cut["notes"], cut["chords"], entry["genre"], tuple(entry["tags"]), entry["tempo"],
            Key.parse(entry["key"]) if entry["key"] else None, cut["level"].reshape(shape), cut["echo"].reshape(shape),
        )  # fmt: skip
        yield piece, Origin(*entry["origin"])


def load(*paths: Path) -> Shard:
    """Read shards into memory.

    Raises:
        LibraryError: a file is missing, damaged or of another tokenizer; the message names it.
    """
    items: list[tuple[GridPiece, Origin]] = []
    for path in paths:
        try:
            items += _pieces(path)
        except (OSError, EOFError, ValueError, KeyError, BadZipFile, zlib.error) as error:
            raise LibraryError(f"{path}: cannot be read as a shard ({error}); prepare the data again") from error
    return Shard(tuple(piece for piece, _ in items), tuple(origin for _, origin in items))
