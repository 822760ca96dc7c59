"""Two models as one: a tuned model in its own manner and another in a genre, by shares.

Each reads the same music, the second with another genre in its header; every field is drawn from the weighted mean of
their logits, the geometric mean of what they hold likely (a logarithmic opinion pool, Genest and Zidek 1986). It costs
twice the time. The two need not be of one size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.engine import Engine, Floats, Heads
from bandmate.models.checkpoint import Weights
from bandmate.tokenizers.grid_table import COLUMN, Kind, value_id


@dataclass(frozen=True, slots=True, eq=False)
class Blended:
    """What is mixed in: another model's weights, the genre it is told, and its share, 0..1."""

    weights: Weights
    genre: str
    share: float


def in_genre(rows: NDArray[np.int16], genre: str) -> NDArray[np.int16]:
    """The same rows with a genre in place of their own; (..., fields)."""
    told = rows.copy()
    told[..., COLUMN["value1"]][rows[..., 0] == Kind.GENRE] = value_id("genre", genre)
    return told


class BlendedEngine:
    """Two engines fed side by side; a hidden state is the one's, then the other's."""

    def __init__(self, own: Engine, other: Engine, genre: str) -> None:
        self.own, self.other, self.genre, self.name = own, other, genre, own.name

    @property
    def length(self) -> int:
        """Rows fed so far."""
        return self.own.length

    def feed(self, rows: NDArray[np.int16]) -> Floats:
        """Append rows to both; (batch, n, fields) to (batch, width + width)."""
        return np.concatenate([self.own.feed(rows), self.other.feed(in_genre(rows, self.genre))], 1)

    def rewind(self, length: int) -> None:
        """Forget everything after the first `length` rows."""
        self.own.rewind(length)
        self.other.rewind(length)


class BlendedHeads(Heads):
    """Heads over such states: each part has its own heads, the logits are their weighted mean."""

    def __init__(self, own: Heads, other: Heads, share: float) -> None:
        self.__dict__.update(vars(own))
        self.own, self.other, self.share = own, other, np.float32(share)
        self.width = own.embed.table.shape[1]

    def _both(self, state: Floats, say: Callable[[Heads, Floats], Floats]) -> tuple[Floats, Floats]:
        return say(self.own, state[:, : self.width]), say(self.other, state[:, self.width :])

    def logits(self, name: str, state: Floats) -> Floats:
        """Logits of a field; (n, codes)."""
        own, other = self._both(state, lambda heads, part: heads.logits(name, part))
        return np.asarray(own + self.share * (other - own), np.float32)

    def after(self, name: str, before: str, state: Floats, codes: NDArray[Any]) -> Floats:
        """The states from which `name` is drawn."""
        return np.concatenate(self._both(state, lambda heads, part: heads.after(name, before, part, codes)), 1)

    def before_cell(self, name: str, state: Floats, cells: NDArray[Any], past: NDArray[Any]) -> Floats:
        """The states from which the first field of some cells' form is drawn."""
        return np.concatenate(self._both(state, lambda heads, part: heads.before_cell(name, part, cells, past)), 1)
