"""The musician's own sounds: a folder of one-shots as a drum kit, a folder of notes as a pitched instrument.

What a file is, is guessed from its name, then from the folder it lies in; a pitch is read from the name, else heard in
the sound, else taken as C3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bandmate.audio.signal import Signal, peak, read_signal
from bandmate.errors import UserError
from bandmate.rendering.instrument import DEFAULTS, Generator, Instrument, Sample, Zone
from bandmate.rendering.kits import HAT_CLASS, KEPT_LEVEL, LONG_RELEASE, hit_level_cb

SUFFIXES = {".wav", ".flac", ".ogg", ".aif", ".aiff", ".mp3"}
LONGEST_SEC = 60.0
MOST_FILES = 512
C3 = 48
_ONSET_LEVEL, _ONSET_KEEP_SEC = 0.005, 0.001
_NOTE_RELEASE = -3600  # timecents: an eighth of a second
_PITCH_HZ = (27.0, 2100.0)
_PITCH_SURE = 0.8

# The first line that fits names the drum: words that must all be there -> keys, the second for a second file.
_DRUMS: tuple[tuple[str, tuple[int, ...]], ...] = (
    (r"\b(rim ?shot|rim|side ?stick|cross ?stick|rs)\b", (37,)),
    (r"\b(hand ?claps?|claps?|clp|cp|snaps?)\b", (39,)),
    (r"\b(pedal|foot|hhp|ph)\b", (44,)),
    (r"\b(open hh|hh open|hhopen|hh ?o|oh|open hats?|op hat|hats? open|open hi ?hats?|hi ?hats? open)\b", (46,)),
    (r"\b(hi ?hats?|hats?|hh|hhc|hhclosed?|closed hh|ch|closed)\b", (42,)),
    (r"\b(ride bell|bell ride)\b", (53,)),
    (r"\b(ride|rd)\b", (51, 59)),
    (r"\b(splash)\b", (55,)),
    (r"\b(china|chinese)\b", (52,)),
    (r"\b(crash|cymbals?|cym|cy|cr)\b", (49, 57)),
    (r"\b(cow ?bell|cb)\b", (56,)),
    (r"\b(tambourine|tamb|tmb)\b", (54,)),
    (r"\b(low|lo|l|floor) ?toms?\b|\btoms? ?(low|lo|l|floor|3)\b|\blt\b", (43, 41)),
    (r"\b(hi|high|h) ?toms?\b|\btoms? ?(hi|high|h|1)\b|\bht\b", (50, 48)),
    (r"\btoms?\b|\bmt\b", (47, 45)),
    (r"\b(low|lo) ?congas?\b|\bcongas? ?(low|lo)\b|\blc\b", (64,)),
    (r"\b(mute|mid) ?congas?\b|\bcongas? ?(mute|mid)\b|\bmc\b", (62,)),
    (r"\bcongas?\b|\bhc\b", (63,)),
    (r"\b(low|lo) ?bongos?\b|\bbongos? ?(low|lo)\b", (61,)),
    (r"\bbongos?\b", (60,)),
    (r"\b(timbales?|timb)\b", (65, 66)),
    (r"\bagogo\b", (67, 68)),
    (r"\b(cabasa)\b", (69,)),
    (r"\b(shakers?|maracas?|ma)\b", (70,)),
    (r"\b(claves?|cl)\b", (75,)),
    (r"\b(wood ?blocks?|wb)\b", (76, 77)),
    (r"\b(triangle|tri)\b", (81, 80)),
    (r"\b(kicks?|kik|bd|bass ?drums?|drum bass|kd|boom)\b", (36, 35)),
    (r"\b(snares?|snr|sd|sn)\b", (38, 40)),
    (r"\b(perc|percussion)\b", (76,)),
)
# A key without a sound of its own is played by its nearest relative that has one.
_RELATIVES = (
    {35: (36,), 36: (35,), 40: (38,), 38: (40,), 37: (38,), 44: (42,), 42: (44,), 57: (49,), 49: (57,), 55: (49,)}
    | {52: (49,), 59: (51,), 53: (51,), 51: (59,)}
    | {key: (43, 41, 47, 45, 50, 48) if key < 46 else (47, 45, 50, 48, 43, 41) for key in (41, 43, 45, 47, 48, 50)}
)
_NOTE_NAME = re.compile(r"(?<![a-z])([a-g])(#|b|s|sharp|flat)?(-?[0-9])(?![0-9a-z])")
_NOTE_NUMBER = re.compile(r"(?<![0-9a-z])(?:midi|note|key)? ?([0-9]{2,3})(?![0-9a-z])")
_SEMITONES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}


def drum_key(name: str) -> tuple[int, ...]:
    """The drum keys a file name speaks of, best first; empty if it names no drum.

    >>> drum_key("Kick 03"), drum_key("HiHat-Open_2"), drum_key("pad")
    ((36, 35), (46,), ())
    """
    words = " ".join(_words(name))
    return next((keys for pattern, keys in _DRUMS if re.search(pattern, words)), ())


def root_key(name: str) -> int | None:
    """The MIDI key in a file name, as a note ("Bass_F#1") or a number ("bass 036"); None if there is none.

    >>> root_key("Bass_F#1"), root_key("bass 048"), root_key("sub")
    (30, 48, None)
    """
    text = re.sub(r"[_\-\s.]+(?![0-9])|[_\s.]+", " ", name.lower())
    found = _NOTE_NAME.search(text)
    if found:
        letter, sign, octave = found.groups()
        key = _SEMITONES[letter] + {None: 0, "b": -1, "flat": -1}.get(sign, 1) + 12 * (int(octave) + 1)
        return key if 0 <= key <= 127 else None
    numbers = [int(number) for number in _NOTE_NUMBER.findall(text)]
    return next((number for number in numbers if 21 <= number <= 108), None)


def heard_pitch(signal: Signal) -> float | None:
    """The pitch of a sound as a fractional MIDI key, None if it has none.

    Source: McLeod and Wyvill, A smarter way to find pitch (2005): the first high peak of the normalised squared
    difference, on half a second after the attack.
    """
    mono = signal.samples.mean(axis=0).astype(np.float64)
    start = int(0.05 * signal.rate) if len(mono) > 0.3 * signal.rate else 0
    part = mono[start : start + signal.rate // 2]
    part = part - part.mean() if len(part) else part
    longest = min(int(signal.rate / _PITCH_HZ[0]), len(part) // 2)
    shortest = int(signal.rate / _PITCH_HZ[1])
    if longest <= shortest + 2 or not part.any():
        return None
    size = 2 << (len(part) - 1).bit_length()
    likeness = np.fft.irfft(np.abs(np.fft.rfft(part, size)) ** 2)[:longest]
    energy = np.append(0.0, np.cumsum(part**2))
    lags = np.arange(longest)
    total = energy[len(part) - lags] + energy[-1] - energy[lags]
    nsdf = 2.0 * likeness / np.maximum(total, 1e-12)
    falling = np.flatnonzero(nsdf < 0)
    first = max(shortest, int(falling[0])) if len(falling) else shortest
    inner = nsdf[first:]
    peaks = np.flatnonzero((inner[1:-1] > inner[:-2]) & (inner[1:-1] >= inner[2:])) + 1 + first
    if not len(peaks) or nsdf[peaks].max() < _PITCH_SURE:
        return None
    lag = int(peaks[nsdf[peaks] > 0.93 * nsdf[peaks].max()][0])
    left, middle, right = nsdf[lag - 1 : lag + 2]
    exact = lag + 0.5 * (left - right) / (left - 2 * middle + right)
    return float(69.0 + 12.0 * np.log2(signal.rate / exact / 440.0))


def read_drum_kit(folder: str | Path, fallback: Instrument) -> Instrument:
    """A folder of one-shots as a drum kit.

    Files are taken in the order of their names, the first that names a drum plays it. Drums the folder lacks are
    played by a relative it has (another tom, the other snare), then by `fallback`.

    Raises:
        UserError: no such folder, or no file in it names a drum. FileFormatError: a file cannot be read as sound.
    """
    place = Path(folder)
    chosen: dict[int, Path] = {}
    for file in _sound_files(place, "drum kit"):
        names = [file.stem, *(parent.name for parent in file.parents if place in parent.parents)]
        keys = next((keys for keys in map(drum_key, names) if keys), ())
        free = next((key for key in keys if key not in chosen), None)
        if free is not None:
            chosen[free] = file
    if not chosen:
        raise UserError(f"no file in {place} names a drum; call them for example kick.wav, snare.wav, hihat-open.wav")
    sounds = {key: _trimmed(_read(file)) for key, file in chosen.items()}
    for key, relatives in _RELATIVES.items():
        relative = next((other for other in relatives if other in chosen), None)
        if key not in chosen and relative is not None:
            sounds[key] = sounds[relative]
    zones = [zone for key, sound in sorted(sounds.items()) for zone in _drum_zones(key, sound)]
    rest = [zone for zone in fallback.zones if not set(range(zone.keys[0], zone.keys[1] + 1)) & set(sounds)]
    return Instrument(place.name, (*zones, *rest))


def read_pitched(folder: str | Path) -> Instrument:
    """A folder of notes as an instrument over the whole keyboard; each file plays the keys nearest to its pitch.

    Raises:
        UserError: no such folder, or no sound in it. FileFormatError: a file cannot be read as sound.
    """
    place = Path(folder)
    sounds: dict[int, tuple[Signal, float]] = {}
    for file in _sound_files(place, "sounds"):
        sound = _trimmed(_read(file), keep_level=True)
        named, pitch = root_key(file.stem), None
        if named is None:
            pitch = heard_pitch(sound)
        root = named if named is not None else round(pitch) if pitch is not None else C3
        if root not in sounds:
            sounds[root] = (sound, 0.0 if pitch is None else 100.0 * (root - pitch))
    loudest = max(peak(sound.samples) for sound, _ in sounds.values())
    roots = sorted(sounds)
    edges = [0, *((low + high) // 2 + 1 for low, high in pairwise(roots)), 128]
    zones = []
    for number, root in enumerate(roots):
        sound, cents = sounds[root]
        settings = {Generator.VOL_RELEASE: _NOTE_RELEASE}
        level = Signal(sound.samples * np.float32(KEPT_LEVEL / max(loudest, 1e-9)), sound.rate)
        zones += _zones((edges[number], edges[number + 1] - 1), level, settings, root, cents)
    return Instrument(place.name, tuple(zones))


def _words(name: str) -> list[str]:
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    return re.findall(r"[a-z]+|[0-9]+", re.sub(r"(hi)[-_ ]?(hat)", r"\1\2", spaced.lower()))


def _sound_files(folder: Path, purpose: str) -> list[Path]:
    if not folder.is_dir():
        raise UserError(f"the folder {folder} for the {purpose} is not there; check the path")
    try:
        files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    except OSError as problem:
        raise UserError(f"the folder {folder} for the {purpose} cannot be read ({problem.strerror})") from problem
    if not files:
        raise UserError(f"the folder {folder} for the {purpose} holds no sound; put WAV, FLAC, Ogg or AIFF files in it")
    return files[:MOST_FILES]


def _read(file: Path) -> Signal:
    sound = read_signal(file)
    if sound.duration_sec > LONGEST_SEC:
        raise UserError(f"{file} lasts {sound.duration_sec:.0f} s; a one-shot may last {LONGEST_SEC:.0f} s, cut it")
    return sound


def _trimmed(sound: Signal, *, keep_level: bool = False) -> Signal:
    """Without the silence before its onset, stereo at most, at a peak of KEPT_LEVEL unless its level is to stay."""
    samples = sound.samples[:2]
    loudest = peak(samples)
    if loudest <= 0.0:
        return Signal(samples, sound.rate)
    onset = int(np.flatnonzero(np.abs(samples).max(axis=0) > _ONSET_LEVEL * loudest)[0])
    samples = samples[:, max(0, onset - round(_ONSET_KEEP_SEC * sound.rate)) :]
    return Signal(samples if keep_level else samples * np.float32(KEPT_LEVEL / loudest), sound.rate)


def _drum_zones(key: int, sound: Signal) -> list[Zone]:
    settings = {
        Generator.ATTENUATION: round(hit_level_cb(key) / 0.4),
        Generator.EXCLUSIVE_CLASS: HAT_CLASS if key in (42, 44, 46) else 0,
        Generator.SCALE_TUNING: 0,
        Generator.VOL_RELEASE: LONG_RELEASE,
    }
    return _zones((key, key), sound, settings, key, 0.0)


def _zones(keys: tuple[int, int], sound: Signal, settings: dict[Generator, int], root: int, cents: float) -> list[Zone]:
    """One zone for a mono sound, two for a stereo one, hard left and right."""
    sides: Iterable[tuple[int, NDArray[np.float32]]] = (
        [(0, sound.samples[0])] if len(sound.samples) == 1 else [(-500, sound.samples[0]), (500, sound.samples[1])]
    )
    return [
        Zone(
            keys,
            (0, 127),
            {**DEFAULTS, **settings, Generator.PAN: pan},
            (),
            (),
            Sample(load=lambda data=data: data, rate=sound.rate, root=root, correction_cents=cents),
        )
        for pan, data in sides
    ]
