"""The inner loops of the player in NumPy: a recording read at a pitch, and a tone added to the mix under an envelope.

`kernel_numba` holds the same two functions compiled; the tests hold them against each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.rendering.envelopes import BLOCK

PIECE = 128 * BLOCK  # samples that stay in the processor's cache
_RAMP = np.arange(BLOCK, dtype=np.float32) / BLOCK
_HALF, _THREE, _FIVE = np.float32(0.5), np.float32(3), np.float32(5)


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
    """Read a recording with 4-point cubic interpolation, then low-pass it.

    Args:
        out: is filled; float32 (n,), n a multiple of BLOCK.
        source: the recording with one sample of guard before and three after; float32.
        loop_start: in samples of the recording, without the guard; below 0 = no loop, play to `loop_end` and stop.
        loop_end: the sample after the last of the loop.
        position: where to begin, in samples of the recording.
        steps: samples a sample of output; (n / BLOCK,), or (1,) if it stays.
        filters: rows of b0, b1, b2, a1, a2; (n / BLOCK, 5), (1, 5) if it stays, (0, 5) without filter.
        state: of the filter, is moved on; float64 (2,).

    Returns:
        How many samples were written, and the position after them.
    """
    total = len(out)
    for start in range(0, total, PIECE):
        count = min(PIECE, total - start)
        block = start // BLOCK
        if len(steps) == 1:
            places = position + steps[0] * np.arange(count)
            position += float(steps[0]) * count
        else:
            moved = np.cumsum(np.repeat(steps[block : block + count // BLOCK], BLOCK))
            places = np.empty(count)
            places[0] = position
            np.add(moved[:-1], position, out=places[1:])
            position += float(moved[-1])
        if loop_start >= 0:
            if places[-1] >= loop_end:
                wrap = int(np.searchsorted(places, loop_end))
                places[wrap:] = loop_start + np.mod(places[wrap:] - loop_start, loop_end - loop_start)
            if position >= loop_end:
                position = loop_start + (position - loop_start) % (loop_end - loop_start)
        elif places[-1] >= loop_end:
            places = places[: int(np.searchsorted(places, loop_end))]
        read = out[start : start + len(places)]
        if len(places):
            read[:] = _cubic(source, places)
            if len(filters):
                _filter(read, filters if len(filters) == 1 else filters[block : block + count // BLOCK], state)
        if len(places) < count:
            return start + len(places), position
    return total, position


def _cubic(source: NDArray[np.float32], places: NDArray[np.float64]) -> NDArray[np.float32]:
    index = places.astype(np.intp)
    fraction = (places - index).astype(np.float32)
    before = source.take(index)
    here = source[1:].take(index)
    after = source[2:].take(index)
    later = source[3:].take(index)
    value = here - after
    value *= _THREE
    value += later
    value -= before
    value *= fraction
    value -= here * _FIVE
    value += 2 * before
    value += 4 * after
    value -= later
    value *= fraction
    value += after
    value -= before
    value *= fraction
    value *= _HALF
    value += here
    return value


def _filter(tone: NDArray[np.float32], filters: NDArray[np.float64], state: NDArray[np.float64]) -> None:
    from scipy.signal import lfilter

    changes = [0]
    if len(filters) > 1:
        changes += (np.flatnonzero((filters[1:] != filters[:-1]).any(axis=1)) + 1).tolist()
    for number, block in enumerate(changes):
        stop = changes[number + 1] * BLOCK if number + 1 < len(changes) else len(tone)
        b0, b1, b2, a1, a2 = filters[block]
        stretch = tone[block * BLOCK : stop]
        if len(stretch):
            stretch[:], state[:] = lfilter((b0, b1, b2), (1.0, a1, a2), stretch, zi=state)


def add_voice(
    left: NDArray[np.float32],
    right: NDArray[np.float32],
    tone: NDArray[np.float32],
    left_gains: NDArray[np.float32],
    right_gains: NDArray[np.float32],
) -> None:
    """Add a tone to both channels under gains that run straight from block to block.

    Args:
        left: is added to; float32 (n,).
        right: is added to; float32 (n,).
        tone: float32 (n,).
        left_gains: at the block boundaries; float32 (blocks + 1,), empty = nothing is added.
        right_gains: the same for the right; the same array for both is faster.
    """
    same = left_gains is right_gains
    for start in range(0, len(tone), PIECE):
        piece = tone[start : start + PIECE]
        stop = start + len(piece)
        if len(left_gains):
            shaped = _ramp(left_gains, start, len(piece))
            shaped *= piece
            left[start:stop] += shaped
            if same:
                right[start:stop] += shaped
        if len(right_gains) and not same:
            shaped = _ramp(right_gains, start, len(piece))
            shaped *= piece
            right[start:stop] += shaped


def _ramp(gains: NDArray[Any], start: int, count: int) -> NDArray[np.float32]:
    first = start // BLOCK
    part = gains[first : first + -(-count // BLOCK) + 1]
    ramp = np.multiply.outer(part[1:] - part[:-1], _RAMP)
    ramp += part[:-1, None]
    return ramp.reshape(-1)[:count]
