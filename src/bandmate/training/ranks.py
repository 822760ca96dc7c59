"""Ranks: one run on several processes, each with its own data, all with the same weights.

The one place that imports accelerate, the extra `accelerate`. What is shared are sums: of rows that count and of
gradients, so that a step of so many ranks is the step of one process that saw all their batches.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from bandmate.errors import MissingExtra


class Ranks(Protocol):
    """Who takes part in a run."""

    rank: int
    world: int

    def sum(self, values: Tensor) -> Tensor:
        """The sum over all ranks, the same on each."""
        ...


class Alone:
    """One process."""

    rank, world = 0, 1

    def sum(self, values: Tensor) -> Tensor:
        """The values themselves."""
        return values


class Accelerated:
    """The processes that `accelerate launch` started.

    Raises:
        MissingExtra: accelerate is not installed.
    """

    def __init__(self) -> None:
        try:
            from accelerate import PartialState
        except ImportError as error:
            raise MissingExtra("accelerate", "training on several processes") from error
        # subtle: without being told, accelerate takes processes that have no GPU for so many runs of one process
        self.state: Any = PartialState(cpu=not torch.cuda.is_available())
        self.rank, self.world = self.state.process_index, self.state.num_processes

    def sum(self, values: Tensor) -> Tensor:
        """The sum over all ranks."""
        from accelerate.utils import reduce

        total: Any = reduce(values.to(self.state.device), "sum")
        return total.to(values.device)


def first_says(ranks: Ranks, value: float) -> float:
    """What rank 0 says: for all that hangs on a clock, which no two ranks read alike."""
    return float(ranks.sum(torch.tensor([value if ranks.rank == 0 else 0.0], dtype=torch.float64))[0])


def share_gradients(ranks: Ranks, model: nn.Module) -> None:
    """Replace every gradient by its sum over all ranks, in one exchange."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    total = ranks.sum(torch.cat([grad.flatten() for grad in grads]))
    for parameter, part in zip(parameters, total.split([grad.numel() for grad in grads]), strict=True):
        parameter.grad = part.view_as(parameter).clone()
