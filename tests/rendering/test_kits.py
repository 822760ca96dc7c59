"""The synthesised kits: each drum by its spectrum and its fall, as an ear would tell them."""

from __future__ import annotations

import numpy as np
import pytest

from bandmate.rendering.kits import RATE, STYLES, drum_sound, synthesised_kits
from bandmate.rendering.soundfont import open_soundfont


def centroid_hz(sound: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(sound, 1 << 17)) ** 2
    return float((power * np.fft.rfftfreq(1 << 17, 1 / RATE)).sum() / power.sum())


def falls_40_db_sec(sound: np.ndarray) -> float:
    energy = np.convolve(sound.astype(np.float64) ** 2, np.ones(441), "same")
    return float(np.flatnonzero(energy > energy.max() * 1e-4)[-1] / RATE)


# key: spectral centroid from .. to in Hz, time to fall by 40 dB from .. to in seconds; bounds around TR-808 recordings
ANALOG_808 = {
    36: (45, 90, 0.6, 1.3),
    38: (800, 3600, 0.10, 0.20),
    39: (1500, 3000, 0.3, 0.5),
    42: (8000, 12000, 0.03, 0.10),
    46: (7000, 9000, 0.3, 0.6),
    49: (6500, 9000, 0.8, 2.0),
    56: (700, 1000, 0.15, 0.4),
    41: (80, 130, 0.2, 0.45),
}


@pytest.mark.parametrize("key", ANALOG_808)
def test_the_808_sounds_like_one(key):
    low, high, shortest, longest = ANALOG_808[key]
    sound = drum_sound(25, key)
    assert low < centroid_hz(sound) < high
    assert shortest < falls_40_db_sec(sound) < longest


def test_the_909_kick_is_shorter_and_brighter_than_the_808():
    old, new = drum_sound(25, 36), drum_sound(24, 36)
    assert falls_40_db_sec(new) < 0.7 * falls_40_db_sec(old)
    assert centroid_hz(new) > 1.5 * centroid_hz(old)


@pytest.mark.parametrize("program", STYLES)
def test_every_hit_is_clean(program):
    for key in range(128):
        sound = drum_sound(program, key)
        if sound is None:
            continue
        assert np.isfinite(sound).all()
        assert abs(sound).max() == pytest.approx(0.9, abs=1e-4)
        assert abs(sound[-1]) < 1e-3
        assert abs(float(sound.mean())) < 0.02


def test_keys_without_a_formula_are_played_by_the_standard_kit():
    standard = open_soundfont().instrument(128, 0)
    kit = synthesised_kits(standard)[25]
    assert kit.answering(36, 100)[0].sample.data is drum_sound(25, 36)
    assert drum_sound(25, 58) is None
    assert kit.answering(58, 100) == standard.answering(58, 100) != []


def test_hats_choke_each_other():
    kit = synthesised_kits(open_soundfont().instrument(128, 0))[24]
    classes = {kit.answering(key, 100)[0].generators[57] for key in (42, 44, 46)}
    assert len(classes) == 1
    assert classes != {0}
