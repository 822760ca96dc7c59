"""Signal: samples and their rate, and the few operations every part that hears needs."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import FileFormatError

Samples = NDArray[np.float32]  # (channels, n)


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """Sound: float32 samples (channels, n), 1.0 = full scale, and the sample rate in Hz."""

    samples: Samples
    rate: int

    @property
    def duration_sec(self) -> float:
        """Length in seconds."""
        return self.samples.shape[1] / self.rate


def gain_from_db(level_db: float) -> float:
    """Amplitude factor of a level in dB."""
    return 10.0 ** (level_db / 20.0)


def db_from_gain(gain: float) -> float:
    """Level in dB of an amplitude; silence is -inf."""
    return 20.0 * math.log10(gain) if gain > 0 else -math.inf


def peak(samples: NDArray[Any]) -> float:
    """Largest absolute sample, 0.0 of nothing; no copy of the whole is made."""
    return max(float(samples.max()), -float(samples.min())) if samples.size else 0.0


def read_signal(source: Path | bytes, name: str = "", most_sec: float = math.inf, from_sec: float = 0.0) -> Signal:
    """Read a sound file (WAV, FLAC, Ogg, AIFF ...) or the bytes of one.

    Args:
        source: the file or its bytes.
        name: what messages call it.
        most_sec: read no more than this, in seconds.
        from_sec: where reading begins, in seconds of the file.

    Raises:
        FileFormatError: libsndfile cannot read it, or it holds no samples; the message names the file.
    """
    import soundfile

    label = name or (str(source) if isinstance(source, Path) else "sound")
    if source == b"" or (isinstance(source, Path) and source.is_file() and not source.stat().st_size):
        raise FileFormatError(f"{label} is empty; record or export it again")
    try:
        with soundfile.SoundFile(io.BytesIO(source) if isinstance(source, bytes) else str(source)) as file:
            rate, frames = file.samplerate, -1 if math.isinf(most_sec) else math.ceil(most_sec * file.samplerate)
            if from_sec > 0:
                file.seek(min(file.frames, round(from_sec * rate)))
            data = file.read(frames, dtype="float32", always_2d=True)
    except (RuntimeError, OSError) as problem:
        raise FileFormatError(
            f"{label} cannot be read as sound ({problem}); give WAV, FLAC, Ogg, MP3 or AIFF"
        ) from problem
    if not len(data):
        raise FileFormatError(f"{label} holds no samples; give a file with sound in it")
    return Signal(np.ascontiguousarray(data.T, np.float32), int(rate))
