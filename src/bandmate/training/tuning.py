"""Tuning a few parameters beside frozen ones, and folding them into plain weights when it is over.

Low-rank: W + B A of rank RANK at every linear layer (LoRA, Hu et al. 2022). Prefix: soft prompt vectors (Lester et al.
2021), here added to the rows of the header instead of standing before it: the header comes before all music in every
sequence, and what is added to a kind of row is one row of the table `embed.kind`, which every engine has.
"""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from bandmate.tokenizers.grid_table import Kind

RANK = 16
HEADER = (Kind.START, Kind.GENRE, Kind.TAG, Kind.TEMPO, Kind.METER, Kind.KEY, Kind.BARS, Kind.TRACK, Kind.WRITE)
_TUNED_TABLE = "embed.kind"


class LowRank(nn.Module):
    """A matrix and, added to it, the product of two thin ones; at first that is nothing."""

    def __init__(self, matrix: Tensor, rank: int) -> None:
        super().__init__()
        out, inner = matrix.shape
        rank = min(rank, out, inner)
        self.down = nn.Parameter(torch.randn(rank, inner, device=matrix.device) / inner**0.5)
        self.up = nn.Parameter(torch.zeros(out, rank, device=matrix.device))

    def forward(self, matrix: Tensor) -> Tensor:
        """The matrix as it is tuned."""
        return matrix + self.up @ self.down


class Prefix(nn.Module):
    """A table of embeddings and, added to the rows of the header, vectors of their own; at first those are nothing."""

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.register_buffer("rows", torch.tensor([int(kind) for kind in HEADER], device=table.device), False)
        self.vectors = nn.Parameter(torch.zeros(len(HEADER), table.shape[1], device=table.device))

    def forward(self, table: Tensor) -> Tensor:
        """The table as it is tuned."""
        return table.index_add(0, self.rows, self.vectors)  # type: ignore[arg-type]


def adapt(model: nn.Module, method: str) -> None:
    """Freeze a model and set beside its tensors what the method trains; "full" leaves it as it is."""
    if method == "full":
        return
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    if method == "prefix":
        table = model.get_submodule(_TUNED_TABLE)
        parametrize.register_parametrization(table, "weight", Prefix(table.weight))  # type: ignore[arg-type]
        return
    for layer in [module for module in model.modules() if isinstance(module, nn.Linear)]:
        parametrize.register_parametrization(layer, "weight", LowRank(layer.weight, RANK))


def folded(model: nn.Module) -> dict[str, Tensor]:
    """The plain tensors of a model, with whatever was tuned beside them added; names as before `adapt`."""
    names = {name.replace(".parametrizations.weight.original", ".weight") for name in model.state_dict()}
    plain = {name for name in names if ".parametrizations." not in name}
    with torch.no_grad():
        return {name: reduce(getattr, name.split("."), model).detach() for name in sorted(plain)}  # type: ignore[misc]


def trained_parameters(model: nn.Module) -> int:
    """How many numbers are trained."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
