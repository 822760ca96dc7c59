"""Losses of the grid model a row, split by field; and what a trainer has to know of whatever it trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from bandmate.models.grid import GridModel
from bandmate.tokenizers.grid_table import COLUMN, MAX_BARS, MAX_TRACKS, NAME, Kind

_IGNORED = -100
_FORM_WEIGHT = 2.0  # cells are few beside notes, and their form is what a listener follows


def _note_indices(note: Tensor) -> tuple[Tensor, Tensor]:
    """Places of the notes, filled up to a multiple of 256 (few shapes, few kernels), and which of them are real."""
    index = note.nonzero().squeeze(1)
    filled = -(-max(1, len(index)) // 256) * 256
    picked = F.pad(index, (0, filled - len(index)))
    return picked, torch.arange(filled, device=note.device) < len(index)


def row_losses(model: GridModel, rows: Tensor) -> tuple[Tensor, dict[str, Tensor], int]:
    """Loss per row of a batch, split by field.

    The header is given, so only what follows it counts: the kind of every row, the fields of every note.

    Returns:
        Sum over rows of the batch, the same by field, and how many rows counted.
    """
    target = rows[:, 1:]
    kind = target[..., 0]
    counted = kind >= Kind.GIVEN
    hidden = model.trunk(rows[:, :-1]).flatten(0, 1)
    kinds = torch.where(counted, kind, _IGNORED).flatten()
    parts = {"kind": F.cross_entropy(model.heads["kind"](hidden).float(), kinds, reduction="sum")}
    picked, real = _note_indices(kind.flatten() == Kind.NOTE)
    notes = target.flatten(0, 1)[picked]
    for name, values in model.chain_logits(hidden[picked], notes).items():
        if name != "kind":
            codes = torch.where(real, notes[:, COLUMN[name]], _IGNORED)
            parts[name] = F.cross_entropy(values.float(), codes, reduction="sum")
    form = _form_losses(model, rows, hidden) if model.config.form else {}
    total = torch.stack(list(parts.values())).sum()
    for value in form.values():
        total = total + _FORM_WEIGHT * value
    return total, parts | form, int(counted.sum())


def _past_cells(rows: Tensor, lags: tuple[int, ...]) -> Tensor:
    """For each row the CELL or GIVEN row of its track so many bars before; (B, T, lags, fields), 0 = none."""
    batch, length, fields = rows.shape
    track, bar = rows[..., COLUMN["track"]], rows[..., COLUMN["bar"]]
    is_cell = (rows[..., 0] == Kind.CELL) | (rows[..., 0] == Kind.GIVEN)
    place = track * (MAX_BARS + 1) + bar
    where = torch.zeros(batch, (MAX_TRACKS + 1) * (MAX_BARS + 1), dtype=torch.long, device=rows.device)
    index = torch.arange(1, length + 1, device=rows.device).expand(batch, length)
    where.scatter_(1, torch.where(is_cell, place, 0), torch.where(is_cell, index, 0))
    where[:, 0] = 0  # subtle: all that is no cell was written there
    padded = torch.cat([rows.new_zeros(batch, 1, fields), rows], 1)
    found = []
    for lag in lags:
        at = where.gather(1, torch.where(bar > lag, place - lag, 0))
        found.append(padded.gather(1, at[..., None].expand(-1, -1, fields)))
    return torch.stack(found, 2)


def _form_losses(model: GridModel, rows: Tensor, hidden: Tensor) -> dict[str, Tensor]:
    """Losses of what is drawn of cells, in the sequences that list every cell."""
    target = rows[:, 1:]
    listed = ((rows[..., 0] == Kind.WRITE) & (rows[..., COLUMN["value1"]] > 0)).any(1)
    picked, real = _note_indices(((target[..., 0] == Kind.CELL) & listed[:, None]).flatten())
    cells = target.flatten(0, 1)[picked]
    past = _past_cells(target, model.config.lags).flatten(0, 1)[picked] if model.config.lags else cells[:, None] * 0
    logits, parts = model.form_logits(hidden[picked], cells, past), {}
    for name, field, first, _ in model.config.form:
        codes = cells[:, COLUMN[field]] - first
        parts[name] = F.cross_entropy(
            logits[name].float(), torch.where(real & (codes >= 0), codes, _IGNORED), reduction="sum"
        )
    return parts


def _rows_counted(rows: NDArray[np.int64]) -> int:
    return int((rows[:, 1:, 0] >= Kind.GIVEN).sum())


@dataclass(frozen=True, slots=True)
class Subject:
    """What is trained.

    Attributes:
        model: makes the model of a config.
        losses: sum over a batch's rows, the same by field, and how many rows counted.
        counted: how many rows of a batch count.
        tokenizer: name of the one that made the rows.
    """

    model: Callable[[Any], nn.Module]
    losses: Callable[[Any, Tensor], tuple[Tensor, dict[str, Tensor], int]]
    counted: Callable[[NDArray[np.int64]], int]
    tokenizer: str


GRID = Subject(GridModel, row_losses, _rows_counted, NAME)
