"""Clips of an Ableton set: notes by key, and sound warped to the tempo map."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandmate.io.als.schema import LIVE_11
from bandmate.io.markup import Ids, number
from bandmate.io.project import Stem
from bandmate.score.model import OFF_AS_ON
from bandmate.score.pitch import Key

# Live's scales in its own order (Live 12 writes the number); where a mode of ours is none of them, no key is shown
SCALES = (
    "Major", "Minor", "Dorian", "Mixolydian", "Lydian", "Phrygian", "Locrian", "Whole Tone", "Half-whole Dim.",
    "Whole-half Dim.", "Minor Blues", "Minor Pentatonic", "Major Pentatonic", "Harmonic Minor", "Harmonic Major",
    "Dorian #4", "Phrygian Dominant", "Melodic Minor", "Lydian Augmented", "Lydian Dominant", "Super Locrian",
)  # fmt: skip
MODE_SCALES = {
    "major": "Major", "minor": "Minor", "dorian": "Dorian", "mixolydian": "Mixolydian", "lydian": "Lydian",
    "phrygian": "Phrygian", "locrian": "Locrian", "whole_tone": "Whole Tone", "diminished": "Whole-half Dim.",
    "blues": "Minor Blues", "minor_pentatonic": "Minor Pentatonic", "major_pentatonic": "Major Pentatonic",
    "harmonic_minor": "Harmonic Minor", "phrygian_dominant": "Phrygian Dominant", "melodic_minor": "Melodic Minor",
    "altered": "Super Locrian",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a clip stands and how it is shown; all times in quarter notes.

    Attributes:
        start, end: in the arrangement (0 and the length in a session slot).
        loop_start, loop_end: what of its content plays; looped: whether it does so again and again.
    """

    name: str
    color: int
    start: float
    end: float
    loop_start: float
    loop_end: float
    looped: bool
    meter: tuple[int, int]

    def values(self) -> dict[str, Any]:
        """For the table."""
        return {
            "name": self.name, "color": self.color, "start": self.start, "end": self.end,
            "loop_start": self.loop_start, "loop_end": self.loop_end, "looped": self.looped,
            "numerator": self.meter[0], "denominator": self.meter[1],
        }  # fmt: skip


def key_values(key: Key | None) -> dict[str, Any]:
    """The key of a clip or a set, for the table; C major that is not shown where there is none."""
    scale = MODE_SCALES.get(key.mode) if key is not None else None
    shown = key is not None and scale is not None
    return {
        "root": key.tonic if key is not None and shown else 0,
        "scale": scale or "Major",
        "scale_number": SCALES.index(scale or "Major"),
        "in_key": shown,
        "flats": key is not None and key.uses_flats,
    }


def midi_clip(
    number_in_list: int,
    frame: Frame,
    notes: NDArray[Any],
    ticks_per_quarter: int,
    key: Key | None,
    shape: str = "MidiClip",
    envelopes: str = "",
) -> str:
    """A clip of notes.

    Args:
        number_in_list: its Id among its siblings.
        frame: where it stands.
        notes: NOTE array; ticks count from the clip's own start.
        ticks_per_quarter: of the notes.
        key: what the clip shows as its scale.
        shape: template of the table: "MidiClip" for Live 11, "MidiClip12" for Live 12.
        envelopes: of its controllers, as XML.
    """
    return LIVE_11.write(
        shape, Ids(), id=number_in_list, keys=_keys(notes, ticks_per_quarter), next_note=len(notes) + 1,
        envelopes=envelopes, **frame.values(), **key_values(key),
    )  # fmt: skip


def _keys(notes: NDArray[Any], ticks_per_quarter: int) -> str:
    """Notes by key, keys and times rising, every note with a number of its own."""
    notes = notes[np.lexsort((notes["duration_ticks"], notes["onset_ticks"], notes["pitch"]))]
    times = (notes["onset_ticks"] / ticks_per_quarter).tolist()
    lengths = (np.maximum(1, notes["duration_ticks"]) / ticks_per_quarter).tolist()
    off = np.where(notes["off_velocity"] == OFF_AS_ON, 64, notes["off_velocity"])
    pitches, velocities = notes["pitch"].tolist(), notes["velocity"].tolist()
    out: list[str] = []
    key = -1
    tracks = 0
    for place, (time, length, pitch, velocity, release) in enumerate(
        zip(times, lengths, pitches, velocities, off.tolist(), strict=True), 1
    ):
        if pitch != key:
            if tracks:
                out.append(_key_end(key))
            out.append(f'<KeyTrack Id="{tracks}">\n<Notes>\n')
            key, tracks = pitch, tracks + 1
        out.append(
            f'<MidiNoteEvent Time="{number(time)}" Duration="{number(length)}" Velocity="{velocity}"'
            f' VelocityDeviation="0" OffVelocity="{release}" Probability="1" IsEnabled="true" NoteId="{place}" />\n'
        )
    if tracks:
        out.append(_key_end(key))
    return "".join(out)


def _key_end(key: int) -> str:
    return f'</Notes>\n<MidiKey Value="{key}" />\n</KeyTrack>\n'


@dataclass(frozen=True, slots=True)
class Sample:
    """A sound file as a set refers to it: relative to the project, and where it will lie."""

    stem: Stem
    relative: str
    path: Path
    file_bytes: int
    modified: int

    def values(self) -> dict[str, Any]:
        """For the table."""
        return {
            "relative": self.relative, "path": self.path.as_posix(), "file_bytes": self.file_bytes,
            "modified": self.modified, "frames": self.stem.frames, "rate": self.stem.rate,
        }  # fmt: skip


def audio_clip(number_in_list: int, frame: Frame, sample: Sample, warp: list[tuple[float, float]]) -> str:
    """A clip of sound, warped: `warp` are points (seconds, quarters) of the file."""
    markers = "".join(
        LIVE_11.write("WarpMarker", Ids(), id=place, sec=sec, beat=beat) for place, (sec, beat) in enumerate(warp)
    )
    return LIVE_11.write(
        "AudioClip", Ids(), id=number_in_list, markers=markers, envelopes="", **frame.values(), **sample.values()
    )  # fmt: skip
