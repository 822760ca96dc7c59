"""Streams: batches from a library in shards, whatever its size, on any number of ranks; no torch in it.

Batches depend on seed and step alone, as those of a corpus in memory do, so a run resumes bit by bit: for so many
steps a rank draws from a *pool*, a few groups of rows that come with the number of the pool. Over an epoch the pools of
all ranks hold each group once, in an order by the seed, and two ranks never hold the same piece.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import BandmateError, LibraryError
from bandmate.library.rows import MUSIC, RESOLUTION, score_of
from bandmate.library.shards import ShardSet
from bandmate.tokenizers.grid import GridPiece, encode_piece
from bandmate.training.objectives import Batches, ViewOptions
from bandmate.training.prepare import usable
from bandmate.training.shards import Origin, Shard

POOL_GROUPS = 4  # of 64 rows each
POOL_STEPS = 32
_SOURCE = "shards"
_COLUMNS = ("path", "title", "labels", "has_grid", RESOLUTION, *MUSIC)


class ShardBatches:
    """The batches of one rank (see `loop.Source`).

    Args:
        shards: a merged library with notes.
        options: how views are drawn.
        split: train, valid or test.
        seed: of the order of the groups and of the draws.
        rank: which of `world` processes this is, from 0.
        world: how many processes share the library.
        pool_groups: groups that are in memory at once.
        pool_steps: steps that draw from one pool.

    Raises:
        LibraryError: the library was not merged, has no notes, or holds nothing of the split.
    """

    def __init__(
        self,
        shards: ShardSet,
        options: ViewOptions | None = None,
        *,
        split: str = "train",
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
        pool_groups: int = POOL_GROUPS,
        pool_steps: int = POOL_STEPS,
    ) -> None:
        if not shards.music:
            raise LibraryError(f"the shards in {shards.folder} hold no notes; run the ingest with --notes")
        self.shards, self.options, self.split, self.seed = shards, options or ViewOptions(), split, seed
        self.rank, self.world, self.pool_steps = rank, world, pool_steps
        self.groups = list(_groups(shards, split))
        if not self.groups:
            raise LibraryError(f"the shards in {shards.folder} hold no piece of the split {split}")
        # Fewer groups than ranks: all read the same groups, and each takes every so many-th row.
        self.by_rows = len(self.groups) < world
        self.pool_groups = min(pool_groups, len(self.groups) if self.by_rows else len(self.groups) // world)
        self._pool: tuple[int, Batches] | None = None

    def batch(self, step: int, size: int) -> list[NDArray[np.int64]]:
        """One step's padded micro-batches (see `Batches.batch`)."""
        number = step // self.pool_steps
        if self._pool is None or self._pool[0] != number:
            pieces = self.pool(number)
            self._pool = number, Batches(pieces, {_SOURCE: 1.0}, self.options, self.seed)
        return self._pool[1].batch(step, size)

    def pool(self, number: int) -> Shard:
        """The pieces of one pool."""
        items = [item for part, group in self._groups_of(number) for item in self._pieces(part, group)]
        return Shard(tuple(piece for piece, _ in items), tuple(origin for _, origin in items))

    def _groups_of(self, number: int) -> list[tuple[Path, int]]:
        each = 1 if self.by_rows else self.world
        an_epoch = len(self.groups) // (each * self.pool_groups)
        epoch, place = divmod(number, an_epoch)
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.groups))
        first = (place * each + (0 if self.by_rows else self.rank)) * self.pool_groups
        return [self.groups[index] for index in order[first : first + self.pool_groups]]

    def _pieces(self, part: Path, group: int) -> Iterator[tuple[GridPiece, Origin]]:
        rows = self.shards.part_rows(part, _COLUMNS, self.split, [group])
        for index, row in enumerate(rows):
            if not row["has_grid"] or (self.by_rows and index % self.world != self.rank):
                continue
            piece = _encoded(row)
            if piece is not None:
                yield piece, Origin(_SOURCE, row["work"], self.split, row["path"])


def _encoded(row: dict[str, Any]) -> GridPiece | None:
    labels = json.loads(row["labels"])
    if labels.get("written"):
        return None  # block chords of a chart are no playing to learn
    try:
        piece = encode_piece(score_of(row), labels)
    except BandmateError:
        return None
    return piece if usable(piece) else None


def _groups(shards: ShardSet, split: str) -> Iterator[tuple[Path, int]]:
    """Every group that holds something of a split."""
    for part in shards.parts:
        for group, rows in enumerate(shards.verdicts(part)):
            if any(row["state"] == "taken" and row["split"] == split for row in rows):
                yield part, group
