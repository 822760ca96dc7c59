"""The last stage of a mix: a stated loudness, no peak above the ceiling, also between the samples.

Source: ITU-R BS.1770-4 for loudness (pyloudnorm with De Man's filters, which meet the standard's test values) and for
the four-fold oversampled true peak. The limiter is ours: it looks ahead, and its gain is never above the needed one.
It works on steps of 16 samples, where a round of the search for the right gain costs next to nothing; what is reported
is measured on the finished samples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.audio.signal import Samples, db_from_gain, gain_from_db

TARGET_LUFS = -14.0
CEILING_DB = -1.0
STEP = 16  # samples a step of the limiter
_MARGIN_DB = 0.15  # the limiter aims this far under the ceiling, since its gain moves between the oversampled points
_LOOK_SEC, _RELEASE_SEC = 0.004, 0.08
_ROUNDS, _SEARCH_ROUNDS = 6, 12
_CLOSE_LU = 0.05
_MOST_GAIN_DB = 60.0
_BLOCK_SEC, _HOP_SEC, _GATE_LUFS, _OFFSET_LU = 0.4, 0.1, -70.0, -0.691
_SPARE_DB = 6.0
_OVERSAMPLE, _TAPS = 4, 48  # as the standard has it
_PIECE, _PEAK_PIECE, _OVERLAP = 1 << 15, 1 << 13, 64


@dataclass(frozen=True, slots=True, eq=False)
class Master:
    """A finished mix: float32 (2, n), its loudness and true peak, and the gain that was put before the limiter."""

    samples: Samples
    lufs: float
    true_peak_db: float
    gain_db: float


def measure_lufs(samples: NDArray[np.float32], rate: int, *, around: bool = False) -> float:
    """Integrated loudness in LUFS, -inf for silence; what is shorter than a gating block, or a short loop, is repeated.

    Args:
        samples: float32 (channels, n).
        rate: Hz.
        around: the sound is a loop.
    """
    from pyloudnorm import Meter

    if not samples.any():
        return -math.inf
    needed = math.ceil(_BLOCK_SEC * rate * (5 if around else 1)) + 1
    if samples.shape[1] < needed:
        samples = np.tile(samples, (1, -(-needed // samples.shape[1])))
    with np.errstate(all="ignore"):
        return float(Meter(rate, filter_class="DeMan").integrated_loudness(samples.T))


def quick_lufs(samples: NDArray[np.float32], rate: int) -> float:
    """Integrated loudness on steps of 16 samples: within a few hundredths of `measure_lufs`, at a third of its cost."""
    return _Levels(_step_energy(samples, rate), np.zeros(0), rate, around=False).lufs(1.0)


def step_levels_db(
    samples: NDArray[np.float32], rate: int, window_sec: float, *, around: bool = False
) -> tuple[NDArray[np.float64], float]:
    """How loud each step of 16 samples is within a window around it, and the integrated loudness; in LUFS."""
    from scipy.ndimage import uniform_filter1d

    energy = _step_energy(samples, rate)
    smooth = uniform_filter1d(energy, max(1, round(window_sec * rate / STEP)), mode="wrap" if around else "nearest")
    levels_db = _OFFSET_LU + 10.0 * np.log10(np.maximum(smooth / STEP, 1e-12))
    return levels_db, _Levels(energy, np.zeros(0), rate, around=around).lufs(1.0)


def true_peak_db(samples: NDArray[np.float32]) -> float:
    """Highest true peak in dBTP, -inf for silence."""
    if not samples.size:
        return -math.inf
    loudest = float(np.abs(samples).max())
    return db_from_gain(float(_step_peaks(samples, 0.7 * loudest).max()))


def limiter_gains(needed: NDArray[np.float64], rate: int, *, around: bool = False) -> NDArray[np.float64]:
    """Smooth a needed gain so that it is never passed: down ahead of a peak, up slowly after it.

    Args:
        needed: at most 1, one a step; float (m,).
        rate: of the samples, in Hz.
        around: the sound is a loop.

    Returns:
        One a step; at most the least that this step and its neighbours need.
    """
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    margin = rate // STEP
    gains = np.pad(needed, margin, mode="wrap" if around else "edge")
    look = math.ceil(_LOOK_SEC * rate / STEP)
    ahead = minimum_filter1d(gains, 2 * look - 1)
    # How far the gain is down decays exponentially: a running maximum once the decay is taken out.
    decay = STEP / (_RELEASE_SEC * rate) * np.arange(len(ahead))
    with np.errstate(divide="ignore"):
        down = np.exp(np.maximum.accumulate(np.log(1.0 - ahead) + decay) - decay)
    width = (look - 1) // 2 * 2 - 1
    smooth = uniform_filter1d(uniform_filter1d(1.0 - down, width), width)
    return smooth[margin : margin + len(needed)]


def master(
    samples: NDArray[np.float32], rate: int, target_lufs: float = TARGET_LUFS, *, around: bool = False
) -> Master:
    """Bring a mix to a loudness with its true peak under the ceiling; silence stays silence.

    A mix of little but isolated peaks may stay softer, and the result says so.

    Args:
        samples: float32 (2, n).
        rate: Hz.
        target_lufs: wanted loudness.
        around: the mix is a loop.
    """
    levels = _Levels.of(samples, rate, target_lufs, around=around)
    if not math.isfinite(levels.lufs(1.0)):
        return Master(samples, -math.inf, true_peak_db(samples), 0.0)
    wanted, margin_db = target_lufs, _MARGIN_DB
    result, lufs, peak_db, gain_db = samples, -math.inf, math.inf, 0.0
    for _ in range(_ROUNDS):
        gain_db = levels.gain_for(wanted, margin_db)
        result = apply_gains(samples, gain_from_db(gain_db) * levels.limiter(gain_db, margin_db))
        lufs, peak_db = measure_lufs(result, rate, around=around), true_peak_db(result)
        if peak_db > CEILING_DB - 0.01:
            margin_db += peak_db - CEILING_DB + 0.03
        elif abs(target_lufs - lufs) <= _CLOSE_LU or gain_db >= _MOST_GAIN_DB:
            break
        wanted += target_lufs - lufs
    if peak_db > CEILING_DB - 0.01:
        down_db = CEILING_DB - 0.01 - peak_db
        result *= np.float32(gain_from_db(down_db))
        lufs, peak_db = lufs + down_db, peak_db + down_db
    return Master(result, lufs, peak_db, gain_db)


@dataclass(frozen=True, slots=True, eq=False)
class _Levels:
    """A mix in steps: K-weighted energy and true peak of each, enough to foresee what the limiter does to it."""

    energy: NDArray[np.float64]
    peak: NDArray[np.float64]
    rate: int
    around: bool

    @classmethod
    def of(cls, samples: NDArray[np.float32], rate: int, target_lufs: float, *, around: bool) -> _Levels:
        levels = cls(_step_energy(samples, rate), np.zeros(0), rate, around)
        measured = levels.lufs(1.0)
        if not math.isfinite(measured):
            return levels
        likely_db = target_lufs - measured + _SPARE_DB  # what stays far under the ceiling at it needs no close look
        floor = gain_from_db(CEILING_DB - likely_db)
        return replace(levels, peak=_step_peaks(samples, floor).astype(np.float64))

    def limiter(self, gain_db: float, margin_db: float) -> NDArray[np.float64]:
        ceiling = gain_from_db(CEILING_DB - margin_db - gain_db)
        if self.peak.max() <= ceiling:
            return np.ones_like(self.peak)
        return limiter_gains(np.minimum(1.0, ceiling / np.maximum(self.peak, 1e-12)), self.rate, around=self.around)

    def lufs(self, gain: NDArray[np.float64] | float) -> float:
        """Gated loudness under a gain; float or one a step."""
        total = np.append(0.0, np.cumsum(self.energy * np.square(gain)))
        hop, block = _HOP_SEC * self.rate / STEP, _BLOCK_SEC * self.rate / STEP
        starts = np.arange(max(1, int((len(self.energy) - block) / hop) + 1)) * hop
        first = np.rint(starts).astype(int)
        last = np.minimum(np.rint(starts + block).astype(int), len(self.energy))
        power = (total[last] - total[first]) / np.maximum((last - first) * STEP, 1)
        with np.errstate(divide="ignore"):
            loud = _OFFSET_LU + 10.0 * np.log10(power)
            kept = power[loud > _GATE_LUFS]
            if not len(kept):
                return -math.inf
            relative = _OFFSET_LU + 10.0 * np.log10(kept.mean()) - 10.0
            kept = power[(loud > _GATE_LUFS) & (loud > relative)]
        return float(_OFFSET_LU + 10.0 * np.log10(kept.mean()))

    def gain_for(self, target_lufs: float, margin_db: float) -> float:
        """The gain in dB before the limiter that gives a loudness after it."""
        gain_db, slope, step_db = target_lufs - self.lufs(1.0), 1.0, 0.0
        reached = -math.inf
        for _ in range(_SEARCH_ROUNDS):
            before, reached = reached, self.lufs(gain_from_db(gain_db) * self.limiter(gain_db, margin_db))
            missing = target_lufs - reached
            if abs(missing) < 0.01 or gain_db >= _MOST_GAIN_DB:
                break
            if math.isfinite(before):  # the more the limiter works, the less a dB of gain gives
                slope = min(max((reached - before) / step_db, 0.1), 1.0)
            step_db = min(missing / slope, _MOST_GAIN_DB - gain_db)
            gain_db += step_db
        return gain_db


def _step_energy(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """K-weighted energy of both channels together in each step."""
    from pyloudnorm import IIRfilter
    from scipy.signal import sosfilt

    # fixed by the standard, as pyloudnorm's meter sets them for De Man's filters
    shelf = IIRfilter(3.99984385397, 0.7071752369554193, 1681.9744509555319, rate, "high_shelf_DeMan")
    high = IIRfilter(0.0, 0.5003270373253953, 38.13547087613982, rate, "high_pass_DeMan")
    sections = np.array([[*part.b, *part.a] for part in (shelf, high)])
    state = np.zeros((2, samples.shape[0], 2))
    energy = np.zeros(-(-samples.shape[1] // STEP))
    for start in range(0, samples.shape[1], _PIECE):
        weighted, state = sosfilt(sections, samples[:, start : start + _PIECE], axis=1, zi=state)
        _in_steps(energy, start, np.einsum("cn,cn->n", weighted, weighted), np.add)
    return energy


def _step_peaks(samples: NDArray[np.float32], floor: float) -> NDArray[np.float32]:
    """True peak of each step; where no sample passes `floor`, the sample peak stands for it."""
    from scipy.signal import resample_poly

    length = samples.shape[1]
    peaks = np.zeros(-(-length // STEP), np.float32)
    for start in range(0, length, _PEAK_PIECE):
        stop = min(start + _PEAK_PIECE, length)
        fine = np.abs(samples[:, start:stop]).max(axis=0)
        if fine.max() > floor:
            first, last = max(0, start - _OVERLAP), min(length, stop + _OVERLAP)
            over = np.abs(resample_poly(samples[:, first:last], _OVERSAMPLE, 1, axis=1, window=_oversampler()))
            for side in over[:, _OVERSAMPLE * (start - first) : _OVERSAMPLE * (stop - first)]:
                for phase in range(_OVERSAMPLE):
                    np.maximum(fine, side[phase::_OVERSAMPLE], out=fine)
        _in_steps(peaks, start, fine, np.maximum)
    return peaks


@cache
def _oversampler() -> NDArray[np.float32]:
    """A low-pass for four-fold oversampling, designed once."""
    times = np.arange(-_TAPS // 2, _TAPS // 2 + 1)
    taps = np.sinc(times / _OVERSAMPLE) * np.kaiser(len(times), 5.0)
    return (taps / taps.sum()).astype(np.float32)


def _in_steps(steps: NDArray[Any], start: int, values: NDArray[Any], how: np.ufunc) -> None:
    padded = np.append(values, np.zeros(-len(values) % STEP, values.dtype))
    steps[start // STEP : start // STEP + len(padded) // STEP] = how.reduce(padded.reshape(-1, STEP), axis=1)


def apply_gains(samples: NDArray[np.float32], gains: NDArray[np.float64]) -> NDArray[np.float32]:
    """Samples under gains given at the middle of each step, straight lines between them."""
    result = np.empty_like(samples)
    middles = np.arange(len(gains)) * STEP + (STEP - 1) / 2
    for start in range(0, samples.shape[1], _PIECE):
        piece = samples[:, start : start + _PIECE]
        places = np.arange(start, start + piece.shape[1])
        result[:, start : start + _PIECE] = piece * np.interp(places, middles, gains).astype(np.float32)
    return result
