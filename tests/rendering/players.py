"""Short scores and how they sound, for the tests of the player."""

from __future__ import annotations

import numpy as np

from bandmate.rendering.patches import PatchBook
from bandmate.rendering.performance import perform
from bandmate.rendering.sampler import Player, load_kernel
from bandmate.rendering.soundfont import SoundFont
from bandmate.score.model import EVENT, MidiHeader, Score, Track, make_notes

RATE = 44100


def events(*rows: tuple[int, int, int, int], channel: int = 0) -> np.ndarray:
    """EVENT rows from (ticks, status, data1, data2)."""
    return np.array([(t, order, status, channel, a, b, -1) for order, (t, status, a, b) in enumerate(rows)], EVENT)


def score_of(*tracks: Track, read: bool = False) -> Score:
    """480 ticks a quarter at 120 BPM: 960 ticks a second."""
    return Score(tracks=tracks, header=MidiHeader() if read else None)


def note_track(key: int = 69, velocity: int = 127, ticks: int = 960, at: int = 0, *, moves=None, **more) -> Track:
    notes = make_notes([at], [ticks], key, velocity, channel=more.pop("channel", 0))
    return Track(notes=notes, events=events() if moves is None else moves, **more)


def sound(font: SoundFont, score: Score, seconds: float = 2.0, *, kernel: str = "numpy", part: int = 0) -> np.ndarray:
    player = Player(PatchBook(font), RATE, load_kernel(kernel))
    return player.play(perform(score)[part], np.empty((2, int(seconds * RATE)), np.float32))


def level_db(samples: np.ndarray, first_sec: float, last_sec: float) -> float:
    part = samples[..., int(first_sec * RATE) : int(last_sec * RATE)].astype(np.float64)
    return float(10 * np.log10(np.mean(part**2) + 1e-20))


def frequency(samples: np.ndarray, first_sec: float, last_sec: float) -> float:
    """Of a sine, from its spectrum's peak between the bins."""
    part = samples[0, int(first_sec * RATE) : int(last_sec * RATE)].astype(np.float64)
    spectrum = np.log(np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 18)) + 1e-12)
    peak = int(spectrum.argmax())
    left, middle, right = spectrum[peak - 1 : peak + 2]
    return (peak + 0.5 * (left - right) / (left - 2 * middle + right)) * RATE / (1 << 18)
