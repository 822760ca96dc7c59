"""The pitch of one voice over time, by SwiftF0 (extra `audio`): what is hummed, sung or played one note at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.audio.signal import Signal
from bandmate.audio.spectrum import RATE, Mono, to_mono
from bandmate.errors import MissingExtra

LINE_RATE = 16000 / 256  # frames a second
VOICED = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class PitchLine:
    """Frames at LINE_RATE: `key` = fractional MIDI key, `sure` = how surely it is pitched (0..1), `level_db`."""

    key: NDArray[np.float64]
    sure: NDArray[np.float64]
    level_db: NDArray[np.float64]


def pitch_line(mono: Mono) -> PitchLine:
    """Follow the pitch of sound at `spectrum.RATE`.

    Raises:
        MissingExtra: SwiftF0 is not installed.
    """
    found = _detector().detect(to_mono(Signal(mono[None], RATE), 16000), 16000)
    return PitchLine(69.0 + 12.0 * np.log2(found.pitch_hz / 440.0), found.confidence, found.loudness_db)


@cache
def _detector() -> Any:
    try:
        import swift_f0
    except ImportError as missing:
        raise MissingExtra("audio", "following a hummed or played line") from missing
    return swift_f0.SwiftF0(threads=1, spin=False)
