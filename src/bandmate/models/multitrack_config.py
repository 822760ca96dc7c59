"""The shape of the flat multitrack model, without any tensor library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bandmate.models.grid_config import GridConfig


@dataclass(frozen=True, slots=True)
class MultitrackConfig(GridConfig):
    """What the tensors of a multitrack model look like: the grid model's trunk, and heads that know nothing of one
    another, so there is no chain.
    """

    FORMAT: ClassVar[str] = "bandmate.multitrack.1"

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every tensor of the model by name."""
        # subtle: a slotted dataclass is made anew, so that super() without arguments would not find its class
        return {name: shape for name, shape in GridConfig.shapes.fget(self).items() if not name.startswith("chain.")}  # type: ignore[attr-defined]
