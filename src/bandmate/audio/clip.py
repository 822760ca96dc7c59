"""A sound file as it is listened to: at most so many minutes of it, and what its name says."""

from __future__ import annotations

import math
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


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a sound file, from one second of it to another."""

    from_sec: float
    to_sec: float


@dataclass(frozen=True, slots=True)
class Warp:
    """Where the beat of a clip is.

    Attributes:
        beats_sec: every quarter note that sounds in it, from its start; ascending, at least two.
        first_bar: which of them begins a bar. meter: quarters a bar.
        bpm: the tempo; steady: whether it holds throughout.
    """

    beats_sec: tuple[float, ...]
    first_bar: int
    meter: int
    bpm: float
    steady: bool


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Sound to listen to.

    Attributes:
        path: the file. signal: as read; mono: at spectrum.RATE.
        whole_sec: length of the file; what was read may be shorter.
        named_bpm: tempos that its name may speak of; `stated` = the word "bpm" stands there.
        warp: where its beat is, if a set says so.
    """

    path: Path
    signal: Signal
    mono: Mono
    whole_sec: float
    named_bpm: tuple[float, ...]
    stated: bool
    warp: Warp | None = None

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


def read_clip(path: str | Path, most_sec: float, part: Part | None = None, warp: Warp | None = None) -> Clip:
    """Read the first so many seconds of a sound file, or of a part of it.

    Args:
        path: the file.
        most_sec: no more is read.
        part: what of it is listened to; None = all.
        warp: where its beat is, if that is known.

    Raises:
        UserError: the file is not there, or silent. FileFormatError: it cannot be read as sound, or is too short.
    """
    import soundfile

    file = Path(path)
    if file.is_dir():
        raise UserError(f"{file} is a folder; give one sound file (WAV, FLAC, Ogg, MP3, AIFF)")
    if not file.is_file():
        raise UserError(f"{file} is not there; give a sound file (WAV, FLAC, Ogg, MP3, AIFF)")
    start = part.from_sec if part else 0.0
    most = min(most_sec, part.to_sec - start) if part else most_sec
    signal = read_signal(file, most_sec=most, from_sec=start)
    whole = float(soundfile.info(str(file)).duration)
    whole = max(signal.duration_sec, min(whole, part.to_sec) - start) if part else whole
    if signal.duration_sec < 0.25:
        raise FileFormatError(f"{file} lasts {signal.duration_sec * 1000:.0f} ms; give at least a quarter of a second")
    loudest = peak(signal.samples)
    if not math.isfinite(loudest):
        raise FileFormatError(f"{file} holds samples that are no numbers; export it again from where it was made")
    if loudest <= SILENT_PEAK:
        heard = f"the first {signal.duration_sec / 60:.3g} minutes of {file} are silent"
        what = f"{file} is silent" if signal.duration_sec > whole - 1 else heard
        raise UserError(f"{what}; give a recording in which something sounds")
    return Clip(file, signal, to_mono(signal), whole, *named_tempos(file.stem), warp)
