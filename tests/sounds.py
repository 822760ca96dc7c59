"""Small sounds for tests, made on the spot: a drum loop from the synthesised kits, tones with overtones, noise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from bandmate.audio.signal import Signal
from bandmate.audio.spectrum import RATE, Mono, to_mono
from bandmate.rendering.kits import RATE as KIT_RATE
from bandmate.rendering.kits import drum_sound, hit_level_cb

KEYS = {"kick": 36, "snare": 38, "hat": 42}
ROCK = {"kick": "x.......x.x.....", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."}


def drum_loop(bpm: float, bars: int, patterns: dict[str, str] | None = None, style: str = "909") -> Mono:
    """Bars of sixteenths on a synthesised kit, exactly as long as the bars."""
    step = 15.0 / bpm
    out = np.zeros(round(bars * 16 * step * RATE), np.float32)
    for name, pattern in (patterns or ROCK).items():
        sound = drum_sound(style, KEYS[name])
        assert sound is not None
        mono = to_mono(Signal(np.atleast_2d(sound)[:1], KIT_RATE)) * 10 ** (-hit_level_cb(KEYS[name]) / 200)
        for place in range(bars * len(pattern)):
            if pattern[place % len(pattern)] == "x":
                at = round(place * step * RATE)
                piece = mono[: len(out) - at]
                out[at : at + len(piece)] += piece
    return (0.9 * out / np.abs(out).max()).astype(np.float32)


def tone(key: float, seconds: float, level: float = 0.3) -> Mono:
    """A plucked tone with six overtones."""
    time = np.arange(round(seconds * RATE)) / RATE
    hz = 440.0 * 2 ** ((key - 69) / 12)
    wave = sum(np.sin(2 * np.pi * hz * n * time) / n for n in range(1, 7) if hz * n < RATE / 2)
    shape = np.minimum(1, time / 0.004) * np.exp(-1.5 * time) * np.minimum(1, (seconds - time) / 0.01)
    return (level * wave * shape).astype(np.float32)


def line(keys: list[int], each_sec: float, start_sec: float = 0.0) -> Mono:
    """Tones one after the other."""
    return np.concatenate([np.zeros(round(start_sec * RATE), np.float32), *(tone(key, each_sec) for key in keys)])


def chords(stacks: list[list[int]], each_sec: float, strokes: int = 4) -> Mono:
    """Chords one after the other, each struck several times."""
    parts = [sum(tone(key, each_sec / strokes, 0.12) for key in stack) for stack in stacks for _ in range(strokes)]
    return np.concatenate(parts).astype(np.float32)


def noise(seconds: float, seed: int = 0) -> NDArray[np.float32]:
    """Steady noise, in which nothing begins."""
    return (0.1 * np.random.default_rng(seed).normal(size=round(seconds * RATE))).astype(np.float32)


def save(mono: Mono, path: Path) -> Path:
    """Write a WAV file."""
    soundfile.write(path, mono, RATE, subtype="PCM_16")
    return path


def with_tail(dry: Mono, seconds: float, level: float = 0.25, seed: int = 0) -> Mono:
    """A sound in a room that rings so long behind it."""
    count = round(seconds * RATE)
    echo = np.random.default_rng(seed).normal(size=count) * np.exp(-6.9 * np.arange(count) / count)
    size = len(dry) + count
    wet = np.fft.irfft(np.fft.rfft(dry, 2 * size) * np.fft.rfft(echo, 2 * size))[:size]
    out = np.pad(dry, (0, count)) + level * wet * np.sqrt(np.mean(dry**2) / np.mean(wet**2))
    return (0.9 * out / np.abs(out).max()).astype(np.float32)
