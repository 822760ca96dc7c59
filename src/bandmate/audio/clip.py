"""A sound file as it is listened to: at most so many minutes of it, and what its name says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bandmate.audio.signal import Signal, peak, read_signal
from bandmate.audio.spectrum import Mono, to_mono
from bandmate.errors import FileFormatError, UserError

SILENT_PEAK = 10.0 ** (-66 / 20)
_TEMPO_WORD = re.compile(
    r"(?<![\d.])(\d{2,3}(?:\.\d+)?)[\s_-]*bpm|bpm[\s_-]*(\d{2,3}(?:\.\d+)?)(?![\d.])", re.IGNORECASE
)
_TEMPO_PART = re.compile(r"(?:^|[\s_-])(\d{2,3})(?=[\s_-]|$)")
_TEMPOS = (40.0, 260.0)


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Sound to listen to.

    Attributes:
        path: the file. signal: as read; mono: at spectrum.RATE.
        whole_sec: length of the file; what was read may be shorter.
        named_bpm: tempos that its name may speak of; `stated` = the word "bpm" stands there.
    """

    path: Path
    signal: Signal
    mono: Mono
    whole_sec: float
    named_bpm: tuple[float, ...]
    stated: bool

    @property
    def read_sec(self) -> float:
        """Seconds that are listened to."""
        return self.signal.duration_sec


def named_tempos(name: str) -> tuple[tuple[float, ...], bool]:
    """Tempos in a file name, and whether one is called so.

    >>> named_tempos("break_174bpm"), named_tempos("loop-120-Am"), named_tempos("take2")
    (((174.0,), True), ((120.0,), False), ((), False))
    """
    words = [float(a or b) for a, b in _TEMPO_WORD.findall(name)]
    found = words or [float(number) for number in _TEMPO_PART.findall(name)]
    return tuple(bpm for bpm in found if _TEMPOS[0] <= bpm <= _TEMPOS[1]), bool(words)


def read_clip(path: str | Path, most_sec: float) -> Clip:
    """Read the first so many seconds of a sound file.

    Raises:
        UserError: the file is not there, or silent. FileFormatError: it cannot be read as sound, or is too short.
    """
    import soundfile

    file = Path(path)
    if not file.is_file():
        raise UserError(f"{file} is not there; give a sound file (WAV, FLAC, Ogg, MP3, AIFF)")
    signal = read_signal(file, most_sec=most_sec)
    if signal.duration_sec < 0.25:
        raise FileFormatError(f"{file} lasts {signal.duration_sec * 1000:.0f} ms; give at least a quarter of a second")
    if not peak(signal.samples) > SILENT_PEAK:
        raise UserError(f"{file} is silent; give a recording in which something sounds")
    whole = soundfile.info(str(file)).duration
    return Clip(file, signal, to_mono(signal), float(whole), *named_tempos(file.stem))
