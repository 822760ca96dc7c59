"""A Live set as data: tempo, meter, tracks with their clips, scenes, locators, samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bandmate.io.als.clips import MODE_SCALES, SCALES
from bandmate.io.als.envelopes import HIGHEST_BEND, LOWEST_BEND, meaning_of, steps_of
from bandmate.io.als.samples import SampleReference, samples_of
from bandmate.io.als.unpack import unpack, version_of
from bandmate.io.messages import BEND, messages_of
from bandmate.io.safe_xml import Element, as_number, number_of, value_of
from bandmate.io.sounds_named import named_sound
from bandmate.io.timed import Allowance, Loop, Message, Note
from bandmate.score.pitch import MODES, Key

_PLAYERS = ("MidiTrack", "AudioTrack", "GroupTrack")
_LAST_WITHOUT_KEY, _UNSET_IN_12 = 11, Key(0, "major")  # Live 12 shows C major until somebody chooses a key
_DRUM_DEVICES = ("DrumGroupDevice", "InstrumentImpulse")


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip of notes.

    Attributes:
        name: as the set says; start, end: in the arrangement, in quarter notes; in a slot its own length.
        loop: its notes, those that are switched on, and what of them plays.
        key: its scale, None where the set shows none; meter: its own.
    """

    name: str
    start: float
    end: float
    loop: Loop
    key: Key | None
    meter: tuple[int, int]


@dataclass(frozen=True, slots=True)
class LiveTrack:
    """A track: its kind, name, sound as far as it can be told, clips of the arrangement, and of slots by scene."""

    kind: str
    name: str
    program: int
    is_drum: bool
    is_on: bool
    arrangement: tuple[Clip, ...] = ()
    slots: dict[int, Clip] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LiveSet:
    """What a set holds, as far as Bandmate reads it.

    Attributes:
        path: where it lies; version: of Live.
        tempos: (quarters, beats a minute) points of the envelope, the first at 0; between two points of one tempo each
            at different places, tempo glides.
        meters: (quarters, (numerator, denominator)) changes, the first at 0.
        scenes: their names; locators: (quarters, name).
        key: of the set, None where it shows none.
    """

    path: Path
    version: int
    tempos: tuple[tuple[float, float], ...]
    meters: tuple[tuple[float, tuple[int, int]], ...]
    tracks: tuple[LiveTrack, ...]
    scenes: tuple[str, ...]
    locators: tuple[tuple[float, str], ...]
    samples: tuple[SampleReference, ...]
    key: Key | None

    @property
    def midi_tracks(self) -> tuple[LiveTrack, ...]:
        """The tracks that hold notes or could."""
        return tuple(track for track in self.tracks if track.kind == "MidiTrack")


def read_live_set(path: str | Path) -> LiveSet:
    """Read a set of Live 10, 11 or 12.

    Raises:
        FileFormatError: see `unpack`.
    """
    root = unpack(path)
    live = root.find("LiveSet")
    assert live is not None
    master = live.find("MasterTrack")
    master = live.find("MainTrack") if master is None else master
    home = Path(path).resolve().parent
    found = [element for element in live.findall("Tracks/*") if element.tag in _PLAYERS]
    key = _key(live.find("ScaleInformation"), value_of(live, "InKey", "false"))
    allowance = Allowance(path)
    samples = [sample for element in found for sample in samples_of(element, home)]
    return LiveSet(
        path=Path(path),
        version=version_of(root),
        tempos=_tempos(master),
        meters=_meters(master),
        tracks=tuple(_track(element, allowance) for element in found),
        scenes=tuple(value_of(scene, "Name") for scene in live.findall("Scenes/Scene")),
        locators=tuple(
            sorted((number_of(place, "Time"), value_of(place, "Name")) for place in live.findall("Locators/Locators/*"))
        ),
        samples=tuple(samples),
        key=None if key == _UNSET_IN_12 and version_of(root) > _LAST_WITHOUT_KEY else key,
    )


def _envelope(master: Element | None, parameter: str) -> list[tuple[float, float]]:
    """Points of the master's envelope on a parameter."""
    if master is None:
        return []
    target = master.find(f"DeviceChain/Mixer/{parameter}/AutomationTarget")
    wanted = "" if target is None else target.get("Id", "")
    points = []
    for envelope in master.findall("AutomationEnvelopes/Envelopes/AutomationEnvelope"):
        if wanted and value_of(envelope, "EnvelopeTarget/PointeeId") == wanted:
            for event in envelope.findall("Automation/Events/*"):
                points.append((max(0.0, as_number(event.get("Time"))), as_number(event.get("Value"))))
    if not points:
        points = [(0.0, number_of(master, f"DeviceChain/Mixer/{parameter}/Manual"))]
    return sorted(points, key=lambda point: point[0])  # stable: a step keeps its two points in order


def _tempos(master: Element | None) -> tuple[tuple[float, float], ...]:
    points = [(at, bpm) for at, bpm in _envelope(master, "Tempo") if bpm > 0]
    return tuple(points) or ((0.0, 120.0),)


