"""Small bands, written as MIDI files into folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bandmate.io.midi import write_midi
from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos

SCALE = np.array([0, 2, 4, 5, 7, 9, 11])


def melody(seed: int, notes: int = 96, low: int = 60) -> Track:
    """A walk over C major with a rhythm."""
    draw = np.random.default_rng(seed)
    degree = 14 - np.abs((np.cumsum(draw.integers(-3, 4, notes)) + 7) % 29 - 14)
    onset = np.append(0, np.cumsum(draw.choice([120, 240, 240, 480], notes - 1)))
    return Track("Melody", 73, notes=make_notes(onset, 110, low + SCALE[degree % 7] + 12 * (degree // 7), 90), role="")


def drums(seed: int, bars: int = 16) -> Track:
    """Kick and snare with hats, a kick pattern by seed."""
    draw = np.random.default_rng(seed)
    kicks = np.unique(np.append(0, draw.integers(1, 16, 3))) * 120
    bar = np.arange(bars)[:, None] * 1920
    rows = [(kicks, 36, 110), (np.array([480, 1440]), 38, 100), (np.arange(8) * 240, 42, 70)]
    onset = np.concatenate([(bar + steps).ravel() for steps, _, _ in rows])
    pitch = np.concatenate([np.full(bars * len(steps), key) for steps, key, _ in rows])
    velocity = np.concatenate([np.full(bars * len(steps), force) for steps, _, force in rows])
    return Track("Drums", 0, True, make_notes(onset, 60, pitch, velocity, channel=9))


def bass(seed: int, bars: int = 16) -> Track:
    """Roots of four chords in a rhythm by seed."""
    draw = np.random.default_rng(seed)
    steps = np.unique(np.append(0, draw.integers(1, 16, 5))) * 120
    onset = (np.arange(bars)[:, None] * 1920 + steps).ravel()
    roots = np.repeat(np.array([36, 45, 41, 43])[np.arange(bars) % 4], len(steps))
    return Track("Bass", 33, notes=make_notes(onset, 110, roots, 95, channel=1))


def band(seed: int, bpm: float = 96.0) -> Score:
    """Drums, bass and melody of 16 bars."""
    tracks = (drums(seed), bass(seed + 1000), melody(seed + 2000))
    return Score(tracks, tempos=make_tempos(bpm), meters=make_meters())


@pytest.fixture(scope="session")
def make_band() -> Callable[..., Score]:
    return band


@pytest.fixture(scope="session")
def make_melody() -> Callable[..., Track]:
    return melody


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Write {relative path: score or bytes or text} below a folder."""

    def write(files: dict[str, Score | bytes | str], name: str = "music") -> Path:
        root = tmp_path / name
        for relative, content in files.items():
            path = root / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Score):
                write_midi(content, path)
            elif isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_text(content, encoding="utf-8")
        return root

    return write
