"""Takes to be heard: which a folder holds, in which sets, and how each sounds when all are equally loud."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from bandmate.audio.compress import RATE, Compressed, compress
from bandmate.audio.signal import Samples, read_signal
from bandmate.errors import BandmateError, FileFormatError, LibraryError, UserError
from bandmate.io.files import MUSIC_SUFFIXES, read

MIX_NAMES = ("mix.wav", "mix.flac", "mix.mp3", "mix.ogg")
SOUND_SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".aiff", ".aif")
MOST_TAKES = 200
_TAKE_FILE = "take.json"
_DEEPEST = 6  # folders below the given one
_RATES = (4000, 768_000)  # Hz that a sound may have
_FADE_SEC = 1.5  # at the end of a take that is cut
_PADDING_SEC = 0.25  # read past the end, so that a cut is told from an end


@dataclass(frozen=True, slots=True)
class Candidate:
    """A take that was found.

    Attributes:
        name: its path in the folder, without suffix; set: the sub-folder it belongs to, "" if there are no sets.
        path: a sound, or a MIDI file that is still to be rendered.
    """

    name: str
    set: str
    path: Path

    @property
    def inner(self) -> str:
        """The name within its set; takes of two sets with the same one are made from the same words."""
        return self.name[len(self.set) :].strip("/").lower()


@dataclass(frozen=True, slots=True)
class Heard:
    """A take as it will be heard: compressed, at most so many seconds, at one loudness.

    Attributes:
        sound: its bytes; seconds: how long; lufs: measured before compression; cut: whether its end is missing.
    """

    sound: Compressed
    seconds: float
    lufs: float
    cut: bool


def find_takes(folder: Path) -> list[Candidate]:
    """The takes in a folder, by name.

    A folder with `mix.wav` or `take.json` is one take. Other sound and MIDI files are takes themselves, a sound before
    a MIDI file of the same name. A sub-folder that is no take but holds some is a set.

    Raises:
        LibraryError: it is no folder, holds nothing or too much; the message says what to give.
    """
    if not folder.is_dir():
        raise LibraryError(f"{folder} is no folder; give one that holds takes, such as the one compose --takes 4 wrote")
    found = [_candidate(folder, *each) for each in islice(_walk(folder, folder), MOST_TAKES + 1)]
    if not found:
        raise LibraryError(
            f"{folder} holds no takes: no folder with {MIX_NAMES[0]}, no sound and no MIDI file; make some with: "
            f"bandmate compose --takes 4 --out {folder.name or 'takes'} ..."
        )
    if len(found) > MOST_TAKES:
        raise LibraryError(
            f"{folder} holds more than {MOST_TAKES} takes, too many for one page; give a folder with fewer"
        )
    return sorted(found, key=lambda take: (take.set, take.name))


def _candidate(root: Path, path: Path, name: str) -> Candidate:
    parts = name.split("/")
    return Candidate(name or root.resolve().name, parts[0] if len(parts) > 1 else "", path)


def _walk(root: Path, folder: Path, depth: int = 0) -> Iterator[tuple[Path, str]]:
    """(file to play, name) of each take at or below a folder."""
    content = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    names = {path.name.lower() for path in content}
    here = folder.relative_to(root).as_posix()
    if _TAKE_FILE in names or MIX_NAMES[0] in names:
        sound = next((folder / name for name in MIX_NAMES if (folder / name).is_file()), None)
        midi = [path for path in content if path.suffix.lower() in MUSIC_SUFFIXES and path.name != "given.mid"]
        playable = sound or next(iter(midi), None)
        if playable is not None:
            yield playable, "" if here == "." else here
        return
    sounds = {path.stem for path in content if path.suffix.lower() in SOUND_SUFFIXES and path.is_file()}
    for path in content:
        if path.is_dir() and depth < _DEEPEST:
            yield from _walk(root, path, depth + 1)
        elif _plays(path) and not (path.suffix.lower() in MUSIC_SUFFIXES and path.stem in sounds):
            yield path, path.relative_to(root).with_suffix("").as_posix()


def _plays(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in (*SOUND_SUFFIXES, *MUSIC_SUFFIXES)


def hear(path: Path, seconds: float, kbps: int = 160) -> Heard:
    """A sound or MIDI file as it will be heard: its first seconds at -14 LUFS, compressed.

    Args:
        path: of it.
        seconds: how much of it is heard at most.
        kbps: bit rate, see `compress`.

    Raises:
        FileFormatError, ScoreError, UserError: it cannot be read or rendered, or is silent; the message names it.
    """
    from bandmate.rendering.loudness import master

    samples = _start_of(path, seconds + _PADDING_SEC)
    if not np.isfinite(samples).all():
        raise FileFormatError(f"{path} holds samples that are no numbers; export it again")
    cut = samples.shape[1] > round(seconds * RATE)
    samples = samples[:, : round(seconds * RATE)].copy()
    if cut:
        fade = min(round(_FADE_SEC * RATE), samples.shape[1])
        samples[:, -fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    finished = master(samples, RATE)
    if not math.isfinite(finished.lufs):
        raise UserError(f"{path} is silent; leave it out or render it again")
    return Heard(compress(finished.samples, kbps), samples.shape[1] / RATE, finished.lufs, cut)


def _start_of(path: Path, seconds: float) -> Samples:
    """The first seconds of a file in stereo at RATE."""
    if path.suffix.lower() in MUSIC_SUFFIXES:
        with tempfile.TemporaryDirectory(prefix="bandmate-listen-") as place:
            return _stereo(_rendered(path, Path(place), seconds), seconds)
    return _stereo(path, seconds)


def _rendered(path: Path, place: Path, seconds: float) -> Path:
    from bandmate.score.timeline import ticks_to_seconds
    from bandmate.workflows.render import TAIL_SEC, RenderOptions, render_score

    score = read(path)
    whole_sec = float(ticks_to_seconds(score, [max(score.last_ticks, 1)])[0]) + TAIL_SEC
    try:
        result = render_score(score, place, RenderOptions(stems=False, end_sec=min(whole_sec, seconds)))
    except BandmateError as error:
        raise UserError(f"{path} cannot be played: {error}") from error
    return result.mix or place


def _stereo(path: Path, seconds: float) -> Samples:
    from scipy.signal import resample_poly

    signal = read_signal(path, most_sec=seconds)
    if not _RATES[0] <= signal.rate <= _RATES[1]:
        raise FileFormatError(f"{path} says a sample rate of {signal.rate} Hz; export it again at 44100 Hz")
    samples = signal.samples[:2] if signal.samples.shape[0] > 1 else np.repeat(signal.samples, 2, axis=0)
    if signal.rate != RATE:
        shared = math.gcd(signal.rate, RATE)
        samples = resample_poly(samples, RATE // shared, signal.rate // shared, axis=1).astype(np.float32)
    return np.ascontiguousarray(samples)
