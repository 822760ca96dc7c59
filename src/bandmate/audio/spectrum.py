"""Spectra for ears: short-time magnitudes and mel bands of mono sound at one rate, 100 frames a second."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bandmate.audio.signal import Signal

RATE = 22050  # Hz, of everything that is listened to
HOP = 220  # samples; a frame is 9.98 ms
FRAME_RATE = RATE / HOP
WINDOW = 1024
DRUM_BANDS = 64
_PIECE = 4096  # frames transformed at once: 2 MB of spectrum
_MEL_LOW_HZ, _MEL_HIGH_HZ = 30.0, 11000.0

Mono = NDArray[np.float32]  # (n,)


def to_mono(signal: Signal, rate: int = RATE) -> Mono:
    """The mean of the channels at another rate.

    Args:
        signal: any number of channels, any rate.
        rate: Hz.
    """
    from scipy.signal import resample_poly

    mono = signal.samples.mean(axis=0, dtype=np.float32) if len(signal.samples) > 1 else signal.samples[0]
    if signal.rate == rate:
        return np.ascontiguousarray(mono, np.float32)
    shared = int(np.gcd(signal.rate, rate))
    return resample_poly(mono, rate // shared, signal.rate // shared).astype(np.float32)


def frame_count(samples: int) -> int:
    """How many frames that many samples have: one around each HOP, the first around sample 0."""
    return samples // HOP + 1


def magnitudes(mono: Mono) -> Iterator[NDArray[np.float32]]:
    """Magnitudes of WINDOW samples around every HOP, piece by piece; float32 (frames, WINDOW / 2 + 1)."""
    from scipy.fft import rfft

    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    padded = np.pad(mono, WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][: frame_count(len(mono))]
    for start in range(0, len(frames), _PIECE):
        yield np.abs(np.asarray(rfft(frames[start : start + _PIECE] * window, axis=1))).astype(np.float32)


def mel_bands(mono: Mono, bands: int = DRUM_BANDS) -> NDArray[np.float32]:
    """Energy of mel bands, 30 Hz to 11 kHz, in frames of HOP; float32 (frames, bands).

    Args:
        mono: at RATE.
        bands: how many.
    """
    weights = _mel_weights(bands)
    return np.concatenate([piece @ weights for piece in magnitudes(mono)])


@cache
def _mel_weights(bands: int) -> NDArray[np.float32]:
    """Triangles on the mel scale (O'Shaughnessy 1987); float32 (bins, bands)."""
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (_MEL_LOW_HZ, _MEL_HIGH_HZ))
    edges = 700.0 * (10.0 ** (np.linspace(low, high, bands + 2) / 2595.0) - 1.0)
    hz = np.arange(WINDOW // 2 + 1) * (RATE / WINDOW)
    rise = (hz[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - hz[:, None]) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0.0, np.minimum(rise, fall))
    narrow = np.flatnonzero(weights.sum(axis=0) < 0.5)  # triangles between two bins of the lowest bands
    for band in narrow:
        weights[:, band] = np.maximum(0.0, 1.0 - np.abs(hz - edges[band + 1]) / (RATE / WINDOW))
    return np.ascontiguousarray(weights, np.float32)
