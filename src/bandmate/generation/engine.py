"""What every engine shares: embedding of rows, the chained heads, and the contract of the trunk.

An engine holds a batch of sequences of equal length and appends rows to all of them at once. Embedding and heads are
NumPy in every engine, on the same float32 tensors, so that only the trunk can differ.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bandmate.models.checkpoint import Weights
from bandmate.models.grid_config import HEAD_DIM, ROPE_THETA

Floats = NDArray[np.float32]


class Engine(Protocol):
    """The trunk with its keys and values.

    Attributes:
        name: "onnx", "numpy" or "torch".
    """

    name: str

    @property
    def length(self) -> int:
        """Rows fed so far, the same for every sequence."""
        ...

    def feed(self, rows: NDArray[np.int16]) -> Floats:
        """Append rows (batch, n, fields) and give the hidden state after the last; (batch, width)."""
        ...

    def rewind(self, length: int) -> None:
        """Forget everything after the first `length` rows."""
        ...


def rotary_tables(positions: int) -> tuple[Floats, Floats]:
    """Cosines and sines of the rotary positions; each (positions, HEAD_DIM / 2) float32."""
    half = HEAD_DIM // 2
    rate = np.exp(-np.arange(half) * (np.log(ROPE_THETA) / half))
    angle = np.arange(positions)[:, None] * rate
    return np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)


class Embedder:
    """Rows to the vectors that enter the trunk: one gather in one stacked table, then a sum."""

    def __init__(self, weights: Weights) -> None:
        config = weights.config
        tables, starts, size = [], {}, 0
        for name in config.tables:
            table = weights.tensors[f"embed.{name}.weight"]
            starts[name] = size
            tables.append(table)
            size += len(table)
        self.table = np.ascontiguousarray(np.concatenate(tables))
        self.offset = np.array([starts[config.table_of(name)] for name, _ in config.fields], np.int64)

    def __call__(self, rows: NDArray[Any]) -> Floats:
        """(..., fields) integers to (..., width)."""
        return self.table[rows + self.offset].sum(-2)


def _gelu(x: Any) -> Any:
    return 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))


class Heads:
    """The chain of heads over a hidden state; every method takes and gives (n, ...) arrays."""

    def __init__(self, weights: Weights) -> None:
        config, tensors = weights.config, weights.tensors
        form = [name for name, *_ in config.form]
        self.form = config.form
        self.out = {n: np.ascontiguousarray(tensors[f"heads.{n}.weight"].T) for n in (*config.drawn, *form)}
        self.mix = {n: np.ascontiguousarray(tensors[f"chain.{n}.weight"].T) for n in (*config.drawn[2:], *form)}
        self.known = {name: tensors[f"embed.{config.table_of(name)}.weight"] for name in config.drawn}
        self.known |= {name: tensors[f"embed.{config.table_of(field)}.weight"] for name, field, _, _ in config.form}
        self.past = [np.ascontiguousarray(tensors[f"past.{lag}.weight"].T) for lag in config.lags]
        self.lags = config.lags
        self.embed = Embedder(weights)

    def logits(self, name: str, state: Floats) -> Floats:
        """Logits of a field; (n, codes)."""
        return state @ self.out[name]

    def after(self, name: str, before: str, state: Floats, codes: NDArray[Any]) -> Floats:
        """The state from which `name` is drawn, now that `before` is known to be `codes`."""
        return state + _gelu((state + self.known[before][codes]) @ self.mix[name])

    def before_cell(self, name: str, state: Floats, cells: NDArray[Any], past: NDArray[Any]) -> Floats:
        """The state from which the first field of some cells' form is drawn.

        Args:
            name: of that field.
            state: (n, width).
            cells: their rows without form; (n, fields).
            past: rows of the cells of the same track `lags` bars before, 0 = none; (n, lags, fields).
        """
        known, before = self.embed(cells), self.embed(past)
        for index, matrix in enumerate(self.past):
            known = known + before[:, index] @ matrix
        return state + _gelu((state + known) @ self.mix[name])
