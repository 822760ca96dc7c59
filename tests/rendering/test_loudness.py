"""Loudness against the standard's own test signals, the limiter against its promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, resample_poly, sosfilt

from bandmate.rendering.loudness import limiter_gains, master, measure_lufs, true_peak_db

RATE = 44100


def sine(hz: float, seconds: float, level_db: float = 0.0, rate: int = RATE) -> np.ndarray:
    wave = np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate) * 10 ** (level_db / 20)
    return np.stack([wave, wave]).astype(np.float32)


def beat(seconds: float = 8.0, seed: int = 0) -> np.ndarray:
    """Noise bursts twice a second over a quiet bed: much for a limiter to do."""
    rng = np.random.default_rng(seed)
    times = np.arange(int(seconds * RATE)) / RATE
    noise = sosfilt(butter(6, 14000, fs=RATE, output="sos"), rng.standard_normal((2, len(times))))
    return (noise * (0.01 + 0.5 * np.exp(-(times % 0.5) * 40))).astype(np.float32)


@pytest.mark.parametrize("rate", [44100, 48000])
def test_997_hz_at_full_scale_on_one_channel_is_minus_3_01(rate):
    wave = sine(997.0, 5.0, rate=rate)
    wave[1] = 0
    assert measure_lufs(wave, rate) == pytest.approx(-3.01, abs=0.02)


def test_true_peak_finds_what_lies_between_the_samples():
    times = np.arange(RATE) / RATE
    wave = np.sin(2 * np.pi * RATE / 4 * times + np.pi / 4)[None].astype(np.float32)  # samples at 0.707 only
    wave *= np.hanning(wave.shape[1]).astype(np.float32)
    assert true_peak_db(wave) == pytest.approx(0.0, abs=0.2)
    assert true_peak_db(np.zeros((2, 100), np.float32)) == -math.inf


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([-20.0, -14.0, -9.0]), st.booleans())
def test_a_mix_reaches_its_loudness_under_the_ceiling(seed, target, around):
    mix = beat(seed=seed)
    result = master(mix, RATE, target, around=around)
    assert result.lufs == pytest.approx(target, abs=0.1)
    assert measure_lufs(result.samples, RATE, around=around) == pytest.approx(result.lufs, abs=0.01)
    eightfold = np.abs(resample_poly(result.samples.astype(np.float64), 8, 1, axis=1)).max()
    assert 20 * np.log10(eightfold) < -0.6  # a finer meter than the standard's reads a little more
    assert result.true_peak_db <= -1.0


def test_a_quiet_mix_is_only_scaled():
    mix = sine(440.0, 3.0, -40.0)
    result = master(mix, RATE, -14.0)
    np.testing.assert_allclose(result.samples, mix * 10 ** (result.gain_db / 20), rtol=1e-5, atol=1e-7)


def test_silence_stays_silence():
    result = master(np.zeros((2, RATE), np.float32), RATE)
    assert result.lufs == -math.inf
    assert not result.samples.any()


def test_what_is_shorter_than_a_gating_block_has_a_loudness():
    assert measure_lufs(sine(997.0, 0.1), RATE) == pytest.approx(0.0, abs=0.5)


@given(st.lists(st.floats(0.05, 1.0), min_size=1, max_size=400), st.booleans())
def test_the_limiter_never_passes_what_a_step_or_its_neighbour_needs(needed, around):
    wanted = np.array(needed)
    gains = limiter_gains(wanted, RATE, around=around)
    for shift in (-1, 0, 1):
        near = np.roll(wanted, shift) if around else np.pad(wanted, 1, mode="edge")[1 + shift : 1 + shift + len(wanted)]
        assert (gains <= near + 1e-9).all()


def test_the_limiter_lets_go_slowly():
    needed = np.ones(2000)
    needed[1000] = 0.25
    gains = limiter_gains(needed, RATE)
    assert gains[500] == pytest.approx(1.0)
    assert gains[1000] <= 0.25
    assert 0.3 < gains[1100] < 0.7  # 36 ms later
    assert (np.diff(gains[1020:]) >= -1e-12).all()
