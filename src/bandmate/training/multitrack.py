"""How the flat multitrack model is trained: windows of pieces as one list of notes, six losses a row.

Source: the Multitrack Music Transformer (Dong et al. 2023). Other than there, a window begins at any beat, an end row
stands only where the piece ends, padding does not count, and a transposition that leaves the keyboard is not done.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from bandmate.models.multitrack import MultitrackModel
from bandmate.tokenizers.grid import GridPiece
from bandmate.tokenizers.multitrack import BEAT, DRUMS, INSTRUMENT, KIND, NAME, PITCH, Kind, note_rows, sequence
from bandmate.training.losses import Subject
from bandmate.training.objectives import LEAST_ROWS, ViewOptions

_IGNORED = -100


def draw_window(
    rng: np.random.Generator, piece: GridPiece, options: ViewOptions, least: int = LEAST_ROWS
) -> NDArray[np.int32] | None:
    """A random window of a piece as rows; None if it holds too little music.

    Three in ten begin with the piece, the others at any beat. Of the options only `rows` and `transpose` are used.
    """
    notes = note_rows(piece)
    if not len(notes):
        return None
    start = 0 if rng.random() < 0.3 else int(rng.integers(0, max(1, int(notes[-1, BEAT]) - 16)))
    rows = sequence(notes, start, most=options.rows + 1)
    semitones = int(rng.integers(-5, 7)) if options.transpose else 0
    pitched = (rows[:, KIND] == Kind.NOTE) & (rows[:, INSTRUMENT] != DRUMS + 1)
    moved = rows[pitched, PITCH] + semitones
    if not len(moved) or (moved.min() >= 1 and moved.max() <= 128):
        rows[pitched, PITCH] = moved
    return rows if len(rows) >= least else None


def flat_losses(model: MultitrackModel, rows: Tensor) -> tuple[Tensor, dict[str, Tensor], int]:
    """Loss per row of a batch, split by field; every field of every row but padding counts.

    Returns:
        Sum over rows of the batch, the same by field, and how many rows counted.
    """
    target = rows[:, 1:].flatten(0, 1)
    real = target[:, KIND] != Kind.START  # only the first row is a start row, so zeros are padding
    logits = model.logits(model.trunk(rows[:, :-1]).flatten(0, 1))
    parts = {
        name: F.cross_entropy(values.float(), torch.where(real, target[:, column], _IGNORED), reduction="sum")
        for column, (name, values) in enumerate(logits.items())
    }
    return torch.stack(list(parts.values())).sum(), parts, int(real.sum())


def _rows_counted(rows: NDArray[np.int64]) -> int:
    return int((rows[:, 1:, KIND] != Kind.START).sum())


MULTITRACK = Subject(MultitrackModel, flat_losses, _rows_counted, NAME)
