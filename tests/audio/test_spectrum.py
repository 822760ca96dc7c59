"""Spectra for ears."""

import numpy as np
from tests.sounds import tone

from bandmate.audio.signal import Signal
from bandmate.audio.spectrum import FRAME_RATE, HOP, RATE, frame_count, mel_bands, to_mono


def test_frames_stand_around_every_hop() -> None:
    click = np.zeros(RATE, np.float32)
    click[40 * HOP] = 1.0
    bands = mel_bands(click)
    assert bands.shape == (frame_count(RATE), 64)
    assert int(bands.sum(axis=1).argmax()) == 40


def test_every_band_hears_its_own_pitch() -> None:
    loudest = [int(mel_bands(tone(key, 0.5)).sum(axis=0).argmax()) for key in (45, 57, 69, 81, 93, 105)]
    assert loudest == sorted(set(loudest))
    assert (mel_bands(np.random.default_rng(0).normal(size=RATE).astype(np.float32)).sum(axis=0) > 0).all()


def test_other_rates_and_channels_become_one() -> None:
    at_48k = np.sin(2 * np.pi * 440 * np.arange(48000) / 48000).astype(np.float32)
    mono = to_mono(Signal(np.stack([at_48k, at_48k]), 48000))
    assert len(mono) == RATE
    assert np.abs(np.fft.rfft(mono)).argmax() == 440
    assert abs(FRAME_RATE - 100) < 0.3
