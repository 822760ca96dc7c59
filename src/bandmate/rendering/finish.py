"""Tone: what a drum track goes through as a whole, and the gentle stage before the loudness of a mix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bandmate.audio.signal import Samples, gain_from_db, peak
from bandmate.rendering.loudness import STEP, apply_gains, step_levels_db

_PIECE = 1 << 15
_LOW_SHELF_HZ, _HIGH_SHELF_HZ = 110.0, 7000.0
_GLUE_SEC, _GLUE_MOST_DB = 0.06, 3.0


@dataclass(frozen=True, slots=True)
class Grit:
    """What old machines and tape do to drums.

    Attributes:
        drive: how hard it is overdriven, 1 = hardly; 0 = not.
        lowpass_hz: what lies above is lost; 0 = nothing.
        bits, hold_hz: word length and rate of an old sampler; 0 = as it is.
    """

    drive: float = 0.0
    lowpass_hz: float = 0.0
    bits: int = 0
    hold_hz: float = 0.0


NO_GRIT = Grit()


@dataclass(frozen=True, slots=True)
class Tone:
    """The stage before the loudness of a mix: shelves in dB, and a slow compressor.

    Attributes:
        low_db, high_db: shelves under 110 Hz and over 7 kHz.
        glue: how much of what rises over the mix's own loudness is held back, 0..1; at most 3 dB.
    """

    low_db: float = 0.0
    high_db: float = 0.0
    glue: float = 0.0


def roughen(stem: Samples, grit: Grit, rate: int) -> None:
    """Put a stem through a machine, in place; its peak stays."""
    from scipy.signal import butter, sosfilt

    loudest = peak(stem)
    if grit == NO_GRIT or loudest <= 0.0:
        return
    places = np.arange(stem.shape[1])
    if grit.hold_hz:
        ratio = rate / grit.hold_hz
        places = (np.floor(places / ratio + 1e-9) * ratio + 1e-6).astype(np.int64)
    sections = butter(2, grit.lowpass_hz, "lowpass", fs=rate, output="sos") if grit.lowpass_hz else None
    for side in stem:
        sound = side[places] / loudest
        if grit.drive:
            sound = np.tanh(sound * grit.drive) / np.tanh(grit.drive)
        if grit.bits:
            sound = np.round(sound * 2.0 ** (grit.bits - 1)) / 2.0 ** (grit.bits - 1)
        side[:] = np.asarray(sosfilt(sections, sound) if sections is not None else sound) * loudest


def toned(samples: Samples, rate: int, tone: Tone, *, around: bool = False) -> Samples:
    """A mix with the shelves and the glue of a tone; the given one if the tone does nothing.

    Args:
        samples: float32 (2, n).
        rate: Hz.
        tone: what to do.
        around: the mix is a loop.
    """
    if tone.low_db or tone.high_db:
        samples = _shelved(samples, rate, tone)
    if not tone.glue:
        return samples
    from scipy.ndimage import gaussian_filter1d, uniform_filter1d

    levels_db, whole_db = step_levels_db(samples, rate, _GLUE_SEC, around=around)
    if not np.isfinite(whole_db):
        return samples
    over_db = np.clip(levels_db - whole_db, 0.0, None) * tone.glue
    width = _GLUE_SEC * rate / STEP
    edge = "wrap" if around else "nearest"
    held_db = uniform_filter1d(np.minimum(over_db, _GLUE_MOST_DB), round(width), mode=edge)
    down_db = gaussian_filter1d(held_db, width / 2, mode=edge)
    return apply_gains(samples, 10.0 ** (-down_db / 20.0))


def _shelved(samples: Samples, rate: int, tone: Tone) -> Samples:
    """One-pole shelves: the lows and highs of a mix apart from it, added with their gain less one."""
    from scipy.signal import lfilter

    result = samples.copy()
    for hz, gain_db, kind in ((_LOW_SHELF_HZ, tone.low_db, "low"), (_HIGH_SHELF_HZ, tone.high_db, "high")):
        if not gain_db:
            continue
        keep = np.exp(-2 * np.pi * hz / rate)
        low = np.asarray(lfilter([1 - keep], [1, -keep], samples, axis=1), np.float32)
        result += (gain_from_db(gain_db) - 1.0) * (low if kind == "low" else samples - low)
    return result.astype(np.float32, copy=False)
