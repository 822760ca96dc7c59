"""The flat multitrack model: a decoder over rows whose fields are drawn independently of one another.

Source: the Multitrack Music Transformer (Dong et al. 2023): the embeddings of a row's six fields summed, a causal
decoder, six linear heads on the same state. Its trunk is the grid model's (rotary positions, RMSNorm, grouped queries,
SwiGLU), where the paper has learned positions, LayerNorm and GELU: so only rows and heads tell the two models apart.
Tensors only: what the fields mean is the tokenizer's affair.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bandmate.models.grid import Block, begin, rotary_tables
from bandmate.models.grid_config import NORM_EPS, GridConfig


class MultitrackModel(nn.Module):
    """Rows in, logits of every field of the next row out."""

    def __init__(self, config: GridConfig) -> None:
        super().__init__()
        self.config = config
        sizes = config.sizes
        self.embed = nn.ModuleDict({name: nn.Embedding(size, config.width) for name, size in sizes.items()})
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.width, eps=NORM_EPS)
        self.heads = nn.ModuleDict({name: nn.Linear(config.width, sizes[name], bias=False) for name in config.drawn})
        begin(self, config)

    def trunk(self, rows: Tensor, start: int = 0, caches: list[list[Tensor]] | None = None) -> Tensor:
        """Hidden states after the last norm; (B, T, D). With caches, rows go on after `start` earlier ones."""
        columns = [self.embed[name](rows[..., index]) for index, (name, _) in enumerate(self.config.fields)]
        x = torch.stack(columns).sum(0)
        cos, sin = rotary_tables(start + rows.shape[1], rows.device)
        cos, sin = cos[start:].to(x.dtype), sin[start:].to(x.dtype)
        for index, block in enumerate(self.blocks):
            x = block(x, cos, sin, None if caches is None else caches[index])
        return self.norm(x)

    def logits(self, hidden: Tensor) -> dict[str, Tensor]:
        """Logits of every field from states (..., D)."""
        return {name: head(hidden) for name, head in self.heads.items()}

    def forward(self, rows: Tensor) -> dict[str, Tensor]:
        """Teacher-forced logits of rows[:, 1:]; each (B, T - 1, codes)."""
        return self.logits(self.trunk(rows[:, :-1]))
