"""The drum ear in torch: a small network from mel bands to how likely each drum is struck in each frame.

Three 2-D convolutions look at spectra, two 1-D ones at time. `arrays` folds normalisation into the weights, so that the
ONNX graph that is shipped holds convolutions only. About 55,000 parameters.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

CHANNELS = (8, 16, 24)
POOLS = (2, 4, 2)  # over frequency
WIDTH, REACH = 48, 7  # of the 1-D convolutions
BANDS = 64


class DrumEar(nn.Module):
    """Logits of every drum in every frame.

    Args:
        drums: how many are told apart.
    """

    def __init__(self, drums: int) -> None:
        super().__init__()
        inputs = (1, *CHANNELS[:-1])
        self.spectral = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1, bias=False) for a, b in zip(inputs, CHANNELS, strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) for b in CHANNELS)
        flat = CHANNELS[-1] * BANDS // (POOLS[0] * POOLS[1] * POOLS[2])
        self.first = nn.Conv1d(flat, WIDTH, REACH, padding=REACH // 2)
        self.second = nn.Conv1d(WIDTH, WIDTH, REACH, padding=REACH // 2)
        self.out = nn.Conv1d(WIDTH, drums, 1)

    def forward(self, mel: Tensor) -> Tensor:
        """From log mel bands (batch, 1, frames, BANDS) to logits (batch, drums, frames)."""
        x = mel
        for conv, norm, pool in zip(self.spectral, self.norms, POOLS, strict=True):
            x = nn.functional.max_pool2d(torch.relu(norm(conv(x))), (1, pool))
        x = x.permute(0, 1, 3, 2).flatten(1, 2)
        x = torch.relu(self.first(x))
        return self.out(torch.relu(self.second(x)))

    def arrays(self) -> dict[str, Any]:
        """Weights by name as NumPy arrays, normalisation folded in."""
        found: dict[str, Any] = {}
        for index, (conv, norm) in enumerate(zip(self.spectral, self.norms, strict=True)):
            assert isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
            assert norm.running_mean is not None and norm.running_var is not None
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            found[f"spectral{index}.weight"] = conv.weight * scale[:, None, None, None]
            found[f"spectral{index}.bias"] = norm.bias - norm.running_mean * scale
        for name in ("first", "second", "out"):
            layer = getattr(self, name)
            found[f"{name}.weight"], found[f"{name}.bias"] = layer.weight, layer.bias
        return {name: value.detach().numpy().astype("float32") for name, value in found.items()}
