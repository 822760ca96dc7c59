"""Loudness over time, and what a sound is like in numbers and words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.audio.signal import Signal
from bandmate.audio.spectrum import FRAME_RATE, RATE, WINDOW, Mono, magnitudes

SILENT_DB = -70.0
_STEP_SEC = 0.4  # of the loudness curve
_MOST_SEC = 300.0  # of a sound, of which its timbre is taken
_EVERY = 4  # frames, of which one is looked at closely
_QUIET_SHARE = 0.05  # frames under this share of the loudest are not listened to for timbre


@dataclass(frozen=True, slots=True)
class Timbre:
    """A sound in numbers.

    Attributes:
        centre_hz: mean frequency, weighted by energy and by loudness of the frame.
        low_share, high_share: of the energy under 150 Hz, and over 4 kHz.
        noisiness: 0 = tones, 1 = noise (spectral flatness, 200 Hz to 8 kHz).
        punch_db: how far peaks of energy (10 ms) stand over the mean.
        range_db: between its soft and its loud moments (10th and 95th percentile of 0.4 s).
        lufs: loudness of the whole. width: 0 = mono, 1 = sides as strong as the middle.
    """

    centre_hz: float
    low_share: float
    high_share: float
    noisiness: float
    punch_db: float
    range_db: float
    lufs: float
    width: float


# What is said, when: word, field, limit, whether it is at least that. Limits: quartiles of the rendered test set.
WORDS: tuple[tuple[str, str, float, bool], ...] = (
    ("dark", "centre_hz", 500.0, False),
    ("bright", "centre_hz", 2200.0, True),
    ("warm", "low_share", 0.35, True),
    ("airy", "high_share", 0.12, True),
    ("thin", "low_share", 0.01, False),
    ("noisy", "noisiness", 0.30, True),
    ("clean", "noisiness", 0.03, False),
    ("punchy", "punch_db", 9.0, True),
    ("smooth", "punch_db", 4.0, False),
    ("dynamic", "range_db", 14.0, True),
    ("even", "range_db", 4.0, False),
    ("loud", "lufs", -11.0, True),
    ("quiet", "lufs", -28.0, False),
    ("wide", "width", 0.5, True),
)


def loudness_curve(mono: Mono) -> NDArray[np.float64]:
    """Level in dB of full scale for every 0.4 s; silence is SILENT_DB."""
    size = round(_STEP_SEC * RATE)
    whole = mono[: max(size, len(mono) // size * size)]
    padded = np.pad(whole, (0, -len(whole) % size)).reshape(-1, size).astype(float)
    return np.maximum(SILENT_DB, 10.0 * np.log10(np.mean(padded**2, axis=1) + 1e-12))


def timbre_of(signal: Signal, mono: Mono) -> Timbre:
    """Measure a sound.

    Args:
        signal: as it was read.
        mono: the same at spectrum.RATE.
    """
    signal = Signal(signal.samples[:, : round(_MOST_SEC * signal.rate)], signal.rate)
    pieces = [piece**2 for piece in magnitudes(mono[: round(_MOST_SEC * RATE)])]
    energy = np.concatenate([piece.sum(axis=1) for piece in pieces]).astype(float) + 1e-12
    power = np.concatenate([piece[::_EVERY] for piece in pieces])
    heard = power[energy[::_EVERY] >= _QUIET_SHARE * energy.max()].astype(float)
    hz = np.arange(power.shape[1]) * (RATE / WINDOW)
    mean = heard.mean(axis=0) + 1e-12
    share = mean / mean.sum()
    middle = (hz >= 200) & (hz <= 8000)
    flat = np.exp(np.log(heard[:, middle] + 1e-9).mean(axis=1)) / (heard[:, middle].mean(axis=1) + 1e-9)
    frames = 10.0 * np.log10(energy)
    curve = loudness_curve(mono)
    loud = curve[curve > SILENT_DB]
    return Timbre(
        centre_hz=float((hz * np.sqrt(mean)).sum() / np.sqrt(mean).sum()),
        low_share=float(share[hz < 150].sum()), high_share=float(share[hz >= 4000].sum()),
        noisiness=float(flat.mean()), punch_db=_punch(frames),
        range_db=float(np.subtract(*np.percentile(loud, [95, 10]))) if len(loud) else 0.0,
        lufs=_lufs(signal), width=_width(signal),
    )  # fmt: skip


def _punch(level_db: NDArray[np.float64]) -> float:
    """How far the strongest frame of each half second stands over the mean of it, on average."""
    size = round(0.5 * FRAME_RATE)
    rows = level_db[: len(level_db) // size * size].reshape(-1, size)
    if not len(rows):
        return 0.0
    energy = 10.0 ** (rows / 10.0)
    rise = 10.0 * np.log10(energy.max(axis=1) / energy.mean(axis=1))
    weight = energy.mean(axis=1)
    return float((rise * weight).sum() / weight.sum())


def _lufs(signal: Signal) -> float:
    """Integrated loudness; of less than half a second plain level."""
    import pyloudnorm

    if signal.duration_sec < 0.5 or not np.abs(signal.samples).max() > 0:
        return float(max(SILENT_DB, 10.0 * np.log10(np.mean(signal.samples.astype(float) ** 2) + 1e-12)))
    value = float(pyloudnorm.Meter(signal.rate).integrated_loudness(signal.samples[:2].T.astype(float)))
    return max(SILENT_DB, value) if np.isfinite(value) else SILENT_DB


def _width(signal: Signal) -> float:
    if len(signal.samples) < 2:
        return 0.0
    left, right = signal.samples[0].astype(float), signal.samples[1].astype(float)
    middle, side = np.mean((left + right) ** 2), np.mean((left - right) ** 2)
    return float(min(1.0, np.sqrt(side / middle))) if middle > 0 else 0.0


def timbre_words(timbre: Timbre) -> tuple[str, ...]:
    """What a musician would call it; may be empty."""
    return tuple(
        word for word, field, limit, above in WORDS if (getattr(timbre, field) >= limit) == above
    )  # fmt: skip
