"""The trunk in plain NumPy: the fallback where no other engine loads, and the oracle for all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.generation.engine import Embedder, Floats, rotary_tables
from bandmate.models.checkpoint import Weights
from bandmate.models.grid_config import HEAD_DIM, NORM_EPS


def _norm(x: Any, gain: Floats) -> Any:
    return x * (gain / np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(NORM_EPS)))


def _rotate(x: Any, cos: Floats, sin: Floats) -> Any:
    left, right = x[..., : HEAD_DIM // 2], x[..., HEAD_DIM // 2 :]
    return np.concatenate([left * cos - right * sin, left * sin + right * cos], -1)


class NumpyEngine:
    """A batch of sequences with a shared, preallocated cache of keys and values."""

    name = "numpy"

    def __init__(self, weights: Weights, *, batch: int = 1, capacity: int = 2048, threads: int = 1) -> None:
        config = weights.config
        self.config, self.length = config, 0
        self.embed = Embedder(weights)
        self.layers = [
            {name: np.ascontiguousarray(t.T) for name, t in _layer(weights, index).items()}
            for index in range(config.layers)
        ]
        self.last_norm = weights.tensors["norm.weight"]
        self.cos, self.sin = rotary_tables(capacity)
        shape = (config.layers, batch, config.kv_heads, capacity, HEAD_DIM)
        self.keys, self.values = np.zeros(shape, np.float32), np.zeros(shape, np.float32)

    def rewind(self, length: int) -> None:
        """Forget everything after the first `length` rows."""
        self.length = length

    def feed(self, rows: NDArray[np.int16]) -> Floats:
        """Append rows (batch, n, fields); the hidden state after the last, (batch, width)."""
        x: Any = self.embed(rows)
        for index, layer in enumerate(self.layers):
            x = x + self._attend(index, _norm(x, layer["norm1"]), layer)
            h = _norm(x, layer["norm2"])
            gate = h @ layer["gate"]
            x = x + (gate / (1 + np.exp(-gate)) * (h @ layer["up"])) @ layer["down"]
        self.length += rows.shape[1]
        return _norm(x[:, -1], self.last_norm)

    def _attend(self, index: int, h: Any, layer: dict[str, Floats]) -> Any:
        batch, count, _ = h.shape
        config, start = self.config, self.length
        stop = start + count
        cos, sin = self.cos[start:stop], self.sin[start:stop]

        def split(name: str, heads: int) -> Floats:
            return (h @ layer[name]).reshape(batch, count, heads, HEAD_DIM).transpose(0, 2, 1, 3)

        q = _rotate(split("q", config.heads), cos, sin)
        self.keys[index, :, :, start:stop] = _rotate(split("k", config.kv_heads), cos, sin)
        self.values[index, :, :, start:stop] = split("v", config.kv_heads)
        group = config.heads // config.kv_heads
        q = q.reshape(batch, config.kv_heads, group * count, HEAD_DIM)
        scores = q @ self.keys[index, :, :, :stop].transpose(0, 1, 3, 2) * np.float32(HEAD_DIM**-0.5)
        if count > 1:
            scores = scores.reshape(batch, config.kv_heads, group, count, stop)
            later = np.arange(stop)[None] > np.arange(start, stop)[:, None]
            scores = np.where(later, np.float32(-1e30), scores).reshape(batch, config.kv_heads, group * count, stop)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ self.values[index, :, :, :stop]
        mixed = mixed.reshape(batch, config.heads, count, HEAD_DIM).transpose(0, 2, 1, 3)
        return mixed.reshape(batch, count, -1) @ layer["o"]


def _layer(weights: Weights, index: int) -> dict[str, Floats]:
    prefix = f"blocks.{index}."
    return {
        name[len(prefix) : -len(".weight")]: tensor
        for name, tensor in weights.tensors.items()
        if name.startswith(prefix)
    }
