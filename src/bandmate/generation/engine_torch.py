"""The trunk in PyTorch: for a GPU and for large batches; part of the extra `learn`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import MissingExtra
from bandmate.generation.engine import Floats
from bandmate.models.checkpoint import Weights


class TorchEngine:
    """A batch of sequences in the training model itself, with growing keys and values."""

    name = "torch"

    def __init__(self, weights: Weights, *, batch: int = 1, capacity: int = 2048, threads: int = 1) -> None:
        try:
            import torch

            from bandmate.models.grid import GridModel
        except ImportError as error:
            raise MissingExtra("learn", "the torch engine") from error
        self.torch, self.length = torch, 0
        torch.set_num_threads(threads)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = GridModel(weights.config).to(self.device).eval()
        self.model.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in weights.tensors.items()})
        self.caches: list[list[object]] = [[] for _ in range(weights.config.layers)]

    def rewind(self, length: int) -> None:
        """Forget everything after the first `length` rows."""
        self.length = length
        for cache in self.caches:
            cache[:] = [tensor[:, :, :length] for tensor in cache]  # type: ignore[index]

    def feed(self, rows: NDArray[np.int16]) -> Floats:
        """Append rows (batch, n, fields); the hidden state after the last, (batch, width)."""
        with self.torch.inference_mode():
            tensor = self.torch.from_numpy(rows.astype(np.int64)).to(self.device)
            if self.length and rows.shape[1] > 1:
                for index in range(rows.shape[1] - 1):
                    self.model.trunk(tensor[:, index : index + 1], self.length + index, self.caches)  # type: ignore[arg-type]
                self.length += rows.shape[1] - 1
                tensor = tensor[:, -1:]
            hidden = self.model.trunk(tensor, self.length, self.caches)  # type: ignore[arg-type]
            self.length += tensor.shape[1]
            return hidden[:, -1].float().cpu().numpy()
