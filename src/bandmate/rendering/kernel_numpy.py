"""The inner loops of the player in NumPy: a recording read at a pitch, and a tone added to the mix under an envelope.

`kernel_numba` holds the same two functions compiled; the tests hold them against each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.rendering.envelopes import BLOCK

PIECE = 128 * BLOCK  # samples that stay in the processor's cache
_STEADY_BLOCKS = 12  # so many blocks of one filter are worth a call of their own
_MOST_MOVING = 512
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
        state: of the filter, is moved on: the last two samples before it and after it, newest first; float64 (4,).

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
        if len(places) < count:
            total = start + len(places)
            break
    if len(filters):
        _filter(out[:total], filters, state)
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
    """Low-pass in place: stretches of one filter by SciPy, stretches where it moves all blocks at once."""
    if len(filters) == 1:
        _steady(tone, filters[0], state)
        return
    changes = np.flatnonzero((filters[1:] != filters[:-1]).any(axis=1)) + 1
    edges = np.concatenate([[0], changes, [-(-len(tone) // BLOCK)]])
    edges = edges[edges <= edges[-1]]
    steady = np.flatnonzero(np.diff(edges) >= _STEADY_BLOCKS)
    done = 0
    for index in steady.tolist():
        first, last = int(edges[index]), int(edges[index + 1])
        _moving(tone[done * BLOCK : first * BLOCK], filters[done:first], state)
        _steady(tone[first * BLOCK : last * BLOCK], filters[first], state)
        done = last
    _moving(tone[done * BLOCK :], filters[done:], state)


def _steady(tone: NDArray[np.float32], row: NDArray[np.float64], state: NDArray[np.float64]) -> None:
    from scipy.signal import lfilter

    b0, b1, b2, a1, a2 = row.tolist()
    in1, in2, out1, out2 = state.tolist()
    memory = (b1 * in1 + b2 * in2 - a1 * out1 - a2 * out2, b2 * in1 - a2 * out1)
    passed, _ = lfilter((b0, b1, b2), (1.0, a1, a2), tone, zi=memory)
    _remember(state, tone, passed)
    tone[:] = passed


def _moving(tone: NDArray[np.float32], filters: NDArray[np.float64], state: NDArray[np.float64]) -> None:
    """A filter that changes from block to block.

    All blocks run side by side from silence; what each inherits from the one before is then added, since a filter is
    linear: the last two outputs act like two extra inputs at its start.
    """
    for start in range(0, len(tone), _MOST_MOVING * BLOCK):
        piece = tone[start : start + _MOST_MOVING * BLOCK]
        blocks = -(-len(piece) // BLOCK)
        b0, b1, b2, a1, a2 = filters[start // BLOCK : start // BLOCK + blocks].T
        entered = np.concatenate([state[1::-1], piece, np.zeros(blocks * BLOCK - len(piece))])
        now, before, earlier = (entered[2 - lag : len(entered) - lag].reshape(blocks, BLOCK) for lag in (0, 1, 2))
        driven = np.ascontiguousarray((b0[:, None] * now + b1[:, None] * before + b2[:, None] * earlier).T)
        ringing = np.zeros((BLOCK, blocks))  # answer to a single one
        ringing[0] = 1.0
        for k in range(1, BLOCK):
            driven[k] -= a1 * driven[k - 1]
            ringing[k] -= a1 * ringing[k - 1]
            if k > 1:
                driven[k] -= a2 * driven[k - 2]
                ringing[k] -= a2 * ringing[k - 2]
        first, second = _inherited(driven, ringing, a1, a2, state)
        driven += ringing * first
        driven[1:] += ringing[:-1] * second
        passed = driven.T.reshape(-1)[: len(piece)]
        _remember(state, piece, passed)
        piece[:] = passed


def _inherited(
    driven: NDArray[np.float64],
    ringing: NDArray[np.float64],
    a1: NDArray[np.float64],
    a2: NDArray[np.float64],
    state: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each block inherits, as extra inputs at its first and second sample."""
    out1, out2 = float(state[2]), float(state[3])
    extra = []
    rows = (driven[-1], driven[-2], ringing[-1], ringing[-2], ringing[-3], a1, a2)
    for last, last_but_one, ring, ring_before, ring_earlier, p, q in zip(*(row.tolist() for row in rows), strict=True):
        first, second = -p * out1 - q * out2, -q * out1
        extra.append((first, second))
        out1, out2 = (
            last + ring * first + ring_before * second,
            last_but_one + ring_before * first + ring_earlier * second,
        )
    first, second = np.array(extra).T
    return first, second


def _remember(state: NDArray[np.float64], entered: NDArray[np.float32], passed: NDArray[np.float64]) -> None:
    for offset, values in ((0, entered), (2, passed)):
        if len(values) > 1:
            state[offset], state[offset + 1] = values[-1], values[-2]
        elif len(values):
            state[offset], state[offset + 1] = values[-1], state[offset]


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
