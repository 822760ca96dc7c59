"""Drum kits made from oscillators and noise: programs 24, 25 and 26 of the drum bank.

25 is after the TR-808: a long swept sine for the kick, two sines and filtered noise for the snare, six square waves
through a band-pass for the metal. 24 and 26 are after the TR-909: a harder kick with a click, a noisier snare; 26 is
the tighter and brighter of the two. Every sound comes from a formula and a seed: the same on every machine.

Source: the published circuit descriptions (partial frequencies, decay ranges); levels and decays were set by measuring
spectrum and fall against recordings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from bandmate.rendering.instrument import DEFAULTS, Generator, Instrument, Sample, Zone

RATE = 44100
HAT_CLASS = 1
LONG_RELEASE = 8000  # timecents: a struck drum rings on when its key is let go
METAL_808_HZ = (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)
Sound = NDArray[np.float64]
KEPT_LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class KitStyle:
    """The settings by which the kits differ; times in seconds to fall by 60 dB, frequencies in Hz."""

    name: str
    kick_hz: float
    kick_sweep_hz: float
    kick_sweep_sec: float
    kick_decay_sec: float
    kick_click: float
    snare_hz: tuple[float, float]
    snare_decay_sec: float
    snare_noise_sec: float
    snare_noise: float
    hat_closed_sec: float
    hat_open_sec: float
    metal_scale: float
    drive: float


STYLES = {
    24: KitStyle("Electronic", 50.0, 190.0, 0.035, 0.55, 0.5, (185.0, 330.0), 0.17, 0.26, 1.1, 0.07, 0.55, 1.25, 1.6),
    25: KitStyle("Analog 808", 50.0, 75.0, 0.022, 1.25, 0.12, (180.0, 330.0), 0.20, 0.20, 0.75, 0.06, 0.65, 1.0, 1.0),
    26: KitStyle("Dance 909", 54.0, 260.0, 0.028, 0.40, 0.8, (200.0, 360.0), 0.13, 0.22, 1.3, 0.05, 0.45, 1.4, 2.4),
}


def synthesised_kits(fallback: Instrument) -> dict[int, Instrument]:
    """The kits by program; keys they do not have are played by another kit."""
    return {program: _kit(style, fallback) for program, style in STYLES.items()}


def drum_sound(program: int, key: int) -> NDArray[np.float32] | None:
    """One hit at full velocity, mono float32 at RATE, peak 0.9; None for a key the kit does not have."""
    voices = _voices(STYLES[program])
    return _rendered(program, key) if key in voices else None


def hit_level_cb(key: int) -> float:
    """How far under the loudest drum a key stands in a balanced kit, in centibels."""
    voice = _voices(STYLES[25]).get(key)
    return voice[0] if voice else 60.0


def _kit(style: KitStyle, fallback: Instrument) -> Instrument:
    program = next(number for number, candidate in STYLES.items() if candidate is style)
    voices = _voices(style)
    zones = []
    for key, (level_cb, pan, group, _) in voices.items():
        settings = {
            **DEFAULTS,
            Generator.ATTENUATION: round(level_cb / 0.4),
            Generator.PAN: pan,
            Generator.EXCLUSIVE_CLASS: group,
            Generator.SCALE_TUNING: 0,
            Generator.VOL_RELEASE: LONG_RELEASE,
        }
        sample = Sample(load=partial(_rendered, program, key), rate=RATE, root=key)
        zones.append(Zone((key, key), (0, 127), settings, (), (), sample))
    rest = tuple(zone for zone in fallback.zones if not (set(range(zone.keys[0], zone.keys[1] + 1)) & set(voices)))
    return Instrument(style.name, (*zones, *rest))


@cache
def _rendered(program: int, key: int) -> NDArray[np.float32]:
    sound = _voices(STYLES[program])[key][3]()
    sound *= KEPT_LEVEL / np.abs(sound).max()
    return np.ascontiguousarray(sound, np.float32)


Voice = tuple[float, int, int, Callable[[], Sound]]  # level in cB below the loudest, pan, exclusive class, maker


def _voices(style: KitStyle) -> dict[int, Voice]:
    """Every key of the kit."""
    toms = {41: 82.0, 43: 98.0, 45: 123.0, 47: 147.0, 48: 175.0, 50: 208.0}
    congas = {62: (370.0, 0.10), 63: (370.0, 0.22), 64: (250.0, 0.26), 60: (460.0, 0.12), 61: (340.0, 0.14)}
    return {
        35: (10, 0, 0, partial(_kick, style, 0.94)),
        36: (0, 0, 0, partial(_kick, style, 1.0)),
        37: (45, 60, 0, partial(_rim, style)),
        38: (0, 0, 0, partial(_snare, style, 1.0)),
        39: (0, -40, 0, partial(_clap, style)),
        40: (0, 0, 0, partial(_snare, style, 1.12)),
        42: (40, 60, HAT_CLASS, partial(_hat, style, style.hat_closed_sec, 15000.0)),
        44: (60, 60, HAT_CLASS, partial(_hat, style, style.hat_closed_sec * 0.7, 15000.0)),
        46: (50, 60, HAT_CLASS, partial(_hat, style, style.hat_open_sec, 9500.0 * style.metal_scale)),
        49: (20, -60, 0, partial(_cymbal, style, 1.6, 1.0)),
        57: (20, 80, 0, partial(_cymbal, style, 1.4, 1.09)),
        51: (50, 100, 0, partial(_cymbal, style, 0.9, 1.35)),
        54: (70, 80, 0, partial(_noise_burst, 7000.0, 0.12, 3)),
        56: (70, -80, 0, partial(_cowbell, style)),
        70: (80, -100, 0, partial(_noise_burst, 5200.0, 0.05, 5)),
        75: (80, 100, 0, _claves),
        **{
            key: (35, 120 - 40 * index, 0, partial(_tom, style, hz, 0.42))
            for index, (key, hz) in enumerate(toms.items())
        },
        **{key: (60, 80, 0, partial(_tom, style, hz, decay)) for key, (hz, decay) in congas.items()},
    }


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
    times = _times(max(style.snare_decay_sec, style.snare_noise_sec) * 1.3)
    first, second = (hz * scale for hz in style.snare_hz)
    tone = _swept_sine(times, first, first * 0.5, 0.008) + 0.6 * _swept_sine(times, second, second * 0.4, 0.006)
    tone *= _decay(times, style.snare_decay_sec) * np.minimum(times / 0.0004, 1.0)
    wires = _band(_noise(len(times), 2), 1400.0, 9000.0) * _decay(times, style.snare_noise_sec)
    return _soft_end(np.tanh((tone + style.snare_noise * wires) * style.drive * 0.7))


def _rim(style: KitStyle) -> Sound:
    times = _times(0.06)
    tone = np.sin(2 * np.pi * 1667.0 * times) + 0.8 * np.sin(2 * np.pi * 455.0 * times)
    return _soft_end(
        np.tanh(3.0 * tone) * _decay(times, 0.035) + _band(_noise(len(times), 6), 2000.0, None) * _decay(times, 0.01)
    )


def _clap(style: KitStyle) -> Sound:
    times = _times(0.6)
    strokes = sum(
        np.where(times >= start, _decay(np.maximum(times - start, 0.0), 0.022), 0.0) for start in (0, 0.011, 0.021)
    )
    room = np.where(times >= 0.031, _decay(np.maximum(times - 0.031, 0.0), 0.55), 0.0)
    return _soft_end(_band(_noise(len(times), 4), 800.0, 2400.0) * (strokes + 0.6 * room))


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
    sound = _band(_metal(style, times, 1.6) + 0.8 * style.snare_noise * _noise(len(times), 8), 6800.0, high_hz, 4)
    return _soft_end(sound * _decay(times, decay_sec))


def _cymbal(style: KitStyle, decay_sec: float, scale: float) -> Sound:
    times = _times(decay_sec * 1.1)
    metal = _metal(style, times, 1.4 * scale) + 0.9 * _noise(len(times), 9)
    low = _band(metal, 2500.0, 7000.0) * _decay(times, decay_sec * 0.5) * 0.6
    return _soft_end(low + _band(metal, 6500.0, 11000.0) * _decay(times, decay_sec))


def _tom(style: KitStyle, hz: float, decay_sec: float) -> Sound:
    times = _times(decay_sec * 1.2)
    body = _swept_sine(times, hz, hz * 0.6, 0.03) * _decay(times, decay_sec) * np.minimum(times / 0.0006, 1.0)
    skin = _band(_noise(len(times), 10), 300.0, 2500.0) * _decay(times, decay_sec * 0.3) * 0.12
    return _soft_end(np.tanh((body + skin) * style.drive) / np.tanh(style.drive))


def _cowbell(style: KitStyle) -> Sound:
    times = _times(0.4)
    tone = np.tanh(4.0 * np.sin(2 * np.pi * np.outer([540.0, 800.0], times))).sum(axis=0)
    return _soft_end(_band(tone, 500.0, 5000.0) * (_decay(times, 0.35) * 0.6 + _decay(times, 0.05) * 0.6))


def _claves() -> Sound:
    times = _times(0.08)
    return _soft_end(np.sin(2 * np.pi * 2500.0 * times) * _decay(times, 0.06))


def _noise_burst(low_hz: float, decay_sec: float, seed: int) -> Sound:
    times = _times(decay_sec * 1.3)
    rise = np.minimum(times / (decay_sec * 0.15), 1.0)
    return _soft_end(_band(_noise(len(times), seed), low_hz, 15000.0) * _decay(times, decay_sec) * rise)
