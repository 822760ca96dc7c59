"""A set of the user's own, with the clips of a project in its tracks: racks and sounds stay, the file is only read."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from xml.etree import ElementTree

from bandmate.errors import FileFormatError
from bandmate.io.als.build import ClipMaking, meter_events, meter_number, tempo_events
from bandmate.io.als.clips import key_values
from bandmate.io.als.envelopes import controls_of, events
from bandmate.io.als.schema import LIVE_11
from bandmate.io.als.unpack import unpack, version_of
from bandmate.io.als.write import INFO, fresh_project, packed
from bandmate.io.markup import Ids, shown
from bandmate.io.project import PART_WORDS, Project, look_of, meter_at, part_of, tempo_steps
from bandmate.io.safe_xml import Element, as_number, value_of
from bandmate.io.sounds_named import sound_note
from bandmate.score.model import Track

_OLDEST = 11
_SEQUENCER = "DeviceChain/MainSequencer"
_ARRANGED = f"{_SEQUENCER}/ClipTimeable/ArrangerAutomation/Events"
_SLOTS = f"{_SEQUENCER}/ClipSlotList"
_CONTROLLERS = f"{_SEQUENCER}/MidiControllers/*"


def write_into_template(project: Project, template: str | Path, folder: Path) -> tuple[Path, tuple[str, ...]]:
    """Write a new project folder whose set is a user's set with the clips of a project.

    Args:
        project: its stems are not used, the set has sounds of its own.
        template: the user's set, of Live 11 or later; it is read, never written.
        folder: of the new project, must not be there.

    Returns:
        The new set, and sentences about which part went where.

    Raises:
        FileFormatError: the template cannot be read, or has no MIDI track.
        OutputError: the folder is there already, or cannot be written.
    """
    root = unpack(template)
    if version_of(root) < _OLDEST:
        raise FileFormatError(f"{template} was saved before Live 11; open it in Live 11 or 12, and save it there")
    said = _Filling(project, root, template).fill()
    xml = '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")
    with fresh_project(folder) as making:
        (making / INFO).mkdir()
        (making / f"{project.name}.als").write_bytes(packed(xml))
    return folder / f"{project.name}.als", said


def _set(element: Element, path: str, value: object) -> None:
    found = element.find(path)
    if found is not None:
        found.set("Value", _plain(value))


def _plain(value: object) -> str:
    """A value as text; ElementTree escapes it when it is written."""
    return value if isinstance(value, str) else shown(value)


def _elements(xml: str) -> list[Element]:
    return list(ElementTree.fromstring(f"<a>{xml}</a>"))  # noqa: S314  our own text


class _Filling:
    """One template being filled."""

    def __init__(self, project: Project, root: Element, name: str | Path) -> None:
        live = root.find("LiveSet")
        assert live is not None
        self.project, self.live, self.name = project, live, name
        self.version = version_of(root)
        self.tracks = live.find("Tracks")
        pointees = [as_number(element.get("Id"), -1) for element in root.iter() if _is_pointee(element.tag)]
        if any(number < 0 or number != int(number) for number in pointees):
            raise FileFormatError(f"{name} is damaged: an id of its parameters is no number; restore it from a backup")
        self.next_pointee = 1 + int(max(pointees, default=0))
        models = [*live.iter("MidiClip")]
        self.model = deepcopy(models[0]) if models and self.version > _OLDEST else None

    def fill(self) -> tuple[str, ...]:
        if self.tracks is None or self.tracks.find("MidiTrack") is None:
            raise FileFormatError(f"{self.name} has no MIDI track to put clips into; add one and save it")
        self._scenes()
        self._conducting()
        self._locators()
        said = self._parts()
        self._key()
        counter = int(as_number(value_of(self.live, "NextPointeeId")))
        _set(self.live, "NextPointeeId", max(self.next_pointee, counter))
        return said

    def _parts(self) -> tuple[str, ...]:
        free = [
            track for track in self.live.findall("Tracks/MidiTrack") if value_of(track, "Freeze", "false") != "true"
        ]  # fmt: skip
        model = free[0] if free else self.live.findall("Tracks/MidiTrack")[0]
        said = []
        chosen = _matches(self.project, free)
        for track, name, home in zip(self.project.score.tracks, self.project.names(), chosen, strict=True):
            if home is None:
                home = self._new_track(deepcopy(model), track, name)
                said.append(f"{name} has a new track, since no track of the template fits it")
            else:
                said.append(f"{name} is in your track '{value_of(home, 'Name/EffectiveName')}'")
            said += self._put(home, track, name)
        return tuple(said)

    def _put(self, home: Element, track: Track, name: str) -> list[str]:
        making = ClipMaking(self.project, track, name, "MidiClip" if self.version == _OLDEST else "MidiClip12")
        events_list, slots, targets = home.find(_ARRANGED), home.find(_SLOTS), _targets(home)
        if events_list is None or slots is None:
            raise FileFormatError(f"{self.name} has a MIDI track without clips' places; save it again in Live")
        events_list[:] = [self._shaped(_elements(xml)[0]) for xml in making.arrangement(targets)]
        clips = making.session(targets)
        for place, slot in enumerate(slots):
            value = slot.find("ClipSlot/Value")
            if value is not None:
                value.clear()
                if place in clips:
                    value.append(self._shaped(_elements(clips[place])[0]))
        lost = len(controls_of(track).keys() - targets.keys()) if self.project.envelopes else 0
        return [f"{lost} controllers of {name} stay in the MIDI file: the template's track has none such"] * bool(lost)

    def _shaped(self, clip: Element) -> Element:
        """A clip of our table in the shape of the template's own clips, where it has one."""
        return clip if self.model is None else _like(self.model, clip)

    def _new_track(self, made: Element, track: Track, name: str) -> Element:
        assert self.tracks is not None
        for element in made.iter():
            if _is_pointee(element.tag):
                element.set("Id", str(self.next_pointee))
                self.next_pointee += 1
        for path in ("AutomationEnvelopes/Envelopes", "DeviceChain/DeviceChain/Devices", "TakeLanes/TakeLanes"):
            found = made.find(path)
            if found is not None:
                found.clear()
        for sends in made.findall("DeviceChain/Mixer/Sends/*"):  # a new track sends nothing
            _set(sends, "Send/Manual", "0.0003162277571")
        made.set("Id", str(1 + max(int(as_number(other.get("Id"))) for other in self.tracks)))
        for path, value in (
            ("Name/EffectiveName", name), ("Name/UserName", name), ("Name/Annotation", sound_note(track, True)),
            ("Color", look_of(track).live_color), ("TrackGroupId", -1), ("LinkedTrackGroupId", -1),
            ("DeviceChain/Mixer/Speaker/Manual", True),
        ):  # fmt: skip
            _set(made, path, value)
        main = "Main" if self.version > _OLDEST else "Master"
        _set(made, "DeviceChain/AudioOutputRouting/Target", f"AudioOut/{main}")
        _set(made, "DeviceChain/AudioOutputRouting/UpperDisplayString", main)
        returns = [place for place, other in enumerate(self.tracks) if other.tag == "ReturnTrack"]
        self.tracks.insert(returns[0] if returns else len(self.tracks), made)
        return made

    def _scenes(self) -> None:
        scenes = self.live.find("Scenes")
        if scenes is None or not len(scenes):
            raise FileFormatError(f"{self.name} has no scene; add one and save it")
        before, wanted = len(scenes), len(self.project.sections)
        for _ in range(wanted - before):
            scene = deepcopy(scenes[-1])
            scene.set("Id", str(1 + max(int(as_number(other.get("Id"))) for other in scenes)))
            scenes.append(scene)
        if wanted > before:
            for slots in [*self.live.iter("ClipSlotList"), *self.live.iter("Slots")]:
                if len(slots) == before:
                    _lengthen(slots, wanted)
        score = self.project.score
        several = len(tempo_steps(score)) > 1
        for scene, section in zip(scenes, self.project.sections, strict=False):
            bpm = [bpm for ticks, bpm in tempo_steps(score) if ticks <= section.start_ticks][-1]
            for path, value in (
                ("Name", section.name), ("Tempo", bpm), ("IsTempoEnabled", several),
                ("TimeSignatureId", meter_number(meter_at(score, section.start_ticks))),
            ):  # fmt: skip
                _set(scene, path, value)

    def _conducting(self) -> None:
        master = self.live.find("MasterTrack")
        master = self.live.find("MainTrack") if master is None else master
        if master is None:
            raise FileFormatError(f"{self.name} has no master track; save it again in Live")
        score = self.project.score
        self._envelope(master, "Tempo", "FloatEvent", tempo_events(score))
        self._envelope(master, "TimeSignature", "EnumEvent", [(at, float(value)) for at, value in meter_events(score)])

    def _envelope(self, master: Element, parameter: str, template: str, points: list[tuple[float, float]]) -> None:
        _set(master, f"DeviceChain/Mixer/{parameter}/Manual", points[0][1])
        target = master.find(f"DeviceChain/Mixer/{parameter}/AutomationTarget")
        envelopes = master.find("AutomationEnvelopes/Envelopes")
        if target is None or envelopes is None:
            raise FileFormatError(f"{self.name} has no {parameter} on its master track; save it again in Live")
        written = events(template, points)
        for envelope in envelopes:
            if value_of(envelope, "EnvelopeTarget/PointeeId") == target.get("Id"):
                place = envelope.find("Automation/Events")
                if place is not None:
                    place[:] = _elements(written)
                    return
        number = 1 + max((int(as_number(other.get("Id"))) for other in envelopes), default=-1)
        envelopes.extend(
            _elements(
                LIVE_11.write("Envelope", Ids(), id=number, target=int(as_number(target.get("Id"))), events=written)
            )
        )

    def _locators(self) -> None:
        place = self.live.find("Locators/Locators")
        if place is not None:
            grid = self.project.score.ticks_per_quarter
            place[:] = [
                _elements(
                    LIVE_11.write("Locator", Ids(), id=number, time=section.start_ticks / grid, name=section.name)
                )[0]
                for number, section in enumerate(self.project.sections)
            ]

    def _key(self) -> None:
        values = key_values(self.project.key)
        scale = self.live.find("ScaleInformation")
        if scale is not None and values["in_key"]:
            for path in ("RootNote", "Root"):  # Live 11, Live 12
                _set(scale, path, values["root"])
            _set(scale, "Name", values["scale" if scale.find("RootNote") is not None else "scale_number"])


