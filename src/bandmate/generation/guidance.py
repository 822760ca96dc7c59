"""Guidance on controls: each row is drawn from logits that lean away from what the model would do untold.

Two sequences run side by side, one told how full cells are, how they repeat and how tracks play, one not; their logits
a and b are joined as b + strength * (a - b) (classifier-free guidance, Ho and Salimans 2022; the model was trained with
these labels hidden at random). It costs twice the time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.engine import Engine, Floats, Heads
from bandmate.tokenizers.grid_table import COLUMN, Kind

_TRACK_CONTROLS = [COLUMN["value2"], COLUMN["value3"], COLUMN["value4"]]
_CELL_CONTROLS = [COLUMN["value1"], COLUMN["value2"]]


def untold(rows: NDArray[np.int16]) -> NDArray[np.int16]:
    """Rows without what steers: density, register and polyphony of tracks, level and echo of cells; (..., fields)."""
    bare = rows.copy()
    for kinds, columns in (((Kind.TRACK,), _TRACK_CONTROLS), ((Kind.CELL, Kind.GIVEN), _CELL_CONTROLS)):
        steering = np.isin(bare[..., 0], kinds)
        for column in columns:
            bare[..., column][steering] = 0
    return bare


class GuidedEngine:
    """An engine of twice the batch as one of the batch; its hidden states are told and untold side by side."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.name, self.length = engine, engine.name, engine.length

    def feed(self, rows: NDArray[np.int16]) -> Floats:
        """Append rows to both; (batch, n, fields) to (batch, 2 * width)."""
        told, bare = np.split(self.engine.feed(np.concatenate([rows, untold(rows)])), 2)
        self.length = self.engine.length
        return np.concatenate([told, bare], 1)

    def rewind(self, length: int) -> None:
        """Forget everything after the first `length` rows."""
        self.engine.rewind(length)
        self.length = length


class GuidedHeads(Heads):
    """Heads over such states: every state is two, every logit is one that leans on what was told."""

    def __init__(self, heads: Heads, strength: float) -> None:
        self.__dict__.update(vars(heads))  # the same tensors
        self.strength = np.float32(strength)

    def logits(self, name: str, state: Floats) -> Floats:
        """Logits of a field, b + strength * (a - b); (n, codes)."""
        told, bare = (super(GuidedHeads, self).logits(name, half) for half in np.split(state, 2, 1))
        return np.asarray(bare + self.strength * (told - bare), np.float32)

    def after(self, name: str, before: str, state: Floats, codes: NDArray[Any]) -> Floats:
        """The states from which `name` is drawn."""
        halves = [super(GuidedHeads, self).after(name, before, half, codes) for half in np.split(state, 2, 1)]
        return np.concatenate(halves, 1)

    def before_cell(self, name: str, state: Floats, cells: NDArray[Any], past: NDArray[Any]) -> Floats:
        """The states from which the first field of some cells' form is drawn; what form they have told is hidden."""
        rows = ((cells, past), (untold(cells), untold(past)))
        halves = [
            super(GuidedHeads, self).before_cell(name, half, *told)
            for half, told in zip(np.split(state, 2, 1), rows, strict=True)
        ]
        return np.concatenate(halves, 1)
