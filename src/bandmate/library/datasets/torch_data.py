"""PyTorch's two kinds of datasets over pieces and over shards; classes of a module, so that workers can be started."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
import torch.distributed
from numpy.typing import NDArray
from torch.utils.data import Dataset, IterableDataset, get_worker_info

from bandmate.library.datasets.entries import Entry
from bandmate.library.datasets.reading import Pieces
from bandmate.library.datasets.tar_shards import Shards
from bandmate.score.model import Score

Transform = Callable[[Score, Entry], Any]
DRUMS = 128


def note_rows(score: Score, entry: Entry, per_quarter: int = 24) -> torch.Tensor:
    """The usual transform: a row a note, in order: onset, duration (both in 1/24 quarters), pitch, velocity, program.

    Drums have program 128. Rows are int64, sorted by onset, program and pitch.
    """
    parts: list[NDArray[np.int64]] = []
    scale = per_quarter / score.ticks_per_quarter
    for track in score.tracks:
        notes = track.notes
        program = DRUMS if track.is_drum else track.program or 0
        columns = (
            np.rint(notes["onset_ticks"] * scale), np.rint(notes["duration_ticks"] * scale), notes["pitch"],
            notes["velocity"], np.full(len(notes), program),
        )  # fmt: skip
        parts.append(np.stack(columns, 1).astype(np.int64))
    rows = np.concatenate(parts) if parts else np.zeros((0, 5), np.int64)
    return torch.from_numpy(rows[np.lexsort((rows[:, 2], rows[:, 4], rows[:, 0]))])


class PieceDataset(Dataset):
    """A dataset of known length over the pieces of a folder; `transform` makes an item of (score, entry)."""

    def __init__(self, pieces: Pieces, transform: Transform | None = None) -> None:
        self.pieces, self.transform = pieces, transform or note_rows

    def __len__(self) -> int:
        return len(self.pieces)

    def __getitem__(self, index: int) -> Any:
        return self.transform(*self.pieces[index])


class ShardDataset(IterableDataset):
    """A stream of the pieces of shards; each worker of each process takes shards of its own.

    Call `set_epoch` before each epoch for another order.
    """

    def __init__(self, shards: Shards, transform: Transform | None = None) -> None:
        super().__init__()
        self.shards, self.transform = shards, transform or note_rows
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """The order of this epoch is drawn from the seed and its number."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[Any]:
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        several = torch.distributed.is_available() and torch.distributed.is_initialized()
        rank, ranks = (torch.distributed.get_rank(), torch.distributed.get_world_size()) if several else (0, 1)
        for score, entry in self.shards.stream(epoch=self.epoch, part=rank * workers + worker, parts=ranks * workers):
            yield self.transform(score, entry)
