"""Three statistics as MusPy counts them and published tables give them, for comparison with those alone.

The first 64 quarters, twelve steps a quarter, bars of 48 steps whatever the meter; a piece that ends on a bar line
gains an empty last bar, which lowers groove consistency.

Source: muspy.metrics (pitch_class_entropy, scale_consistency, groove_consistency) as the Multitrack Music
Transformer's evaluation calls them; written anew.
"""

from __future__ import annotations

import numpy as np

from bandmate.analysis.descriptors import MAJOR_SETS
from bandmate.evaluation.excerpt import TICKS, Excerpt
from bandmate.evaluation.symbolic.numbers import entropy

STEP_TICKS = TICKS // 12
BAR_STEPS, MOST_STEPS = 48, 64 * 12


def _steps(ticks: np.ndarray) -> np.ndarray:
    return (ticks + STEP_TICKS // 2) // STEP_TICKS


def muspy_entropy(e: Excerpt) -> float:
    """Pitch-class entropy in bits."""
    rows = e.pitched[_steps(e.pitched["ticks"]) < MOST_STEPS]
    return entropy(rows["pitch"] % 12)


def muspy_scale(e: Excerpt) -> float:
    """Scale consistency in percent."""
    rows = e.pitched[_steps(e.pitched["ticks"]) < MOST_STEPS]
    count = np.bincount(rows["pitch"] % 12, minlength=12)
    return float(100.0 * (MAJOR_SETS @ count).max() / count.sum()) if len(rows) else np.nan


def muspy_groove(e: Excerpt) -> float:
    """Groove consistency in percent, with its empty last bar."""
    start = _steps(e.notes["ticks"])
    inside = start < MOST_STEPS
    if not inside.any():
        return np.nan
    end = np.minimum(_steps(e.notes["ticks"] + e.notes["duration"]), MOST_STEPS)[inside].max()
    bars = int(end) // BAR_STEPS + 1
    if bars < 2:
        return np.nan
    grid = np.zeros((bars + 1, BAR_STEPS), bool)  # a note that rounds to the very end falls in a row of its own
    grid[np.minimum(start[inside] // BAR_STEPS, bars), start[inside] % BAR_STEPS] = True
    return float(100.0 * (1.0 - (grid[1:bars] != grid[: bars - 1]).mean()))
