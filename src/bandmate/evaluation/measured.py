"""Measured: the card's lines of many windows, with the work and the source of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import LibraryError
from bandmate.evaluation.card import NAMES, measure_piece
from bandmate.evaluation.excerpt import Floats
from bandmate.io.atomic import atomic_write
from bandmate.score.model import Score

Strings = NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Lines of windows.

    Attributes:
        values: float (windows, lines), NaN where a line does not apply; columns as in `card.NAMES`.
        works: what each window is a part of; windows of one work are no independent witnesses.
        sources: where each work is from.
    """

    values: Floats
    works: Strings
    sources: Strings

    def __len__(self) -> int:
        return len(self.values)

    def column(self, name: str) -> Floats:
        """One line of all windows."""
        return self.values[:, NAMES.index(name)]

    def where(self, chosen: NDArray[Any]) -> Measured:
        """Some of the windows."""
        return Measured(self.values[chosen], self.works[chosen], self.sources[chosen])

    def halves(self, seed: int = 0) -> tuple[Measured, Measured]:
        """Two halves of the works of every source, drawn at random."""
        draw = np.random.default_rng(seed)
        first: set[str] = set()
        for source in np.unique(self.sources):
            works = draw.permutation(np.unique(self.works[self.sources == source]))
            odd = int(draw.integers(2)) if len(works) % 2 else 0
            first.update(works[: (len(works) + odd) // 2].tolist())
        chosen = np.isin(self.works, sorted(first))
        return self.where(chosen), self.where(~chosen)

    def save(self, path: Path) -> None:
        """Write to an .npz file."""
        with atomic_write(path) as place, place.open("wb") as file:
            np.savez_compressed(file, values=self.values.astype(np.float32), works=self.works, sources=self.sources,
                                names=np.array(NAMES))  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> Measured:
        """Read what `save` wrote.

        Raises:
            LibraryError: the file is damaged, or was measured with another card.
        """
        try:
            with np.load(path, allow_pickle=False) as found:
                if tuple(found["names"].tolist()) != NAMES:
                    raise LibraryError(f"{path} was measured with another card; delete it and measure again")
                return cls(found["values"].astype(np.float64), found["works"], found["sources"])
        except (OSError, ValueError, KeyError) as error:
            raise LibraryError(f"{path} holds no measured windows ({error}); delete it and measure again") from None


def measured(pieces: Iterable[tuple[str, str, Score]], *, strict: bool = True) -> Measured:
    """Measure pieces given as (source, work, score); those without a window are passed over."""
    rows, works, sources = [np.empty((0, len(NAMES)))], [], []
    for source, work, score in pieces:
        found = measure_piece(score, strict=strict)
        rows.append(found)
        works += [work] * len(found)
        sources += [source] * len(found)
    return Measured(np.concatenate(rows), np.array(works, np.str_), np.array(sources, np.str_))


def together(parts: Iterable[Measured]) -> Measured:
    """Several as one."""
    found = [part for part in parts if len(part)]
    if not found:
        return measured(())
    return Measured(*(np.concatenate([getattr(p, name) for p in found]) for name in ("values", "works", "sources")))
