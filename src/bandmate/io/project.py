"""Project: a score made ready for a sequencer: parts with names and colours, sections, a key, and stems of sound.

The writers of Ableton sets, DAWproject and REAPER files all start from it, and what two of them need stands here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bandmate.errors import FileFormatError
from bandmate.score.gm import family, is_bass_program, is_pad_program, program_name
from bandmate.score.model import Score, Track
from bandmate.score.pitch import Key
from bandmate.score.timeline import DEFAULT_US_PER_QUARTER, plain_bpm, ticks_to_seconds

MOST_SECTIONS = 200
EARLY_QUARTERS = 0.125  # a note that begins so little before a section belongs to it


class Look(NamedTuple):
    """How a part is shown: its name, a place in Live's palette, the same colour as RGB, and what plays it."""

    title: str
    live_color: int
    rgb: str
    plays: str


LOOKS: dict[str, Look] = {
    "drums": Look("Drums", 1, "#ffa529", "a Drum Rack"),
    "perc": Look("Percussion", 2, "#cc9927", "a Drum Rack or a percussion sampler"),
    "bass": Look("Bass", 9, "#5480e4", "a bass"),
    "chords": Look("Chords", 5, "#1aff2f", "a piano, an organ, a guitar or a synth that plays chords"),
    "melody": Look("Melody", 12, "#e553a0", "a lead sound"),
    "lead": Look("Lead", 11, "#d86ce4", "a lead sound"),
    "pad": Look("Pads", 6, "#25ffa8", "a pad"),
    "arp": Look("Arpeggio", 7, "#5cffe8", "a plucked sound"),
    "strings": Look("Strings", 8, "#8bc5ff", "strings"),
    "brass": Look("Brass", 3, "#f7f47c", "brass"),
    "vox": Look("Vocals", 0, "#ff94a6", "a voice or a vocal sampler"),
    "fx": Look("Effects", 10, "#92a7ff", "an effect sound"),
}
OTHER = Look("Others", 13, "#ffffff", "any instrument")
# words in a track's name that mean a part
PART_WORDS: dict[str, tuple[str, ...]] = {
    "drums": ("drum", "kit", "beat"), "perc": ("perc", "conga", "shaker"), "bass": ("bass", "sub"),
    "chords": ("chord", "key", "piano", "rhodes", "organ", "guitar", "synth"), "melody": ("melody", "lead", "topline"),
    "lead": ("lead", "melody"), "pad": ("pad",), "arp": ("arp", "pluck"), "strings": ("string",),
    "brass": ("brass", "horn"), "vox": ("vox", "vocal", "voice", "choir"), "fx": ("fx", "effect"),
}  # fmt: skip
_FAMILY_PARTS = {
    "strings": "strings", "ensemble": "strings", "brass": "brass", "reed": "brass", "pipe": "melody",
    "synth lead": "lead", "synth effects": "fx", "percussive": "perc", "sound effects": "fx",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """A named stretch of the piece, from one tick to before another."""

    name: str
    start_ticks: int
    end_ticks: int


@dataclass(frozen=True, slots=True)
class Stem:
    """A sound file that begins with the piece.

    Attributes:
        path: where it lies; name: what its track is called.
        track: the score's track that it sounds, None for what belongs to all, such as the reverb.
        frames, rate, channels: its length in samples a channel, its sample rate in Hz, 1 or 2.
    """

    path: Path
    name: str
    track: int | None
    frames: int
    rate: int
    channels: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.frames / self.rate


@dataclass(frozen=True, slots=True, eq=False)
class Project:
    """What is written into a project of a sequencer.

    Attributes:
        name: of the project; score: one instrument a track.
        sections: consecutive, from 0 to the end; at least one.
        key: of the piece, None if it is not known.
        stems: sound files that stand beside the tracks; may be empty.
        envelopes: whether controllers become envelopes of clips in a Live set (see `io.als.envelopes`).
    """

    name: str
    score: Score
    sections: tuple[Section, ...]
    key: Key | None = None
    stems: tuple[Stem, ...] = field(default=())
    envelopes: bool = False

    @property
    def is_loud(self) -> bool:
        """Whether stems sound, so that the tracks of notes beside them must not."""
        return bool(self.stems)

    def check_stems(self) -> None:
        """Nothing, if every stem is there.

        Raises:
            FileFormatError: one is missing.
        """
        for stem in self.stems:
            if not stem.path.is_file():
                raise FileFormatError(f"the stem {stem.path} is missing; render it again, or export without stems")

    def names(self) -> tuple[str, ...]:
        """A name for every track, the instrument's where the score gives none."""
        return tuple(one_line(track.name) or program_name(track.program, track.is_drum) for track in self.score.tracks)


def one_line(text: str) -> str:
    """A name without line breaks and control signs, at most 200 characters."""
    return "".join(sign if sign.isprintable() else " " for sign in text).strip()[:200]


def project_of(
    score: Score,
    name: str,
    *,
    sections: Iterable[tuple[int, str]] = (),
    key: Key | None = None,
    stems: Sequence[Stem] = (),
    envelopes: bool = False,
) -> Project:
    """A score as a project.

    Args:
        score: one instrument a track; tracks without notes are left out.
        name: of the project.
        sections: places in ticks with names, any order; none = the score's markers.
        key: of the piece; None = that of its first key signature.
        stems: sound files, by the tracks of `score`.
        envelopes: see `Project`.
    """
    kept = [index for index, track in enumerate(score.tracks) if len(track.notes)]
    place = {old: new for new, old in enumerate(kept)}
    starts = list(sections) or [(marker.ticks, marker.text) for marker in score.markers]
    return Project(
        name=name,
        score=replace(score, tracks=tuple(score.tracks[index] for index in kept)),
        sections=_sections(starts, max(1, score.last_ticks)),
        key=_signature(score) if key is None else key,
        stems=tuple(replace(stem, track=place.get(-1 if stem.track is None else stem.track)) for stem in stems),
        envelopes=envelopes,
    )


def _sections(starts: Iterable[tuple[int, str]], end: int) -> tuple[Section, ...]:
    named = {ticks: one_line(text) for ticks, text in sorted(starts, reverse=True) if 0 <= ticks < end}
    places = sorted({0, *named})[:MOST_SECTIONS]
    stops = [*places[1:], end]
    names = [named.get(ticks) or f"Part {number}" for number, ticks in enumerate(places, 1)]
    return tuple(Section(*values) for values in zip(names, places, stops, strict=True))


def _signature(score: Score) -> Key | None:
    if not len(score.keys):
        return None
    row = score.keys[int(np.argmin(score.keys["ticks"]))]
    tonic = 7 * int(row["fifths"]) + (9 if row["minor"] else 0)
    return Key(tonic % 12, "minor" if row["minor"] else "major")


def part_of(track: Track) -> str:
    """The role of a track, or what its instrument usually is; a key of LOOKS."""
    if track.role in LOOKS:
        return track.role
    if track.is_drum:
        return "drums"
    if is_bass_program(track.program):
        return "bass"
    if is_pad_program(track.program) and family(track.program) != "ensemble":
        return "pad"
    return _FAMILY_PARTS.get(family(track.program), "chords")


def look_of(track: Track) -> Look:
    """How a track is shown."""
    return LOOKS[part_of(track)]


def best_part(name: str, tracks: Sequence[Track]) -> int | None:
    """Which of some parts a track of the user's is for, by its name; None where the name fits none of them."""
    name = name.strip().lower()
    for fits in (
        lambda track: bool(track.name) and track.name.strip().lower() == name,
        lambda track: look_of(track).title.lower() == name,
        lambda track: any(word in name for word in PART_WORDS[part_of(track)]),
    ):
        place = next((place for place, track in enumerate(tracks) if fits(track)), None)
        if place is not None:
            return place
    return None


def tempo_steps(score: Score) -> list[tuple[int, float]]:
    """The tempo map as (tick, quarter notes a minute): the first at 0, ticks rising, no tempo twice in a row.

    A tempo is told in the fewest digits: 56, where a MIDI file's whole microseconds make it 55.99998.
    """
    steps = {0: 60e6 / DEFAULT_US_PER_QUARTER}
    for row in score.tempos[np.argsort(score.tempos["ticks"], kind="stable")]:
        steps[max(0, int(row["ticks"]))] = plain_bpm(max(1, int(row["us_per_quarter"])))
    return _changes(sorted(steps.items()))


def meter_steps(score: Score) -> list[tuple[int, tuple[int, int]]]:
    """The meter map as (tick, (numerator, denominator)), the first at 0, without repeats."""
    steps = {0: (4, 4)}
    for row in score.meters[np.argsort(score.meters["ticks"], kind="stable")]:
        steps[max(0, int(row["ticks"]))] = (int(row["numerator"]), int(row["denominator"]))
    return _changes(sorted(steps.items()))


def _changes(steps: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    return [step for index, step in enumerate(steps) if not index or step[1] != steps[index - 1][1]]


def meter_at(score: Score, ticks: int) -> tuple[int, int]:
    """The meter in force at a tick."""
    return [meter for start, meter in meter_steps(score) if start <= ticks][-1]


def warp_points(score: Score) -> list[tuple[float, float]]:
    """Where sound of the piece stands in its beats: (seconds, quarters) at the start and at every change of tempo.

    The last point, a thirty-second of a beat behind the last change, says how it goes on.
    """
    steps = tempo_steps(score)
    ticks = np.array([step[0] for step in steps])
    seconds = ticks_to_seconds(score, ticks)
    quarters = ticks / score.ticks_per_quarter
    step = 0.03125
    points = [*zip(seconds.tolist(), quarters.tolist(), strict=True)]
    return [*points, (points[-1][0] + step * 60 / steps[-1][1], points[-1][1] + step)]


def clip_spans(
    track: Track, sections: Sequence[Section], *, silent: bool = False
) -> list[tuple[Section, NDArray[Any]]]:  # fmt: skip
    """A track cut into clips for the arrangement, one a section, together where a note sounds across the border.

    Nothing is lost: every note lies whole in one of them, and what has no notes has no clip, or one if `silent`.
    """
    onset, end = track.notes["onset_ticks"], track.notes["onset_ticks"] + track.notes["duration_ticks"]
    spans: list[Section] = []
    for section in sections:
        crosses = bool(((onset < section.start_ticks) & (end > section.start_ticks)).any())
        if crosses and spans:
            spans[-1] = Section(spans[-1].name, spans[-1].start_ticks, section.end_ticks)
        else:
            spans.append(section)
    spans[-1] = Section(spans[-1].name, spans[-1].start_ticks, max(spans[-1].end_ticks, track.last_ticks))
    cut = [(span, track.notes[(onset >= span.start_ticks) & (onset < span.end_ticks)]) for span in spans]
    return [(span, notes) for span, notes in cut if silent or len(notes)]


def section_notes(track: Track, section: Section, early_ticks: int) -> NDArray[Any]:
    """The notes of a section as a clip of its own, its start at 0.

    What is played a hair before the section, and sounds into it, begins with it.
    """
    onset = track.notes["onset_ticks"]
    ends = onset + track.notes["duration_ticks"]

    def before(line: int) -> NDArray[np.bool_]:
        return (onset >= line - early_ticks) & (onset < line) & (ends > line)

    inside = (onset >= section.start_ticks) & (onset < section.end_ticks) & ~before(section.end_ticks)
    picked = inside | (before(section.start_ticks) if section.start_ticks else np.zeros(len(onset), bool))
    notes = track.notes[picked].copy()
    late = np.maximum(section.start_ticks - notes["onset_ticks"], 0)
    notes["onset_ticks"] += late - section.start_ticks
    notes["duration_ticks"] = np.maximum(1, notes["duration_ticks"] - late)
    return notes


def losses(score: Score, *, tempo: tuple[float, float], numerators: int, denominators: int) -> tuple[str, ...]:
    """What a format cannot hold of a score besides messages, one sentence each; empty for what scores usually hold.

    Args:
        score: the music.
        tempo: slowest and fastest tempo of the format.
        numerators: the largest of its meters.
        denominators: the largest of its meters.
    """
    found = []
    texts = sum(int((track.events["status"] >= 0xF0).sum()) for track in score.tracks)
    names = sum(int(((track.events["status"] == 0xFF) & np.isin(track.events["data1"], (3, 6))).sum())
                for track in score.tracks)  # fmt: skip
    if texts > names:
        found.append(f"{texts - names} SysEx and text events stay in the MIDI file")
    empty = sum(int((track.notes["duration_ticks"] == 0).sum()) for track in score.tracks)
    if empty:
        found.append(f"{empty} notes without length last one tick")
    outside = [bpm for _, bpm in tempo_steps(score) if not tempo[0] <= bpm <= tempo[1]]
    if outside:
        found.append(f"{len(outside)} tempos, such as {outside[0]:g} BPM, are brought to {tempo[0]:g} to {tempo[1]:g}")
    odd = [meter for _, meter in meter_steps(score) if not meter_fits(meter, numerators, denominators)]
    if odd:
        found.append(f"{len(odd)} meters, such as {odd[0][0]}/{odd[0][1]}, are left out")
    return tuple(found)


def meter_fits(meter: tuple[int, int], numerators: int, denominators: int) -> bool:
    """Whether a meter is one that a format holds: a power of two below, nothing too large."""
    above, below = meter
    return 1 <= above <= numerators and 1 <= below <= denominators and below & (below - 1) == 0


def sound_file(path: str | Path) -> tuple[int, int, int]:
    """Frames, sample rate and channels of a sound file.

    Raises:
        FileFormatError: it is missing or no sound.
    """
    import soundfile

    try:
        info = soundfile.info(str(path))
    except (soundfile.SoundFileError, OSError, RuntimeError) as error:
        raise FileFormatError(f"{path} cannot be read as sound ({error}); render the stems again") from error
    return int(info.frames), int(info.samplerate), int(info.channels)
