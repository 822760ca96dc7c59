"""Shards, the Parquet files that `library.bulk` writes: opened as one set and read in a stream.

Rows are shuffled within bounds, each rank gets its own, and memory does not grow with their number.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bandmate.errors import LibraryError
from bandmate.library.bulk import INDEX, manifests
from bandmate.library.parquet import read_groups

SETTLED = ("state", "reason", "detail", "work", "split")  # what merge says of a row
TAR_INDEX = "shards.json"  # of the other form, see `library.datasets.tar_shards`
OPEN_PARTS = 4  # parts that a shuffled stream reads from by turns


@dataclass(frozen=True, slots=True)
class ShardSet:
    """The parts in a folder.

    Attributes:
        folder: where they lie; root: the folder that was taken in.
        parts: in a fixed order; counts: rows of each.
        slices: in how many the library was cut; present: which of them are there, from 1.
        music: whether the rows hold the notes.
    """

    folder: Path
    root: Path
    parts: tuple[Path, ...]
    counts: tuple[int, ...]
    slices: int
    present: tuple[int, ...]
    music: bool

    def __len__(self) -> int:
        return sum(self.counts)

    @property
    def missing(self) -> tuple[int, ...]:
        """Slices that are not there."""
        return tuple(number for number in range(1, self.slices + 1) if number not in self.present)

    def verdict_of(self, part: Path) -> Path:
        """The file beside a part that holds what `merge` says of its rows."""
        return part.with_name(f"settled-{part.name}")

    @property
    def settled(self) -> bool:
        """Whether all parts were merged."""
        here = (self.folder / INDEX).is_file() and not self.missing
        return here and all(self.verdict_of(part).is_file() for part in self.parts)

    def verdicts(self, part: Path, only: Sequence[int] | None = None) -> Iterator[list[dict[str, Any]]]:
        """What `merge` says of the rows of a part, in groups as `read_groups` gives them.

        Raises:
            LibraryError: the library was not merged.
        """
        path = self.verdict_of(part)
        if not path.is_file():
            raise LibraryError(
                f"{self.folder} was not merged yet, so it has no splits; run: bandmate library merge {self.folder}"
            )
        return read_groups(path, SETTLED, only)

    def part_rows(
        self, part: Path, columns: Sequence[str] | None, split: str | None, only: Sequence[int] | None = None
    ) -> Iterator[dict[str, Any]]:
        """The rows taken of one part in order, with what merge says of them where that is there."""
        wanted = None if columns is None else list(dict.fromkeys((*columns, "state")))
        groups = read_groups(part, wanted, only)
        merged = split is not None or self.verdict_of(part).is_file()
        for rows in groups if not merged else _joined(groups, self.verdicts(part, only)):
            for row in rows:
                if row["state"] == "taken" and split in (None, row.get("split")):
                    yield row

    def rows(
        self,
        columns: Sequence[str] | None = None,
        *,
        split: str | None = None,
        seed: int | None = None,
        buffer: int = 1024,
        rank: int = 0,
        world: int = 1,
    ) -> Iterator[dict[str, Any]]:
        """The rows taken, once each.

        Args:
            columns: names (see `library.rows.COLUMNS` and `MUSIC`); None = all.
            split: train, valid or test; None = all.
            seed: shuffle by it; None = in order.
            buffer: rows among which the shuffle draws; parts are shuffled, too, and read by turns.
            rank: which of `world` disjoint, interleaved streams, from 0.
            world: how many there are.

        Raises:
            LibraryError: a part is damaged, lacks a column, or has no splits since it was not merged.
        """
        order, rng = list(self.parts), np.random.default_rng(seed)
        if seed is not None:
            rng.shuffle(order)  # type: ignore[arg-type]
        streams = (self.part_rows(part, columns, split) for part in order)
        mine = islice(_by_turns(streams, OPEN_PARTS if seed is not None else 1), rank, None, world)
        return mine if seed is None else _shuffled(mine, buffer, rng)


def _joined(
    groups: Iterator[list[dict[str, Any]]], verdicts: Iterator[list[dict[str, Any]]]
) -> Iterator[list[dict[str, Any]]]:
    for rows, said in zip(groups, verdicts, strict=True):
        yield [row | verdict for row, verdict in zip(rows, said, strict=True)]


def _by_turns(streams: Iterator[Iterator[dict[str, Any]]], at_once: int) -> Iterator[dict[str, Any]]:
    """From so many streams one row each in turn; one that ends gives its place to the next."""
    open_now = deque(islice(streams, at_once))
    while open_now:
        stream = open_now.popleft()
        row = next(stream, None)
        if row is not None:
            open_now.append(stream)
            yield row
        else:
            open_now.extend(islice(streams, 1))


def _shuffled(rows: Iterator[dict[str, Any]], size: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    held = list(islice(rows, max(1, size)))
    for row in rows:
        place = int(rng.integers(len(held)))
        held[place], row = row, held[place]
        yield row
    while held:
        yield held.pop(int(rng.integers(len(held))))


def holds_shards(folder: str | Path) -> bool:
    """Whether shards lie in a folder, finished or not."""
    place = Path(folder)
    return any(any(place.glob(pattern)) for pattern in ("manifest-*.json", "part-*.parquet"))


def open_shards(folder: str | Path) -> ShardSet:
    """All parts that the manifests of a folder name, of one slice or of many.

    Raises:
        LibraryError: the folder does not exist or holds no shards; manifests that do not belong together; a part that
            a manifest names is missing.
    """
    place = Path(folder).expanduser()
    if not place.is_dir():
        wrong = "is a file" if place.exists() else "is not there"
        raise LibraryError(f"{place} {wrong}; give a folder of shards")
    said = manifests(place)
    if not said:
        if holds_shards(place):
            raise LibraryError(
                f"{place} holds shards of a run that did not end; run the same ingest again, it goes on where it was"
            )
        if (place / TAR_INDEX).is_file():
            raise LibraryError(
                f"{place} holds the tar shards of a dataset, which are not examined and labelled; make shards to learn "
                "from of its files: bandmate library ingest MUSIC --to SHARDS --notes"
            )
        raise LibraryError(
            f"{place} holds no shards; give a folder that was made by: bandmate library ingest MUSIC --to SHARDS"
        )
    first = said[0]
    if len({(entry["folder"], entry["slice"][1], entry["music"]) for entry in said}) > 1:
        raise LibraryError(f"the manifests in {place} are of different runs; ingest all slices anew into one folder")
    parts = [(place / part["file"], part["rows"]) for entry in said for part in entry["parts"]]
    gone = next((path for path, _ in parts if not path.is_file()), None)
    if gone is not None:
        raise LibraryError(f"{gone} is missing; run the ingest again, it makes only what is not there")
    return ShardSet(
        place, Path(first["folder"]), tuple(path for path, _ in parts), tuple(count for _, count in parts),
        first["slice"][1], tuple(entry["slice"][0] for entry in said), first["music"],
    )  # fmt: skip
