"""Reading a dataset: piece by piece off its files, or from a cache of MIDI that fills as it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from bandmate.errors import FileFormatError, LibraryError, MissingExtra, ScoreError
from bandmate.io.midi import read_midi, write_midi
from bandmate.library.datasets.books import book_of, read_piece
from bandmate.library.datasets.description import Dataset
from bandmate.library.datasets.entries import SPLITS, Entry, entries
from bandmate.library.datasets.table import dataset
from bandmate.library.split import Shares
from bandmate.score.model import Score

UNREADABLE = (FileFormatError, LibraryError, MissingExtra, ScoreError)  # one piece, not the whole dataset


class Pieces:
    """The pieces of a dataset: a sequence of (score, entry), read when they are asked for.

    `pieces[i]` raises for a file that cannot be read; going through all of them passes over such files and notes
    them in `skipped`. `stream()` does the same without holding the list of entries, for corpora of millions.

    Args:
        described: what it is.
        folder: where it lies.
        only: "train", "valid" or "test"; "" = all.
        cache: folder for a MIDI file of each piece, made when it is first read; None = read off the files each time.
        seed, shares: for datasets without a published split.

    Attributes:
        skipped: sentences about the files that could not be read in the last run through.
    """

    def __init__(
        self,
        described: Dataset,
        folder: str | Path,
        *,
        only: str = "",
        cache: str | Path | None = None,
        seed: int = 0,
        shares: Shares | None = None,
    ) -> None:
        if only not in ("", *SPLITS):
            raise LibraryError(f"'{only}' is no split; give one of {', '.join(SPLITS)}, or leave it out")
        self.dataset, self.folder, self.only = described, Path(folder).expanduser(), only
        self.cache = Path(cache).expanduser() if cache is not None else None
        self.seed, self.shares = seed, shares or Shares()
        self.skipped: list[str] = []

    def split(self, name: str) -> Pieces:
        """Those of one side."""
        return Pieces(self.dataset, self.folder, only=name, cache=self.cache, seed=self.seed, shares=self.shares)

    def walk(self) -> Iterator[Entry]:
        """The entries one after the other, without a list of them."""
        for entry in entries(self.dataset, self.folder, seed=self.seed, shares=self.shares):
            if self.only in ("", entry.split):
                yield entry

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """All entries."""
        return tuple(self.walk())

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> tuple[Score, Entry]:
        entry = self.entries[index]
        return self.read(entry), entry

    def __iter__(self) -> Iterator[tuple[Score, Entry]]:
        return self._read(iter(self.entries))

    def stream(self) -> Iterator[tuple[Score, Entry]]:
        """Scores and entries one after the other; memory does not grow with the number of files."""
        return self._read(self.walk())

    def _read(self, some: Iterator[Entry]) -> Iterator[tuple[Score, Entry]]:
        self.skipped = []
        for entry in some:
            try:
                score = self.read(entry)
            except UNREADABLE as error:
                self.skipped.append(str(error))
                continue
            yield score, entry

    def read(self, entry: Entry) -> Score:
        """The score of an entry, from the cache if it is there.

        Raises:
            FileFormatError: it cannot be read.
        """
        if self.cache is None:
            return self._converted(entry)
        name = hashlib.sha256(f"{self.dataset.name}/{entry.relative}".encode()).hexdigest()
        kept = self.cache / name[:2] / f"{name[2:26]}.mid"
        if kept.exists() and kept.stat().st_mtime_ns >= book_of(entry.path)[0].stat().st_mtime_ns:
            return read_midi(kept)
        score = self._converted(entry)
        write_midi(score, kept)
        return score

    def _converted(self, entry: Entry) -> Score:
        score = read_piece(entry.path)
        return score if self.dataset.convert is None else self.dataset.convert(score)

    def to_torch(self, transform: Any = None) -> Any:
        """A `torch.utils.data.Dataset` of these pieces; see `datasets.torch_data`.

        Raises:
            MissingExtra: torch is not installed.
        """
        from bandmate.library.datasets.torch_door import torch_data

        return torch_data().PieceDataset(self, transform)


def open_dataset(name: str | Path | Dataset, folder: str | Path, **options: Any) -> Pieces:
    """Open a dataset that lies in a folder.

    Args:
        name: a name of the table, the JSON file of a dataset of your own, or a description.
        folder: where it lies.
        options: as for `Pieces`.

    Raises:
        LibraryError: no such dataset.
    """
    return Pieces(name if isinstance(name, Dataset) else dataset(name), folder, **options)
