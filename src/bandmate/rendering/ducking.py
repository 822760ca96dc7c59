"""Side-chain: tracks step back where the kick is, and come back in time for the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.audio.signal import Samples
from bandmate.rendering.envelopes import BLOCK
from bandmate.rendering.performance import Part

KICK_KEYS = (35, 36)
_ATTACK_SEC, _HOLD_SEC = 0.004, 0.03  # down just ahead of the kick, and down while it strikes
_DEEPEST = 0.85  # of the amplitude, at a depth of 1: 16 dB
_PIECE = 512 * BLOCK


@dataclass(frozen=True, slots=True)
class Ducking:
    """How deep and how long tracks step back.

    Attributes:
        depth: 0..1, as the genre table has it. beats: quarter notes until a track is back.
        shares: role -> its share of the depth, 0..1; a role that is not named stays where it is.
    """

    depth: float = 0.0
    beats: float = 0.75
    shares: Mapping[str, float] = field(default_factory=dict)

    def floor(self, role: str) -> float:
        """Amplitude at the kick of the tracks of a role; 1 = untouched."""
        return 1.0 - _DEEPEST * self.depth * self.shares.get(role, 0.0)


def kick_onsets(parts: Iterable[Part]) -> NDArray[np.float64]:
    """When a kick is struck, in seconds, in order."""
    struck = [part.notes["on_sec"][np.isin(part.notes["key"], KICK_KEYS)] for part in parts if part.is_drum]
    return np.unique(np.concatenate(struck)) if struck else np.zeros(0)


def ducked_share(times_sec: NDArray[Any], kicks_sec: NDArray[np.float64], back_sec: float) -> NDArray[np.float64]:
    """How far tracks are down at each time, 0..1: all the way at a kick, back over half a cosine.

    Args:
        times_sec: in order.
        kicks_sec: in order, at least one.
        back_sec: from a kick until it is over.
    """
    place = np.searchsorted(kicks_sec, times_sec, side="right")
    padded = np.concatenate([[-np.inf], kicks_sec, [np.inf]])
    since, until = times_sec - padded[place], padded[place + 1] - times_sec
    rise = np.clip((since - _HOLD_SEC) / max(back_sec - _HOLD_SEC, 1e-3), 0.0, 1.0)
    return np.maximum(0.5 + 0.5 * np.cos(np.pi * rise), np.clip(1.0 - until / _ATTACK_SEC, 0.0, 1.0))


def duck(stem: Samples, share: NDArray[np.float64], floor: float) -> None:
    """Turn a stem down in place.

    Args:
        stem: float32 (2, n).
        share: from `ducked_share`, at every boundary of blocks of 64 samples.
        floor: amplitude where the share is 1.
    """
    gains = (1.0 - (1.0 - floor) * share).astype(np.float32)
    ramp = np.arange(BLOCK, dtype=np.float32) / BLOCK
    for start in range(0, stem.shape[1], _PIECE):
        piece = stem[:, start : start + _PIECE]
        edges = gains[start // BLOCK : (start + _PIECE) // BLOCK + 1]
        piece *= (edges[:-1, None] + np.multiply.outer(np.diff(edges), ramp)).reshape(-1)[: piece.shape[1]]
