"""One room for all tracks, and an echo in time with the song.

The room is a convolution with an impulse response drawn from a seed: stereo noise under two exponential decays, darker
in its tail, with the lows kept out and an energy of one a channel, so that the return is as loud as what was sent. A
spring is no noise but one pulse that runs to and fro, its highs later than its lows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_QUIETEST = 0.02  # an echo ends 34 decibels down


@dataclass(frozen=True, slots=True)
class Room:
    """How the room sounds.

    Attributes:
        decay_sec, predelay_sec: fall over 60 dB, and silence before it.
        damping_hz, low_cut_hz: what lies above fades faster; what lies below is kept out.
        brightness: share of undamped noise at its start.
        spring_sec: how long a pulse takes along the spring and back; 0 = a room.
        level_db: of the return.
    """

    decay_sec: float = 1.6
    predelay_sec: float = 0.015
    damping_hz: float = 5000.0
    low_cut_hz: float = 180.0
    seed: int = 7
    brightness: float = 0.5
    spring_sec: float = 0.0
    level_db: float = 0.0


@dataclass(frozen=True, slots=True)
class Echo:
    """An echo in time with the song.

    Attributes:
        beats: quarter notes from one repeat to the next. feedback: amplitude of each repeat over the one before.
        damping_hz: what lies above is lost more and more. shares: role -> what its tracks send, 0..1.
    """

    beats: float = 0.75
    feedback: float = 0.45
    damping_hz: float = 2500.0
    shares: Mapping[str, float] = field(default_factory=dict)


def impulse_response(room: Room, rate: int) -> NDArray[np.float32]:
    """The response of a room; float32 (2, n), the same for the same room and rate."""
    from scipy.signal import lfilter

    tail = _spring(room, rate) if room.spring_sec else _diffuse(room, rate)
    low = np.exp(-2 * np.pi * room.low_cut_hz / rate)
    tail = np.asarray(lfilter([(1 + low) / 2, -(1 + low) / 2], [1, -low], tail, axis=1))
    tail *= 10.0 ** (room.level_db / 20.0) / np.sqrt((tail**2).sum(axis=1, keepdims=True))
    return np.pad(tail, ((0, 0), (round(room.predelay_sec * rate), 0))).astype(np.float32)


def _diffuse(room: Room, rate: int) -> NDArray[np.float64]:
    from scipy.signal import lfilter

    count = int(room.decay_sec * 1.1 * rate)
    times = np.arange(count) / rate
    noise = np.random.Generator(np.random.PCG64(room.seed)).standard_normal((2, count))
    damping = np.exp(-2 * np.pi * room.damping_hz / rate)
    dark = lfilter([1 - damping], [1, -damping], noise, axis=1) * 10.0 ** (-3.0 * times / room.decay_sec)
    bright = (
        room.brightness
        * noise
        * 10.0 ** (-3.0 * times / (room.decay_sec * 0.35))
        * 10.0 ** (-3.0 * times / room.decay_sec)
    )
    return np.asarray(dark + bright)


def _spring(room: Room, rate: int) -> NDArray[np.float64]:
    """Two springs, left and right: the series of a pulse's passes, summed in closed form for each frequency.

    Source: the dispersion of helical springs as in Abel, Berners, Costello and Smith, Spring reverb emulation using
    dispersive allpass filters (2006): below a transition, a pass takes the longer the higher the frequency.
    """
    count = 1 << int(room.decay_sec * 1.5 * rate).bit_length()
    hz = np.fft.rfftfreq(count, 1.0 / rate)
    loss = np.exp(-((hz / room.damping_hz) ** 4))
    sides = []
    for stretch in (1.0, 1.13):
        pass_sec = room.spring_sec * stretch
        late = 1.0 + 0.35 * np.minimum(hz / room.damping_hz, 1.2) ** 2
        share = 10.0 ** (-3.0 * pass_sec / room.decay_sec)
        turn = share * np.exp(-2j * np.pi * hz * pass_sec * late)
        sides.append(np.fft.irfft(loss * turn / (1.0 - turn * np.sqrt(loss)), count))
    return np.array(sides)[:, : int(room.decay_sec * 1.1 * rate)]


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


def repeat(send: NDArray[np.float32], rate: int, echo: Echo, beat_sec: float, *, around: bool) -> NDArray[np.float32]:
    """What an echo gives back: repeats that grow softer and darker and change sides; float32 (2, n).

    Args:
        send: what goes in; float32 (2, n).
        rate: Hz.
        echo: which echo.
        beat_sec: length of a quarter note.
        around: the sound is a loop.
    """
    from scipy.signal import oaconvolve

    length, wet = send.shape[1], np.zeros_like(send)
    for crossing, response in enumerate(_repeats(echo, beat_sec, rate)):
        for side in range(2):
            whole = oaconvolve(send[side - crossing], response).astype(np.float32, copy=False)
            wet[side] += fold(whole[None], length)[0] if around else whole[:length]
    return wet


def _repeats(echo: Echo, beat_sec: float, rate: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The repeats of one pulse that come back on its own side, and those that come on the other."""
    from scipy.signal import lfilter

    keep = np.exp(-2 * np.pi * echo.damping_hz / rate)
    count = int(np.log(_QUIETEST) / np.log(max(echo.feedback, 1e-6))) + 1
    pulse = np.zeros(round(0.02 * rate))
    pulse[0] = 1.0
    late = [round(number * echo.beats * beat_sec * rate) for number in range(1, count + 1)]
    sides = np.zeros((2, late[-1] + len(pulse)), np.float32)
    for number, at in enumerate(late, 1):
        pulse = np.asarray(lfilter([1 - keep], [1, -keep], pulse))
        sides[number % 2, at : at + len(pulse)] += echo.feedback ** (number - 1) * pulse
    return sides[0], sides[1]


def fold(samples: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Lay what sounds past `length` onto the start, as often as it goes; float32 (channels, length)."""
    folded = samples[:, :length].copy()
    for start in range(length, samples.shape[1], length):
        rest = samples[:, start : start + length]
        folded[:, : rest.shape[1]] += rest
    return folded
