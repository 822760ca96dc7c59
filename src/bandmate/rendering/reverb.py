"""One room for all tracks: convolution with an impulse response drawn from a seed.

The response is stereo noise under two exponential decays, darker in its tail, with the lows kept out and an energy of
one a channel: the return is as loud as what was sent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Room:
    """How the room sounds: decay over 60 dB and pre-delay in seconds, damping and low cut in Hz."""

    decay_sec: float = 1.6
    predelay_sec: float = 0.015
    damping_hz: float = 5000.0
    low_cut_hz: float = 180.0
    seed: int = 7


def impulse_response(room: Room, rate: int) -> NDArray[np.float32]:
    """The response of a room; float32 (2, n), the same for the same room and rate."""
    from scipy.signal import lfilter

    count = int(room.decay_sec * 1.1 * rate)
    times = np.arange(count) / rate
    noise = np.random.Generator(np.random.PCG64(room.seed)).standard_normal((2, count))
    damping = np.exp(-2 * np.pi * room.damping_hz / rate)
    dark = lfilter([1 - damping], [1, -damping], noise, axis=1) * 10.0 ** (-3.0 * times / room.decay_sec)
    bright = 0.5 * noise * 10.0 ** (-3.0 * times / (room.decay_sec * 0.35)) * 10.0 ** (-3.0 * times / room.decay_sec)
    low = np.exp(-2 * np.pi * room.low_cut_hz / rate)
    tail = np.asarray(lfilter([(1 + low) / 2, -(1 + low) / 2], [1, -low], dark + bright, axis=1))
    tail /= np.sqrt((tail**2).sum(axis=1, keepdims=True))
    return np.pad(tail, ((0, 0), (round(room.predelay_sec * rate), 0))).astype(np.float32)


def reverberate(send: NDArray[np.float32], rate: int, room: Room, *, around: bool) -> NDArray[np.float32]:
    """What the room gives back.

    Args:
        send: what goes in; float32 (2, n).
        rate: Hz.
        room: which room.
        around: the sound is a loop, so what rings past the end is heard at its start.

    Returns:
        float32 (2, n).
    """
    from scipy.signal import oaconvolve

    response = impulse_response(room, rate)
    length = send.shape[1]
    wet = np.empty_like(send)
    for side in range(2):
        whole = oaconvolve(send[side], response[side]).astype(np.float32, copy=False)
        wet[side] = fold(whole[None], length)[0] if around else whole[:length]
    return wet


def fold(samples: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Lay what sounds past `length` onto the start, as often as it goes; float32 (channels, length)."""
    folded = samples[:, :length].copy()
    for start in range(length, samples.shape[1], length):
        rest = samples[:, start : start + length]
        folded[:, : rest.shape[1]] += rest
    return folded