def _meters(master: Element | None) -> tuple[tuple[float, tuple[int, int]], ...]:
    points = {at: int(value) for at, value in _envelope(master, "TimeSignature") if 0 <= value < 99 * 8}
    meters = tuple((at, (value % 99 + 1, 1 << value // 99)) for at, value in sorted(points.items()))
    return meters or ((0.0, (4, 4)),)


def _key(scale: Element | None, shown: str) -> Key | None:
    """The key that a ScaleInformation says, of Live 11 (words) or 12 (numbers)."""
    if scale is None or shown != "true":
        return None
    name = value_of(scale, "Name")
    if name.isdigit():
        name = SCALES[int(name)] if int(name) < len(SCALES) else ""
    mode = next((mode for mode, live_name in MODE_SCALES.items() if live_name == name), "")
    root = number_of(scale, "RootNote", number_of(scale, "Root"))
    return Key(int(root) % 12, mode) if mode in MODES else None


def _track(element: Element, allowance: Allowance) -> LiveTrack:
    name = value_of(element, "Name/EffectiveName") or value_of(element, "Name/UserName")
    program, is_drum = _sound(element, name, value_of(element, "Name/Annotation"))
    main = element.find("DeviceChain/MainSequencer")
    lanes = _controllers(main)
    slots = {}
    for place, slot in enumerate(main.findall("ClipSlotList/ClipSlot") if main is not None else ()):
        clip = slot.find("ClipSlot/Value/MidiClip")
        if clip is not None:
            slots[place] = _clip(clip, lanes, allowance)
    arranged = main.findall("ClipTimeable/ArrangerAutomation/Events/MidiClip") if main is not None else ()
    clips = sorted(
        (_clip(clip, lanes, allowance) for clip in arranged if value_of(clip, "Disabled") != "true"),
        key=lambda c: c.start,
    )
    is_on = value_of(element, "DeviceChain/Mixer/Speaker/Manual", "true") == "true"
    return LiveTrack(element.tag, name, program, is_drum, is_on, tuple(clips), slots)


def _sound(element: Element, name: str, note: str) -> tuple[int, bool]:
    has_drums = any(element.find(f".//{device}") is not None for device in _DRUM_DEVICES)
    return named_sound(name, note, has_drums)


def _controllers(main: Element | None) -> dict[str, tuple[int, int]]:
    """What the ids of a track's controllers mean: kind and number; bend first, then pressure, then 120 controllers."""
    found = {}
    for element in main.findall("MidiControllers/*") if main is not None else ():
        meant = meaning_of(int(as_number(element.tag.removeprefix("ControllerTargets."), -1)))
        if meant is not None:
            found[element.get("Id", "")] = meant
    return found


def _told(element: Element, lanes: dict[str, tuple[int, int]]) -> Iterator[Message]:
    """What the envelopes of a clip do to controllers."""
    for envelope in element.findall("Envelopes/Envelopes/ClipEnvelope"):
        lane = lanes.get(value_of(envelope, "EnvelopeTarget/PointeeId"))
        if lane is None:
            continue
        lowest, highest = (LOWEST_BEND, HIGHEST_BEND) if lane[0] == BEND else (0, 127)
        points = [
            (as_number(e.get("Time")), as_number(e.get("Value"))) for e in envelope.findall("Automation/Events/*")
        ]
        steps = steps_of(sorted(points, key=lambda point: point[0]))
        rows = ((at, (value - lowest) / (highest - lowest), glides) for at, value, glides in steps)
        yield from messages_of(*lane, rows)


def _clip(element: Element, lanes: dict[str, tuple[int, int]], allowance: Allowance) -> Clip:
    notes = []
    for track in element.findall("Notes/KeyTracks/KeyTrack"):
        pitch = int(number_of(track, "MidiKey", -1))
        if not 0 <= pitch <= 127:
            continue
        for event in track.findall("Notes/MidiNoteEvent"):
            velocity = round(as_number(event.get("Velocity"), 100))
            if event.get("IsEnabled", "true") == "true" and velocity > 0:
                off = round(as_number(event.get("OffVelocity"), 64))
                notes.append(Note(as_number(event.get("Time")), max(0.0, as_number(event.get("Duration"))), pitch,
                                  min(velocity, 127), min(max(off, 0), 127)))  # fmt: skip
    signature = element.find("TimeSignature/TimeSignatures/RemoteableTimeSignature")
    name = value_of(element, "Name")
    loop = Loop(
        tuple(notes), number_of(element, "Loop/LoopStart"), number_of(element, "Loop/LoopEnd"),
        number_of(element, "Loop/StartRelative"), value_of(element, "Loop/LoopOn") == "true", name,
        tuple(allowance.take(_told(element, lanes))),
    )  # fmt: skip
    return Clip(
        name, number_of(element, "CurrentStart"), number_of(element, "CurrentEnd"), loop,
        key=_key(element.find("ScaleInformation"), value_of(element, "IsInKey", "false")),
        meter=(int(number_of(signature, "Numerator", 4)), int(number_of(signature, "Denominator", 4))),
    )  # fmt: skip
