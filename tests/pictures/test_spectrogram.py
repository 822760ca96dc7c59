"""Spectrograms: a tone lies at its height, a click at its time."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from bandmate.errors import OutputError
from bandmate.pictures.spectrogram import HIGHEST_HZ, LOWEST_HZ, draw_spectrograms, levels_db

RATE = 44100


def tone(hz: float, seconds: float = 1.0) -> np.ndarray:
    wave = np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)
    return np.stack([wave, wave]).astype(np.float32)


@pytest.mark.parametrize("hz", [60.0, 110.0, 440.0, 2000.0, 9000.0])
def test_a_tone_lies_at_its_height(hz):
    table = levels_db(tone(hz), RATE, 20, 120)
    row = 120 * np.log(HIGHEST_HZ / hz) / np.log(HIGHEST_HZ / LOWEST_HZ)
    assert abs(table[:, 10].argmax() - row) <= 3


def test_a_click_lies_at_its_time():
    sound = np.zeros((2, RATE), np.float32)
    sound[:, RATE // 2] = 1.0
    table = levels_db(sound, RATE, 101, 40)
    assert table[0].argmax() == 50
    assert table[0, 40] < table[0, 50] - 60


def test_two_sounds_stand_side_by_side_in_few_colours(tmp_path):
    path = draw_spectrograms([("deep", tone(60.0)), ("high", tone(6000.0))], RATE, tmp_path / "two.png")
    with Image.open(path) as image:
        assert len(image.getcolors(96)) <= 96
        grey = np.asarray(image.convert("L"))
    half = grey.shape[1] // 2
    left, right = grey[30:170, 80:half], grey[30:170, half + 40 : -20]
    assert left.mean(axis=1).argmax() > right.mean(axis=1).argmax() + 60  # deeper is lower


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        draw_spectrograms([("tone", tone(100.0))], RATE, tmp_path / "file" / "two.png")
