"""Clips of sound in an Ableton Live set, spelled `set.als#clip name`: what they play, and where their beat is."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bandmate.audio.clip import Part, Warp
from bandmate.errors import UserError
from bandmate.io.als.read import read_live_set
from bandmate.io.als.samples import SampleReference

_NEAR = 0.002  # of its length, by which a tempo may differ between markers and still hold
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class LiveClip:
    """A clip of sound: its file, the part that plays (None = all of it), and its beat (None if it is not warped)."""

    path: Path
    part: Part | None
    warp: Warp | None


def is_live_clip(text: str | Path) -> bool:
    """Whether a name means a clip of a set rather than a sound file.

    >>> is_live_clip("song.als#Break"), is_live_clip("song.als"), is_live_clip("loop#2.wav")
    (True, True, False)
    """
    place, _, _ = str(text).partition("#")
    return Path(place).suffix.lower() == ".als"


def find_live_clip(text: str | Path) -> LiveClip:
    """The clip that `set.als#clip name` means; without a name, where all clips play one file, the first.

    Raises:
        FileFormatError: the set cannot be read.
        UserError: it has no such clip of sound, or the sample is not there; the message names the clips it has.
    """
    place, _, wanted = str(text).partition("#")
    found = read_live_set(place).samples
    wanted = wanted.strip().strip("\"'")
    names = list(dict.fromkeys(sample.clip for sample in found))
    listed = ", ".join(f"'{name}'" for name in names[:_MOST_NAMED]) + (" ..." if len(names) > _MOST_NAMED else "")
    if not found:
        raise UserError(f"{place} has no clip of sound; give a sound file, or --midi for its notes")
    if not wanted and len({sample.path for sample in found}) > 1:
        raise UserError(f"{place} has several clips of sound; name one as '{place}#{names[0]}', of {listed}")
    chosen = next((s for s in found if s.clip.casefold() == (wanted or names[0]).casefold()), None)
    if chosen is None:
        holding = [name for name in names if wanted.casefold() in name.casefold()]
        close = difflib.get_close_matches(wanted, holding or names, n=1, cutoff=0.0)
        raise UserError(f"{place} has no clip of sound called '{wanted}'; did you mean '{close[0]}'? It has {listed}")
    if not chosen.exists:
        where = f"the sample {chosen.path}" if chosen.path else "the sample"
        raise UserError(f"{where} of the clip '{chosen.clip}' in {place} is missing; "
                        "open the set in Live and use File, Collect All and Save")  # fmt: skip
    return LiveClip(Path(chosen.path), *_beat(chosen))


def _beat(sample: SampleReference) -> tuple[Part | None, Warp | None]:
    """The part of the file that a clip plays, and its quarter notes there."""
    start, end = sample.part
    if not sample.markers:
        return (Part(max(0.0, start), end) if end > max(0.0, start) else None), None
    seconds, quarters = np.array(sample.markers).T
    if end <= start:
        start, end = float(quarters[0]), float(quarters[-1])
    from_sec, to_sec = (_at(value, quarters, seconds) for value in (start, end))
    from_sec = max(0.0, from_sec)
    beats = [(beat, _at(beat, quarters, seconds)) for beat in range(int(np.ceil(start - 1e-6)), int(np.ceil(end)))]
    beats = [(beat, sec - from_sec) for beat, sec in beats if from_sec - 1e-6 <= sec < to_sec]
    part = Part(from_sec, to_sec) if to_sec > from_sec else None
    numerator, denominator = sample.meter
    meter = numerator * 4 / denominator
    if len(beats) < 2 or meter != int(meter):
        return part, None
    first = next((place for place, (beat, _) in enumerate(beats) if beat % int(meter) == 0), 0)
    pace = np.diff(seconds) / np.diff(quarters)
    steady = bool(np.ptp(pace) <= _NEAR * pace.mean())
    bpm = 60.0 * (beats[-1][0] - beats[0][0]) / (beats[-1][1] - beats[0][1])
    return part, Warp(tuple(max(0.0, sec) for _, sec in beats), first, int(meter), round(bpm, 4), steady)


def _at(quarter: float, quarters: np.ndarray, seconds: np.ndarray) -> float:
    """The second of the file at a quarter note of the clip; beyond the markers at the tempo of the nearest two."""
    place = int(np.clip(np.searchsorted(quarters, quarter) - 1, 0, len(quarters) - 2))
    pace = (seconds[place + 1] - seconds[place]) / (quarters[place + 1] - quarters[place])
    return float(seconds[place] + (quarter - quarters[place]) * pace)
