"""What is in a running Live set: tracks, scenes, and the clips of a scene as music."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from bandmate.daw.bridge import Bridge
from bandmate.errors import BriefError, DawError
from bandmate.io.sounds_named import named_sound
from bandmate.score.model import Score, Track, make_meters, make_notes, make_tempos
from bandmate.score.pitch import Key

TICKS = 480
_PAGE_BEATS = 4.0
_SCALES = {"Minor": "minor", "Major": "major", "Dorian": "dorian", "Mixolydian": "mixolydian", "Lydian": "lydian",
           "Phrygian": "phrygian", "Locrian": "locrian", "Harmonic Minor": "harmonic minor",
           "Melodic Minor": "melodic minor"}  # fmt: skip
_NOTE_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


class LiveNote(NamedTuple):
    """A note of a clip; times in quarter notes."""

    pitch: int
    start: float
    length: float
    velocity: float
    muted: bool = False


@dataclass(frozen=True, slots=True)
class LiveTrack:
    """A track of the set; `playing` is the scene whose clip it plays, None = it plays none."""

    index: int
    name: str
    takes_midi: bool
    playing: int | None


@dataclass(frozen=True, slots=True)
class LiveSet:
    """A set as it stands; `key` is None where the scale was left at C major, as every set has it at first."""

    tempo: float
    meter: tuple[int, int]
    key: str | None
    tracks: tuple[LiveTrack, ...]
    scenes: tuple[str, ...]

    @property
    def bar_beats(self) -> float:
        """Quarter notes in a bar."""
        return 4.0 * self.meter[0] / self.meter[1]


@dataclass(frozen=True, slots=True)
class LiveClip:
    """The looped part of a MIDI clip, from its beginning; `beats` long."""

    track: LiveTrack
    name: str
    beats: float
    notes: tuple[LiveNote, ...]


@dataclass(frozen=True, slots=True)
class LiveScene:
    """The clips of a scene; `sounds` names its audio clips, whose music Live does not tell."""

    index: int
    clips: tuple[LiveClip, ...]
    sounds: tuple[str, ...]


def read_set(bridge: Bridge) -> LiveSet:
    """Ask for all of it.

    Raises:
        DawError: Live does not answer.
    """
    (tempo,) = bridge.ask("/live/song/get/tempo")[:1]
    meter = tuple(int(bridge.ask(f"/live/song/get/signature_{part}")[0]) for part in ("numerator", "denominator"))
    names = bridge.ask("/live/song/get/track_names")
    tracks = []
    for index, name in enumerate(names):
        midi = bool(bridge.ask("/live/track/get/has_midi_input", index)[0])
        slot = int(bridge.ask("/live/track/get/playing_slot_index", index)[0])
        tracks.append(LiveTrack(index, str(name), midi, slot if slot >= 0 else None))
    count = int(bridge.ask("/live/song/get/num_scenes")[0])
    scenes = tuple(str((bridge.ask("/live/scene/get/name", index) or ("",))[0]) for index in range(count))
    return LiveSet(float(tempo), (meter[0], meter[1]), _key(bridge), tuple(tracks), scenes)


def _key(bridge: Bridge) -> str | None:
    root, scale = (bridge.ask_softly(f"/live/song/get/{name}") for name in ("root_note", "scale_name"))
    if not root or not scale or str(scale[0]) not in _SCALES or (int(root[0]) == 0 and scale[0] == "Major"):
        return None
    return str(Key.parse(f"{_NOTE_NAMES[int(root[0]) % 12]} {_SCALES[str(scale[0])]}"))


def scene_of(found: LiveSet, asked: str) -> int:
    """The index of a scene: its number from 1, its name, or `playing`.

    Raises:
        BriefError: there is no such scene, or none plays.
    """
    if asked == "playing":
        slots = [track.playing for track in found.tracks if track.playing is not None]
        if not slots:
            raise BriefError("no scene plays; launch one, or give its number or name with --scene")
        return max(sorted(set(slots)), key=slots.count)
    if re.fullmatch(r"\d+", asked) and 1 <= int(asked) <= len(found.scenes):
        return int(asked) - 1
    names = [name.casefold() for name in found.scenes]
    if asked.casefold() in names and not asked.isdigit():
        return names.index(asked.casefold())
    named = ", ".join(name for name in found.scenes if name)
    raise BriefError(f"there is no scene '{asked}'; give 1 to {len(found.scenes)}{', or ' + named if named else ''}")


def read_scene(bridge: Bridge, found: LiveSet, scene: int) -> LiveScene:
    """Read every clip of a scene.

    Raises:
        DawError: Live does not answer, or a clip went away meanwhile.
    """
    clips, sounds = [], []
    for track in found.tracks:
        if not bridge.ask("/live/clip_slot/get/has_clip", track.index, scene)[0]:
            continue
        where = (track.index, scene)
        name = str((bridge.ask("/live/clip/get/name", *where) or ("",))[0])
        if not bridge.ask("/live/clip/get/is_midi_clip", *where)[0]:
            sounds.append(name or track.name)
            continue
        start, end = (float(bridge.ask(f"/live/clip/get/loop_{side}", *where)[0]) for side in ("start", "end"))
        notes = [n._replace(start=n.start - start) for n in read_notes(bridge, where, start, end) if not n.muted]
        clips.append(LiveClip(track, name, end - start, tuple(notes)))
    return LiveScene(scene, tuple(clips), tuple(sounds))


def read_notes(bridge: Bridge, where: tuple[int, int], start: float, end: float) -> list[LiveNote]:
    """The notes of a clip that begin in a stretch, asked for page by page, since long answers are lost.

    Pitches are asked for as 0 and 128 of them: by default AbletonOSC leaves out the highest.

    Raises:
        DawError: Live does not answer, or the clip went away.
    """
    found: list[LiveNote] = []
    at = start
    while at < end - 1e-6:
        page = min(_PAGE_BEATS, end - at)
        found += _page(bridge, where, at, page)
        at += page
    return sorted(found, key=lambda note: (note.start, note.pitch))


def _page(bridge: Bridge, where: tuple[int, int], at: float, beats: float) -> list[LiveNote]:
    for _ in range(bridge.patience.tries):
        values = bridge.ask("/live/clip/get/notes", *where, 0, 128, at, beats, echo=2)
        if len(values) % 5 == 0:
            notes = [_note(values[i : i + 5]) for i in range(0, len(values), 5)]
            if all(at - 1e-3 <= note.start < at + beats + 1e-3 for note in notes):
                return [note for note in notes if note.start < at + beats - 1e-6]
        bridge.settle()  # the answer to another page, which came late
    raise DawError(f"Live does not tell the notes of track {where[0] + 1}, scene {where[1] + 1}; try again")


def _note(values: tuple[Any, ...]) -> LiveNote:
    pitch, start, length, velocity, muted = values
    return LiveNote(int(pitch), float(start), float(length), float(velocity), bool(muted))


def score_of(found: LiveSet, scene: LiveScene) -> Score:
    """A scene as a score: every clip repeated to the length of the longest, up to a whole bar.

    Raises:
        BriefError: it holds no MIDI clip with notes.
    """
    clips = [clip for clip in scene.clips if clip.notes]
    if not clips:
        what = (
            f"only sound ({', '.join(scene.sounds)}), which Live does not tell as notes" if scene.sounds else "no notes"
        )
        raise BriefError(f"scene {scene.index + 1} holds {what}; choose a scene with MIDI clips")
    bar = found.bar_beats
    beats = bar * np.ceil(max(clip.beats for clip in clips) / bar - 1e-6)
    tracks = tuple(_track(clip, float(beats)) for clip in clips)
    return Score(
        tracks, TICKS, make_tempos(found.tempo), make_meters(*found.meter), title=found.scenes[scene.index] or "Live",
        end_ticks=round(float(beats) * TICKS),
    )  # fmt: skip


def _track(clip: LiveClip, beats: float) -> Track:
    program, drums = named_sound(clip.track.name)
    again = range(int(np.ceil(beats / clip.beats - 1e-6)))
    rows = [
        (n.start + turn * clip.beats, min(n.length, beats - n.start - turn * clip.beats), n.pitch, n.velocity)
        for turn in again
        for n in clip.notes
        if n.start + turn * clip.beats < beats - 1e-6
    ]
    start, length, pitch, velocity = (np.array(column) for column in zip(*rows, strict=True))
    notes = make_notes(
        np.rint(np.maximum(start, 0) * TICKS), np.maximum(1, np.rint(length * TICKS)), pitch,
        np.clip(np.rint(velocity), 1, 127), channel=9 if drums else 0,
    )  # fmt: skip
    return Track(clip.track.name, program, drums, notes)