def _is_pointee(tag: str) -> bool:
    ends = ("AutomationTarget", "ModulationTarget")
    return tag == "Pointee" or tag.endswith(ends) or tag.startswith("ControllerTargets.")


def _targets(track: Element) -> dict[int, int]:
    """Pointee ids of a track's controllers by their place."""
    found = {e.tag.partition("ControllerTargets.")[2]: e.get("Id", "") for e in track.findall(_CONTROLLERS)}
    return {int(place): int(target) for place, target in found.items() if place.isdecimal() and target.isdecimal()}


def _lengthen(slots: Element, wanted: int) -> None:
    """Empty slots at the end of a list, numbered on."""
    while len(slots) < wanted:
        slot = deepcopy(slots[-1])
        slot.set("Id", str(len(slots)))
        value = slot.find("ClipSlot/Value")
        if value is not None:
            value.clear()
        slots.append(slot)


def _like(model: Element, clip: Element) -> Element:
    """The members of a model, each from `clip` where it has one of that name; attributes from `clip`."""
    made = Element(clip.tag, dict(clip.attrib))
    for member in model:
        own = clip.find(member.tag)
        if member.tag == "Notes" and own is not None:
            made.append(_like(member, own))
        else:
            made.append(deepcopy(member) if own is None else own)
    return made


def _matches(project: Project, tracks: list[Element]) -> list[Element | None]:
    """For every part the track it goes to: one of its name, else one whose name means its part, each track once."""
    names = [value_of(track, "Name/EffectiveName").strip().lower() for track in tracks]
    taken: set[int] = set()
    chosen: list[int | None] = [None] * len(project.score.tracks)

    def take(part: int, fits: list[bool]) -> None:
        place = next((place for place, fit in enumerate(fits) if fit and place not in taken), None)
        if chosen[part] is None and place is not None:
            chosen[part] = place
            taken.add(place)

    wanted = [name.lower() for name in project.names()]
    for part, name in enumerate(wanted):
        take(part, [other == name for other in names])
    for part, track in enumerate(project.score.tracks):
        look, words = look_of(track).title.lower(), PART_WORDS[part_of(track)]
        take(part, [other == look for other in names])
        take(part, [any(word in other for word in words) for other in names])
    return [None if place is None else tracks[place] for place in chosen]
