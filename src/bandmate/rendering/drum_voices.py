"""Drums from oscillators and noise: every sound a formula, a style and a seed, the same on every machine.

Source: the published circuit descriptions of the TR-808 and TR-909 (partial frequencies, decay ranges); levels, falls
and balance were set by measuring spectrum and fall against recordings of an 808 and a LinnDrum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

RATE = 44100
HAT_CLASS = 1
METAL_808_HZ = (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)
CONGAS = {60: (430.0, 0.16), 61: (300.0, 0.22), 62: (370.0, 0.10), 63: (370.0, 0.23), 64: (185.0, 0.48)}
TOMS = {41: 0.66, 43: 0.81, 45: 1.0, 47: 1.14, 48: 1.29, 50: 1.45}  # over the low-mid one
# Generator units, -500 left .. 500 right: toms across as the drummer sees them, hats a little right
TOM_PANS = {41: 220, 43: 150, 45: 60, 47: -40, 48: -130, 50: -200}
Sound = NDArray[np.float64]
Voice = tuple[float, int, int, Callable[[], Sound]]  # level in cB below the loudest, pan, exclusive class, maker


@dataclass(frozen=True, slots=True)
class KitStyle:
    """What makes a kit; times in seconds to fall by 60 dB, frequencies in Hz, the rest amplitudes and factors.

    Attributes:
        kick_hz, kick_sweep_hz, kick_sweep_sec: where the kick ends, how far above it begins and how fast it falls.
        kick_decay_sec, kick_click, drive: its length, its stroke, and how hard it and snare and toms are overdriven.
        snare_hz, snare_decay_sec: the two tones of the snare. snare_noise_sec, snare_noise: its wires.
        gate_sec: how long the snare's room stands before it is cut off; 0 = no room.
        clap_room: how much follows the strokes of a clap.
        hat_closed_sec, hat_open_sec, metal_scale, metal_noise: falls, pitch and hiss of hats and cymbals.
        hat_low_hz: below it hats are empty.
        tom_hz, tom_sweep, tom_sweep_sec, tom_decay_sec: the low-mid tom; its sweep as a share of its pitch.
        bits: word length of the recording a sound pretends to be; 0 = none.
    """

    name: str
    kick_hz: float = 50.0
    kick_sweep_hz: float = 50.0
    kick_sweep_sec: float = 0.016
    kick_decay_sec: float = 1.35
    kick_click: float = 0.12
    drive: float = 1.0
    snare_hz: tuple[float, float] = (172.0, 340.0)
    snare_decay_sec: float = 0.20
    snare_noise_sec: float = 0.20
    snare_noise: float = 0.8
    gate_sec: float = 0.0
    clap_room: float = 0.4
    hat_closed_sec: float = 0.11
    hat_open_sec: float = 0.60
    metal_scale: float = 1.0
    metal_noise: float = 0.6
    hat_low_hz: float = 6500.0
    tom_hz: float = 120.0
    tom_sweep: float = 0.5
    tom_sweep_sec: float = 0.008
    tom_decay_sec: float = 0.48
    bits: int = 0


def voices_of(style: KitStyle) -> dict[int, Voice]:
    """Every key of a kit."""
    closed, open_hat = style.hat_closed_sec, style.hat_open_sec
    made = {
        35: (10, 0, 0, partial(_kick, style, 0.94)),
        36: (0, 0, 0, partial(_kick, style, 1.0)),
        37: (45, 60, 0, partial(_rim, style)),
        38: (0, 0, 0, partial(_snare, style, 1.0)),
        39: (0, -40, 0, partial(_clap, style)),
        40: (0, 0, 0, partial(_snare, style, 1.12)),
        42: (40, 60, HAT_CLASS, partial(_hat, style, closed, 15000.0)),
        44: (60, 60, HAT_CLASS, partial(_hat, style, closed * 0.7, 15000.0)),
        46: (50, 60, HAT_CLASS, partial(_hat, style, open_hat, 9500.0 * style.metal_scale)),
        49: (20, -120, 0, partial(_cymbal, style, 1.8, 1.0)),
        57: (20, 150, 0, partial(_cymbal, style, 1.5, 1.09)),
        55: (35, -160, 0, partial(_cymbal, style, 0.6, 1.5)),
        52: (30, 180, 0, partial(_cymbal, style, 0.8, 0.8)),
        51: (50, 140, 0, partial(_ride, style, 1.1, 0.25)),
        59: (50, 180, 0, partial(_ride, style, 0.9, 0.2)),
        53: (45, 140, 0, partial(_ride, style, 1.1, 1.0)),
        54: (70, 80, 0, partial(_noise_burst, 7000.0, 0.12, 3)),
        56: (70, -80, 0, partial(_cowbell, style)),
        69: (75, -140, 0, partial(_noise_burst, 4200.0, 0.09, 12)),
        70: (80, -100, 0, partial(_noise_burst, 5200.0, 0.05, 5)),
        82: (80, -100, 0, partial(_noise_burst, 4600.0, 0.08, 5)),
        75: (80, 100, 0, _claves),
        **{key: (35, TOM_PANS[key], 0, partial(_tom, style, style.tom_hz * ratio)) for key, ratio in TOMS.items()},
        **{key: (60, 80, 0, partial(_conga, style, hz, decay)) for key, (hz, decay) in CONGAS.items()},
    }
    return {
        key: (level, pan, group, partial(_recorded, style, maker)) for key, (level, pan, group, maker) in made.items()
    }


def _recorded(style: KitStyle, maker: Callable[[], Sound]) -> Sound:
    """A sound at full level, through the converter of the machine where it has one."""
    sound = maker()
    sound = sound / np.abs(sound).max()
    if style.bits:
        steps = 2.0 ** (style.bits - 1)
        sound = _soft_end(np.round(sound * steps) / steps)
    return sound


def _times(seconds: float) -> Sound:
    return np.arange(int(seconds * RATE)) / RATE


def _decay(times: Sound, seconds: float) -> Sound:
    """A fall of 60 dB in some seconds."""
    return 10.0 ** (-3.0 * times / seconds)


def _noise(count: int, seed: int) -> Sound:
    return np.random.Generator(np.random.PCG64(seed)).standard_normal(count)


def _swept_sine(times: Sound, hz: float, sweep_hz: float, sweep_sec: float) -> Sound:
    """A sine that falls by `sweep_hz` to `hz`, exponentially."""
    return np.sin(2 * np.pi * (hz * times - sweep_hz * sweep_sec * (np.exp(-times / sweep_sec) - 1.0)))


def _band(sound: Sound, low_hz: float | None, high_hz: float | None, order: int = 2) -> Sound:
    from scipy.signal import butter, sosfilt

    for edge, kind in ((low_hz, "highpass"), (high_hz, "lowpass")):
        if edge is not None:
            sound = np.asarray(sosfilt(butter(order, edge, kind, fs=RATE, output="sos"), sound))
    return sound


def _soft_end(sound: Sound) -> Sound:
    count = min(len(sound), RATE // 100)
    sound[-count:] *= np.linspace(1.0, 0.0, count)
    return sound


def _kick(style: KitStyle, scale: float) -> Sound:
    times = _times(style.kick_decay_sec * 1.2)
    body = _swept_sine(times, style.kick_hz * scale, style.kick_sweep_hz, style.kick_sweep_sec)
    body *= _decay(times, style.kick_decay_sec) * np.minimum(times / 0.0006, 1.0)
    click = _band(_noise(len(times), 1) * _decay(times, 0.012), 1500.0, 9000.0) * style.kick_click
    return _soft_end(np.tanh((body + click) * style.drive) / np.tanh(style.drive))


def _snare(style: KitStyle, scale: float) -> Sound:
    times = _times(max(style.snare_decay_sec, style.snare_noise_sec, style.gate_sec) * 1.3)
    first, second = (hz * scale for hz in style.snare_hz)
    tone = _swept_sine(times, first, first * 0.5, 0.008) + 0.6 * _swept_sine(times, second, second * 0.4, 0.006)
    tone *= _decay(times, style.snare_decay_sec) * np.minimum(times / 0.0004, 1.0)
    wires = _band(_noise(len(times), 2), 1400.0, 9000.0) * _decay(times, style.snare_noise_sec)
    sound = np.tanh((tone + style.snare_noise * wires) * style.drive * 0.7)
    return _soft_end(sound + _gated_room(style, times))


def _gated_room(style: KitStyle, times: Sound) -> Sound:
    """A big room that stands for a moment and is cut off."""
    if not style.gate_sec:
        return np.zeros(len(times))
    opened = np.clip(times / 0.012, 0.0, 1.0) * _decay(times, style.gate_sec * 4.0)
    closed = np.clip((style.gate_sec - times) / 0.03, 0.0, 1.0)
    return 0.22 * _band(_noise(len(times), 11), 250.0, 5000.0) * opened * closed


def _rim(style: KitStyle) -> Sound:
    times = _times(0.05)
    tone = np.sin(2 * np.pi * 1690.0 * times) + 0.6 * np.sin(2 * np.pi * 455.0 * times)
    click = _band(_noise(len(times), 6), 2000.0, 8000.0) * _decay(times, 0.006)
    return _soft_end(np.tanh(2.0 * tone) * _decay(times, 0.024) + 0.3 * style.metal_noise * click)


def _clap(style: KitStyle) -> Sound:
    times = _times(0.6)
    strokes = sum(
        np.where(times >= start, _decay(np.maximum(times - start, 0.0), 0.022), 0.0) for start in (0, 0.011, 0.021)
    )
    room = np.where(times >= 0.031, _decay(np.maximum(times - 0.031, 0.0), 0.50), 0.0)
    return _soft_end(_band(_noise(len(times), 4), 800.0, 2400.0) * (strokes + style.clap_room * room))


def _metal(style: KitStyle, times: Sound, scale: float) -> Sound:
    """Six square waves that share no harmonic, softened so that they do not fold back."""
    total = np.zeros(len(times))
    for hz in METAL_808_HZ:
        partial_hz = hz * scale * style.metal_scale
        for harmonic in range(1, int(16000 / partial_hz) + 1, 2):
            total += np.sin(2 * np.pi * partial_hz * harmonic * times) / harmonic
    return total


def _hat(style: KitStyle, decay_sec: float, high_hz: float) -> Sound:
    times = _times(decay_sec * 1.2)
    hiss = style.metal_noise * _noise(len(times), 8)
    sound = _band(_metal(style, times, 1.6) + hiss, style.hat_low_hz, high_hz, 4)
    return _soft_end(sound * _decay(times, decay_sec))


def _cymbal(style: KitStyle, decay_sec: float, scale: float) -> Sound:
    times = _times(decay_sec * 1.1)
    metal = _metal(style, times, 1.6 * scale) + style.metal_noise * _noise(len(times), 9)
    low = _band(metal, 3000.0, 7000.0) * _decay(times, decay_sec * 0.6) * 0.35
    return _soft_end(low + _band(metal, 5600.0, 11500.0 * style.metal_scale) * _decay(times, decay_sec))


def _ride(style: KitStyle, decay_sec: float, bell: float) -> Sound:
    """A thin cymbal over the ping of its bell."""
    times = _times(decay_sec * 1.1)
    ping = sum(np.sin(2 * np.pi * hz * style.metal_scale * times) for hz in (1890.0, 2950.0, 4350.0))
    wash = _band(_metal(style, times, 1.9) + style.metal_noise * _noise(len(times), 13), 5000.0, 10000.0)
    return _soft_end(wash * _decay(times, decay_sec) + bell * ping * _decay(times, decay_sec * 0.5))


def _tom(style: KitStyle, hz: float) -> Sound:
    decay_sec = style.tom_decay_sec * (style.tom_hz / hz) ** 0.5
    times = _times(decay_sec * 1.2)
    body = _swept_sine(times, hz, hz * style.tom_sweep, style.tom_sweep_sec)
    body *= _decay(times, decay_sec) * np.minimum(times / 0.0006, 1.0)
    skin = _band(_noise(len(times), 10), 300.0, 2500.0) * _decay(times, decay_sec * 0.3) * 0.12
    return _soft_end(np.tanh((body + skin) * style.drive) / np.tanh(style.drive))


def _conga(style: KitStyle, hz: float, decay_sec: float) -> Sound:
    times = _times(decay_sec * 1.2)
    body = _swept_sine(times, hz, hz * 0.25, 0.003) * _decay(times, decay_sec) * np.minimum(times / 0.0006, 1.0)
    return _soft_end(np.tanh(body * style.drive))


def _cowbell(style: KitStyle) -> Sound:
    times = _times(0.5)
    tone = np.tanh(4.0 * np.sin(2 * np.pi * np.outer([540.0, 800.0], times))).sum(axis=0)
    return _soft_end(_band(tone, 450.0, 3000.0) * (_decay(times, 0.5) * 0.5 + _decay(times, 0.06) * 0.5))


def _claves() -> Sound:
    times = _times(0.08)
    return _soft_end(np.sin(2 * np.pi * 2430.0 * times) * _decay(times, 0.06))


def _noise_burst(low_hz: float, decay_sec: float, seed: int) -> Sound:
    times = _times(decay_sec * 1.3)
    rise = np.minimum(times / (decay_sec * 0.15), 1.0)
    return _soft_end(_band(_noise(len(times), seed), low_hz, 15000.0) * _decay(times, decay_sec) * rise)
