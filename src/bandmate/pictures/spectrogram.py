"""Spectrograms: what sounds when, from the deepest to the highest, several of one piece under each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bandmate.io.atomic import write_bytes_atomic
from bandmate.pictures import style
from bandmate.pictures.canvas import Canvas
from bandmate.pictures.paint import paint, png_bytes

WIDTH, PANEL_HEIGHT = 520, 150  # px of one panel without its frame
LEFT, TOP, GAP = 56, 26, 14
LOWEST_HZ, HIGHEST_HZ = 30.0, 16000.0
RANGE_DB = 70.0  # darkest under the loudest
_MARKS_HZ = (100, 1000, 10000)
_SHORT, _LONG = 2048, 8192  # windows: highs are told apart in time, lows in pitch
_CROSS_HZ = 400.0
_LEVELS = 24  # shades: few, so that the files stay small
_SHADES: tuple[style.Colour, ...] = ((14, 15, 22), (52, 30, 98), (140, 41, 129), (222, 73, 104), (254, 159, 109),
                                     (252, 253, 191))  # fmt: skip


def levels_db(samples: NDArray[np.float32], rate: int, columns: int, rows: int) -> NDArray[np.float64]:
    """Level of each row (highest first, on a scale of octaves) in each column of time; dB, float (rows, columns).

    Args:
        samples: float32 (channels, n).
        rate: Hz.
        columns: width in px.
        rows: height in px.
    """
    mono = samples.mean(axis=0, dtype=np.float64)
    edges = np.geomspace(HIGHEST_HZ, LOWEST_HZ, rows + 1)
    fine, coarse = (_powers(mono, window, columns) for window in (_SHORT, _LONG))
    table = np.empty((rows, columns))
    for row, (high, low) in enumerate(pairwise(edges)):
        power, window = (coarse, _LONG) if low < _CROSS_HZ else (fine, _SHORT)
        first = int(low * window / rate)
        table[row] = power[:, first : max(first + 1, int(high * window / rate))].mean(axis=1)
    return 10.0 * np.log10(np.maximum(table, 1e-12))


def _powers(mono: NDArray[np.float64], window: int, columns: int) -> NDArray[np.float64]:
    """Power spectra around the middle of each column; (columns, bins)."""
    padded = np.pad(mono, window // 2)
    starts = np.linspace(0, max(len(mono) - 1, 0), columns).astype(int)
    shape = np.hanning(window)
    return np.array([np.abs(np.fft.rfft(padded[start : start + window] * shape)) ** 2 for start in starts]) / window


def draw_spectrograms(sounds: Sequence[tuple[str, NDArray[np.float32]]], rate: int, path: str | Path) -> Path:
    """Draw sounds of one length side by side and write them as PNG; all share one scale of levels.

    Args:
        sounds: heading and float32 (channels, n) of each.
        rate: Hz.
        path: the PNG to write.

    Raises:
        OutputError: the place cannot be written to; the message names it.
    """
    tables = [levels_db(samples, rate, WIDTH, PANEL_HEIGHT) for _, samples in sounds]
    top_db = max(table.max() for table in tables)
    width = LEFT + len(sounds) * (WIDTH + GAP)
    canvas = Canvas(width, TOP + PANEL_HEIGHT + 24)
    for number, ((name, samples), table) in enumerate(zip(sounds, tables, strict=True)):
        left = LEFT + number * (WIDTH + GAP)
        canvas.write((left, 6), style.fit_text(name, 13, WIDTH), 13)
        box = (left, TOP, left + WIDTH - 1, TOP + PANEL_HEIGHT - 1)
        canvas.raster(box, _shaded(np.clip(1.0 + (table - top_db) / RANGE_DB, 0.0, 1.0)))
        seconds = samples.shape[1] / rate
        for second in range(0, int(np.ceil(seconds)), max(1, round(seconds / 8))):
            canvas.write((left + second / seconds * WIDTH, TOP + PANEL_HEIGHT + 5), f"{second} s", 11,
                             style.TEXT_MUTED)  # fmt: skip
    for hz in _MARKS_HZ:
        height = PANEL_HEIGHT * np.log(HIGHEST_HZ / hz) / np.log(HIGHEST_HZ / LOWEST_HZ)
        canvas.write((LEFT - 6, TOP + float(height)), f"{hz} Hz", 11, style.TEXT_MUTED, "rm")
    few = paint(canvas).quantize(96, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    return write_bytes_atomic(path, png_bytes(few))


def _shaded(shares: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Shares of 0..1 as a picture from dark to bright."""
    shares, stops = np.round(shares * (_LEVELS - 1)) / (_LEVELS - 1), np.linspace(0.0, 1.0, len(_SHADES))
    channels = [np.interp(shares, stops, [shade[channel] for shade in _SHADES]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.uint8)
