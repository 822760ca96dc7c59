"""Dice: the groove book's chance, equal on every platform and fast for one draw at a time."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
_BLOCK = 256
_HANDS = 1024  # more takes than any request has; seeds further apart come round


def hand_of(seed: int, shared: int) -> int:
    """Which hand of cards a take gets: 0 for the take whose seed all takes of its request share.

    >>> hand_of(9, 7)
    2
    """
    return (seed - shared) % _HANDS


class Dice:
    """A stream of draws named by integers and words; the same name gives the same stream.

    Only uniform doubles of PCG64 are used (bit-exact everywhere); the other laws are arithmetic on them.
    """

    def __init__(self, *name: int | str) -> None:
        words = [zlib.crc32(part.encode()) if isinstance(part, str) else int(part) for part in name]
        self._rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))
        self._block: list[float] = []

    def roll(self) -> float:
        """A number in [0, 1)."""
        if not self._block:
            self._block = self._rng.random(_BLOCK).tolist()
        return self._block.pop()

    def chance(self, p: float) -> bool:
        """True with probability p."""
        return self.roll() < p

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.roll() * (high - low + 1))

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, all equally likely."""
        return items[int(self.roll() * len(items))]

    def weighted(self, items: Sequence[T], weights: Sequence[float]) -> T:
        """One of the items, likely as its weight."""
        at = self.roll() * sum(weights)
        for item, weight in zip(items, weights, strict=True):
            at -= weight
            if at < 0:
                return item
        return items[-1]

    def dealt(self, number: int, items: Sequence[T], weights: Sequence[float]) -> T:
        """The card of one hand: items are drawn by weight and not put back; when none is left, all come back.

        Args:
            number: of the hand, from 0; the first gets what `weighted` would give.
            items: what there is.
            weights: how likely each is drawn.

        >>> sorted(Dice(7).dealt(number, "abc", (1, 1, 1)) for number in range(3))
        ['a', 'b', 'c']
        """
        left: list[int] = []
        at = 0
        for _ in range(number + 1):
            left = left or list(range(len(items)))
            at = self.weighted(left, [weights[index] for index in left])
            left.remove(at)
        return items[at]

    def normals(self, count: int) -> NDArray[Any]:
        """Draws close to a normal law of mean 0 and sd 1, never past 3.5; float64 (count,).

        A sum of four uniforms: exact on all platforms, where logarithms and cosines are not.
        """
        return (self._rng.random((count, 4)).sum(1) - 2.0) * 1.7320508075688772
