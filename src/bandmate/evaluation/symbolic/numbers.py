"""Small arithmetic that the lines share: shares, means and entropies that are NaN where nothing can be counted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def share(found: NDArray[Any]) -> float:
    """Share of true values, 0..1; NaN of none."""
    return float(np.mean(found)) if len(found) else np.nan


def mean(values: NDArray[Any]) -> float:
    """Mean of the values that are numbers; NaN of none."""
    values = values[~np.isnan(values)]
    return float(values.mean()) if len(values) else np.nan


def median(values: NDArray[Any]) -> float:
    """Median; NaN of none."""
    return float(np.median(values)) if len(values) else np.nan


def entropy(values: NDArray[Any], least: int = 1) -> float:
    """Entropy in bits of how often each whole number from 0 up occurs; NaN of fewer than `least` values."""
    return entropy_of(np.bincount(values)) if len(values) >= least else np.nan


def entropy_of(count: NDArray[np.int64]) -> float:
    """Entropy in bits of how often things were counted; NaN of nothing."""
    total = count.sum()
    part = count[count > 0] / total
    return float(abs((part * np.log2(part)).sum())) if total else np.nan
