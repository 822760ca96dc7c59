"""The last stage of a mix: a stated loudness, no peak above the ceiling, also between the samples.

Source: ITU-R BS.1770-4 for loudness (pyloudnorm with De Man's filters, which meet the standard's test values) and for
the four-fold oversampled true peak. The limiter is ours: it looks ahead, and its gain is never above the needed one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.audio.signal import Samples, db_from_gain, gain_from_db

TARGET_LUFS = -14.0
CEILING_DB = -1.0
_MARGIN_DB = 0.15  # the limiter aims this far under the ceiling, since its gain moves between the oversampled points
_LOOK_SEC, _RELEASE_SEC = 0.004, 0.08
_COARSE = 16  # samples a step of the release
_ROUNDS = 6
_CLOSE_LU = 0.02
_SHORTEST_SEC = 0.4  # one gating block of the standard
_OVERSAMPLE = 4
_PIECE, _OVERLAP = 1 << 17, 64


@dataclass(frozen=True, slots=True, eq=False)
class Master:
    """A finished mix: float32 (2, n), its loudness and true peak, and the gain that was put before the limiter."""

    samples: Samples
    lufs: float
    true_peak_db: float
    gain_db: float


def measure_lufs(samples: NDArray[np.float32], rate: int, *, around: bool = False) -> float:
    """Integrated loudness in LUFS, -inf for silence; what is shorter than a gating block, or a loop, is repeated."""
    from pyloudnorm import Meter

    needed = math.ceil(_SHORTEST_SEC * rate) + 1
    if samples.shape[1] < needed * (5 if around else 1):
        samples = np.tile(samples, (1, -(-needed * (5 if around else 1) // max(1, samples.shape[1]))))
    with np.errstate(all="ignore"):
        if not samples.any():
            return -math.inf
        return float(Meter(rate, filter_class="DeMan").integrated_loudness(samples.T))


def peak_curve(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """True peak at each sample, both channels together, four-fold oversampled; float32 (n,)."""
    from scipy.signal import resample_poly

    length = samples.shape[1]
    curve = np.empty(length, np.float32)
    for start in range(0, length, _PIECE):
        stop = min(start + _PIECE, length)
        first, last = max(0, start - _OVERLAP), min(length, stop + _OVERLAP)
        fine = np.abs(resample_poly(samples[:, first:last], _OVERSAMPLE, 1, axis=1)).max(axis=0)
        coarse = fine.reshape(-1, _OVERSAMPLE).max(axis=1)[start - first : stop - first]
        np.maximum(coarse, np.abs(samples[:, start:stop]).max(axis=0), out=curve[start:stop])
    return curve


def true_peak_db(samples: NDArray[np.float32]) -> float:
    """Highest true peak in dBTP, -inf for silence."""
    return db_from_gain(float(peak_curve(samples).max())) if samples.size else -math.inf


def limiter_gains(needed: NDArray[np.float32], rate: int, *, around: bool) -> NDArray[np.float32]:
    """Smooth a needed gain so that it is never passed: down ahead of a peak, up slowly after it.

    Args:
        needed: at most 1; float32 (n,).
        rate: Hz. around: the sound is a loop.
    """
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    margin = min(len(needed), rate) if around else 0
    gains = np.pad(needed, margin, mode="wrap") if margin else needed
    look = int(_LOOK_SEC * rate) | 1
    ahead = minimum_filter1d(gains, 2 * look - 1)
    steps = np.minimum.reduceat(ahead, np.arange(0, len(ahead), _COARSE))
    keep = math.exp(-_COARSE / (_RELEASE_SEC * rate))
    released, state = np.empty_like(steps), 1.0
    for index, step in enumerate(steps.tolist()):
        state = min(step, 1.0 - (1.0 - state) * keep)
        released[index] = state
    smooth = np.minimum(ahead, np.repeat(released, _COARSE)[: len(ahead)])
    width = (look + 1) // 2 | 1
    smooth = uniform_filter1d(uniform_filter1d(smooth, width), width)
    smooth = np.minimum(smooth, gains)
    return smooth[margin : margin + len(needed)]


def master(samples: NDArray[np.float32], rate: int, target_lufs: float = TARGET_LUFS, *, around: bool = False) -> Master:
    """Bring a mix to a loudness with its true peak under the ceiling; silence stays silence.

    The gain is found by measuring what comes out, at most six rounds; a mix of nothing but isolated peaks may stay
    softer, and the result says so.

    Args:
        samples: float32 (2, n). rate: Hz. target_lufs: wanted loudness. around: the mix is a loop.
    """
    measured = measure_lufs(samples, rate, around=around)
    if not math.isfinite(measured):
        return Master(samples, -math.inf, -math.inf, 0.0)
    curve = peak_curve(samples)
    ceiling = gain_from_db(CEILING_DB - _MARGIN_DB)
    gain_db, result, lufs = target_lufs - measured, samples, measured
    for _ in range(_ROUNDS):
        result = _limited(samples, curve, gain_from_db(gain_db), ceiling, rate, around=around)
        lufs = measure_lufs(result, rate, around=around)
        if abs(target_lufs - lufs) <= _CLOSE_LU:
            break
        gain_db += (target_lufs - lufs) * 1.1
    peak_db = true_peak_db(result)
    if peak_db > CEILING_DB:
        down_db = CEILING_DB - peak_db - 0.01
        result = result * np.float32(gain_from_db(down_db))
        lufs, peak_db = lufs + down_db, peak_db + down_db
    return Master(result, lufs, peak_db, gain_db)


def _limited(
    samples: NDArray[np.float32], curve: NDArray[np.float32], gain: float, ceiling: float, rate: int, *, around: bool
) -> NDArray[np.float32]:
    if float(curve.max()) * gain <= ceiling:
        return samples * np.float32(gain)
    needed = np.minimum(1.0, ceiling / np.maximum(curve * np.float32(gain), 1e-9)).astype(np.float32)
    return samples * (limiter_gains(needed, rate, around=around) * np.float32(gain))
