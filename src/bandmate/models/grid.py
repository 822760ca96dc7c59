"""The grid model: a decoder over rows, one step a note, whose heads draw a row's fields in a chain.

Position is drawn from the trunk; pitch knows the position; duration knows both; then velocity, then micro-timing.
Source: ARCHITECTURE of this project; the chain answers the independent heads of the Multitrack Music Transformer
(Dong et al. 2023). Trunk: RMSNorm, rotary positions, grouped queries, SwiGLU, no biases.
Tensors only: what the fields mean is the tokenizer's affair.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bandmate.models.grid_config import HEAD_DIM, NORM_EPS, ROPE_THETA, GridConfig


def rotary_tables(length: int, device: torch.device | None = None) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the rotary positions; each (length, HEAD_DIM / 2)."""
    rate = torch.exp(-torch.arange(HEAD_DIM // 2, device=device) * (math.log(ROPE_THETA) / (HEAD_DIM // 2)))
    angle = torch.arange(length, device=device)[:, None] * rate
    return angle.cos(), angle.sin()


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    left, right = x.chunk(2, -1)
    return torch.cat([left * cos - right * sin, left * sin + right * cos], -1)


def _drop(x: Tensor, chance: float) -> Tensor:
    return F.dropout(x, chance) if chance else x


class Block(nn.Module):
    """Attention and feed-forward, each after a norm."""

    def __init__(self, config: GridConfig) -> None:
        super().__init__()
        width, inner = config.width, config.heads * HEAD_DIM
        self.heads, self.kv_heads, self.dropout = config.heads, config.kv_heads, config.dropout
        self.norm1 = nn.RMSNorm(width, eps=NORM_EPS)
        self.norm2 = nn.RMSNorm(width, eps=NORM_EPS)
        self.q = nn.Linear(width, inner, bias=False)
        self.k = nn.Linear(width, config.kv_heads * HEAD_DIM, bias=False)
        self.v = nn.Linear(width, config.kv_heads * HEAD_DIM, bias=False)
        self.o = nn.Linear(inner, width, bias=False)
        self.gate = nn.Linear(width, config.feed_forward, bias=False)
        self.up = nn.Linear(width, config.feed_forward, bias=False)
        self.down = nn.Linear(config.feed_forward, width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache: list[Tensor] | None = None) -> Tensor:
        """One layer; x (B, T, D). A cache is a list that holds this layer's keys and values and grows."""
        batch, length, _ = x.shape
        h = self.norm1(x)
        q = self.q(h).view(batch, length, self.heads, HEAD_DIM).transpose(1, 2)
        k = self.k(h).view(batch, length, self.kv_heads, HEAD_DIM).transpose(1, 2)
        v = self.v(h).view(batch, length, self.kv_heads, HEAD_DIM).transpose(1, 2)
        q, k = _rotate(q, cos, sin), _rotate(k, cos, sin)
        if cache is not None:
            if cache:
                k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
            cache[:] = [k, v]
        group = self.heads // self.kv_heads
        k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        drop = self.dropout if self.training else 0.0
        # subtle: dropout inside attention would leave the fused kernel, at half the speed
        y = F.scaled_dot_product_attention(q, k, v, is_causal=length > 1)
        x = x + _drop(self.o(y.transpose(1, 2).reshape(batch, length, -1)), drop)
        h = self.norm2(x)
        return x + _drop(self.down(F.silu(self.gate(h)) * self.up(h)), drop)


def begin(model: nn.Module, config: GridConfig) -> None:
    """Random start values: embeddings by the number of fields that are summed, matrices by width and depth."""
    depth = 1 / math.sqrt(2 * config.layers)
    for name, parameter in model.named_parameters():
        if name.startswith("embed"):
            nn.init.normal_(parameter, 0.0, 1 / math.sqrt(len(config.fields)))
        elif parameter.ndim == 2:
            std = 0.5 / math.sqrt(parameter.shape[1])
            nn.init.normal_(parameter, 0.0, std * depth if name.endswith(("o.weight", "down.weight")) else std)


class GridModel(nn.Module):
    """Rows in, logits of the next row's fields out."""

    def __init__(self, config: GridConfig) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.ModuleDict({name: nn.Embedding(size, config.width) for name, size in config.tables.items()})
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.width, eps=NORM_EPS)
        sizes = {name: config.sizes[name] for name in config.drawn} | {name: n for name, _, _, n in config.form}
        self.heads = nn.ModuleDict({name: nn.Linear(config.width, n, bias=False) for name, n in sizes.items()})
        chained = (*config.drawn[2:], *(name for name, *_ in config.form))
        self.chain = nn.ModuleDict({name: nn.Linear(config.width, config.width, bias=False) for name in chained})
        self.past = nn.ModuleDict({str(lag): nn.Linear(config.width, config.width, bias=False) for lag in config.lags})
        begin(self, config)

    def embed_rows(self, rows: Tensor) -> Tensor:
        """Sum of a row's field embeddings; rows (B, T, fields) -> (B, T, D)."""
        columns = [
            self.embed[self.config.table_of(name)](rows[..., index])
            for index, (name, _) in enumerate(self.config.fields)
        ]
        return torch.stack(columns).sum(0)

    def trunk(self, rows: Tensor, start: int = 0, caches: list[list[Tensor]] | None = None) -> Tensor:
        """Hidden states after the last norm; (B, T, D). With caches, rows go on after `start` earlier ones."""
        x = self.embed_rows(rows)
        x = _drop(x, self.config.dropout if self.training else 0.0)
        cos, sin = rotary_tables(start + rows.shape[1], rows.device)
        cos, sin = cos[start:].to(x.dtype), sin[start:].to(x.dtype)
        for index, block in enumerate(self.blocks):
            x = block(x, cos, sin, None if caches is None else caches[index])
        return self.norm(x)

    def chain_logits(self, hidden: Tensor, target: Tensor) -> dict[str, Tensor]:
        """Logits of every drawn field, each knowing the target's fields drawn before it.

        Args:
            hidden: (N, D) states.
            target: (N, fields) rows that come next.
        """
        column = {name: index for index, (name, _) in enumerate(self.config.fields)}
        drawn = self.config.drawn
        logits = {drawn[0]: self.heads[drawn[0]](hidden), drawn[1]: self.heads[drawn[1]](hidden)}
        state = hidden
        for before, name in pairwise(drawn[1:]):
            known = self.embed[self.config.table_of(before)](target[..., column[before]])
            state = state + F.gelu(self.chain[name](state + known), approximate="tanh")
            logits[name] = self.heads[name](state)
        return logits

    def form_logits(self, hidden: Tensor, cells: Tensor, past: Tensor) -> dict[str, Tensor]:
        """Logits of what is drawn of the next cell, each knowing where the cell lies and what was drawn before it.

        Args:
            hidden: (N, D) states before the cells.
            cells: (N, fields) the cells' rows.
            past: (N, lags, fields) rows of the cells of the same track so many bars before; 0 = there is none.
        """
        column = {name: index for index, (name, _) in enumerate(self.config.fields)}
        place = cells.clone()
        for _, field, _, _ in self.config.form:
            place[:, column[field]] = 0
        state, known, logits = hidden, self.embed_rows(place), {}
        before = self.embed_rows(past)
        for index, lag in enumerate(self.config.lags):
            known = known + self.past[str(lag)](before[:, index])
        for name, field, _, _ in self.config.form:
            state = state + F.gelu(self.chain[name](state + known), approximate="tanh")
            logits[name] = self.heads[name](state)
            known = self.embed[self.config.table_of(field)](cells[:, column[field]])
        return logits

    def forward(self, rows: Tensor) -> dict[str, Tensor]:
        """Teacher-forced logits of rows[:, 1:]; each (B, T - 1, codes)."""
        hidden = self.trunk(rows[:, :-1])
        return self.chain_logits(hidden, rows[:, 1:])


def parameter_groups(model: nn.Module, weight_decay: float) -> list[Mapping[str, object]]:
    """Matrices with weight decay; norms and embeddings without."""
    decay = [p for n, p in model.named_parameters() if p.ndim == 2 and not n.startswith("embed")]
    rest = [p for n, p in model.named_parameters() if p.ndim != 2 or n.startswith("embed")]
    return [{"params": decay, "weight_decay": weight_decay}, {"params": rest, "weight_decay": 0.0}]
