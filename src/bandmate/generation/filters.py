"""Soft filters: how freely a field is drawn. Hard rules come first (constraints); these only shape what is left."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from bandmate import limits

_NEVER = np.float32(-1e30)


@dataclass(frozen=True, slots=True)
class FieldFilter:
    """Temperature, top-k (0 = off) and top-p (1 = off) of one field."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        limits.TEMPERATURE.check(self.temperature)
        limits.TOP_K.check(self.top_k)
        limits.TOP_P.check(self.top_p)


# What "low", "normal" and "high" variety mean; below .85 pieces loop, at 1.0 and above they wander.
# (temperature, top-p, pull of the groove)
VARIETY = {"low": (0.82, 0.92, 1.2), "normal": (0.92, 0.96, 1.0), "high": (1.05, 0.985, 0.6)}


@dataclass(frozen=True, slots=True)
class SamplingOptions:
    """Soft filters of every drawn field; `harmony` and `groove` scale the pull of chord and key on pitches
    and of the genre's pattern on onsets and drum keys (0 = off), `repetition` how
    soon a melody tires of one pitch. `copying` lets cells that the model draws as the same as an earlier one take
    over its notes. `drums` times the temperature is that of drum cells: people's drummers keep to their pattern.
    `guidance` above 1 leans on what cells and tracks are told, below it away from that, at twice the time.
    """

    kind: FieldFilter = field(default_factory=FieldFilter)
    position: FieldFilter = field(default_factory=lambda: FieldFilter(0.92, 0, 0.96))
    pitch: FieldFilter = field(default_factory=lambda: FieldFilter(0.92, 0, 0.96))
    duration: FieldFilter = field(default_factory=lambda: FieldFilter(0.9, 0, 0.95))
    velocity: FieldFilter = field(default_factory=lambda: FieldFilter(1.0, 0, 0.98))
    micro: FieldFilter = field(default_factory=lambda: FieldFilter(0.9, 0, 0.98))
    level: FieldFilter = field(default_factory=FieldFilter)
    echo: FieldFilter = field(default_factory=FieldFilter)
    copying: bool = True
    drums: float = 1.0
    guidance: float = 1.0
    harmony: float = 1.0
    groove: float = 1.0
    repetition: float = 1.0

    @classmethod
    def of(
        cls,
        variety: str = "normal",
        temperature: float | None = None,
        top_k: int | None = None,
        top_p: float | None = None,
    ) -> SamplingOptions:
        """The options a variety stands for; stated numbers replace those of position and pitch."""
        warm, wide, groove = VARIETY[variety]
        chosen = FieldFilter(warm if temperature is None else temperature, top_k or 0, wide if top_p is None else top_p)
        return replace(cls(), position=chosen, pitch=chosen, groove=groove)


def draw(
    logits: NDArray[np.float32],
    allowed: NDArray[np.bool_],
    uniform: NDArray[np.float64],
    soft: FieldFilter,
    heat: NDArray[np.float32] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Draw one code a row among the allowed ones.

    Args:
        logits: (n, codes).
        allowed: (n, codes), at least one true in every row.
        uniform: (n,) in [0, 1), one a row.
        soft: temperature, top-k, top-p.
        heat: (n,) factor on the temperature of each row; None = 1.

    Returns:
        The codes (n,) and the log probability of each under the hard rules alone, at temperature 1.
    """
    masked = np.where(allowed, logits, _NEVER)
    top = masked.max(1, keepdims=True)
    plain = np.exp(masked - top)
    if heat is not None:
        weight = np.exp((masked - top) / (np.float32(soft.temperature) * heat[:, None]))
    else:
        weight = plain if soft.temperature == 1.0 else np.exp((masked - top) / np.float32(soft.temperature))
    if soft.top_k or soft.top_p < 1.0:
        weight = _truncated(weight, soft)
    total = np.cumsum(weight, 1, dtype=np.float64)
    code = (total <= (uniform * total[:, -1])[:, None]).sum(1)
    code = np.minimum(code, weight.shape[1] - 1)
    rows = np.arange(len(code))
    odds = plain[rows, code].astype(np.float64) / plain.sum(1, dtype=np.float64)
    return code, np.log(np.maximum(odds, 1e-30))


def _truncated(weight: NDArray[np.float32], soft: FieldFilter) -> NDArray[np.float32]:
    """Weights below the rank that top-k or top-p keeps become 0; ties with the last one kept stay."""
    ranked = np.sort(weight, 1)[:, ::-1]
    before = np.cumsum(ranked, 1) - ranked
    kept = np.maximum((before < soft.top_p * ranked.sum(1, keepdims=True)).sum(1), 1)
    if soft.top_k:
        kept = np.minimum(kept, soft.top_k)
    least = ranked[np.arange(len(ranked)), kept - 1]
    return np.where(weight >= least[:, None], weight, np.float32(0))
