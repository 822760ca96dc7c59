"""The inner loops of `kernel_numpy`, compiled: the extra `fast`. The one module that imports numba."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from bandmate.rendering.envelopes import BLOCK

_BLOCK = int(BLOCK)


@numba.njit(cache=True, fastmath=True, nogil=True)
def read_tone(
    out: NDArray[np.float32],
    source: NDArray[np.float32],
    loop_start: int,
    loop_end: int,
    position: float,
    steps: NDArray[np.float64],
    filters: NDArray[np.float64],
    state: NDArray[np.float64],
) -> tuple[int, float]:
    """Read a recording and low-pass it; see `kernel_numpy.read_tone`."""
    in1, in2, out1, out2 = state[0], state[1], state[2], state[3]
    length = float(loop_end - loop_start)
    written = 0
    total = len(out)
    for block in range(total // _BLOCK):
        step = steps[0] if len(steps) == 1 else steps[block]
        row = 0 if len(filters) == 1 else block
        for _ in range(_BLOCK):
            if position >= loop_end:
                if loop_start < 0:
                    state[0], state[1], state[2], state[3] = in1, in2, out1, out2
                    return written, position
                while position >= loop_end:
                    position -= length
            index = int(position)
            fraction = np.float32(position - index)
            before, here, after, later = source[index], source[index + 1], source[index + 2], source[index + 3]
            cubic = np.float32(3) * (here - after) + later - before
            square = np.float32(2) * before - np.float32(5) * here + np.float32(4) * after - later
            value = here + np.float32(0.5) * fraction * ((after - before) + fraction * (square + fraction * cubic))
            if len(filters) > 0:
                passed = filters[row, 0] * value + filters[row, 1] * in1 + filters[row, 2] * in2
                passed -= filters[row, 3] * out1 + filters[row, 4] * out2
                in1, in2, out1, out2 = np.float64(value), in1, passed, out1
                value = np.float32(passed)
            out[written] = value
            written += 1
            position += step
    state[0], state[1], state[2], state[3] = in1, in2, out1, out2
    return written, position


@numba.njit(cache=True, fastmath=True, nogil=True)
def _add(side: NDArray[np.float32], tone: NDArray[np.float32], gains: NDArray[np.float32]) -> None:
    total = len(tone)
    for block in range((total + _BLOCK - 1) // _BLOCK):
        start = block * _BLOCK
        gain = gains[block]
        rise = (gains[block + 1] - gain) * np.float32(1.0 / _BLOCK)
        for k in range(min(_BLOCK, total - start)):
            side[start + k] += tone[start + k] * (gain + rise * np.float32(k))


@numba.njit(cache=True, fastmath=True, nogil=True)
def add_voice(
    left: NDArray[np.float32],
    right: NDArray[np.float32],
    tone: NDArray[np.float32],
    left_gains: NDArray[np.float32],
    right_gains: NDArray[np.float32],
) -> None:
    """Add a tone to both channels; see `kernel_numpy.add_voice`."""
    if len(left_gains) > 0:
        _add(left, tone, left_gains)
    if len(right_gains) > 0:
        _add(right, tone, right_gains)
