"""A project as the XML of a Live 11 set: tracks, scenes, tempo map, locators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from numpy.typing import NDArray

from bandmate.io.als.clips import Frame, Sample, audio_clip, key_values, midi_clip
from bandmate.io.als.envelopes import BEFORE_ALL, CONTROLLERS, Controls, clip_envelopes, controls_of, events
from bandmate.io.als.schema import CREATOR, LIVE_11, MINOR_VERSION
from bandmate.io.markup import Ids
from bandmate.io.messages import clips_with_messages
from bandmate.io.project import (
    EARLY_QUARTERS,
    OTHER,
    Look,
    Project,
    Section,
    look_of,
    meter_at,
    meter_fits,
    meter_steps,
    section_notes,
    tempo_steps,
    warp_points,
)
from bandmate.io.sounds_named import sound_note
from bandmate.score.model import Score, Track
from bandmate.score.timeline import seconds_to_ticks

TEMPO = (20.0, 999.0)  # slowest and fastest of Live
NUMERATORS, DENOMINATORS = 99, 16
NOTE = "Made by Bandmate. The stems sound; the MIDI tracks beside them are off until you put instruments on them."


@dataclass(slots=True)
class _Writing:
    """What a set that is being written shares between its parts."""

    project: Project
    samples: Mapping[int, Sample]  # by place in project.stems
    ids: Ids = field(default_factory=Ids)
    tracks: list[str] = field(default_factory=list)

    @property
    def score(self) -> Score:
        return self.project.score

    @property
    def scenes(self) -> Sequence[Section]:
        return self.project.sections

    def quarters(self, ticks: int) -> float:
        return ticks / self.score.ticks_per_quarter

    def write(self, template: str, /, **values: object) -> str:
        return LIVE_11.write(template, self.ids, **values)

    def slots(self, clips: Mapping[int, str]) -> str:
        return "".join(
            self.write("Slot", id=place, clip=clips[place]) if place in clips else self.write("EmptySlot", id=place)
            for place in range(len(self.scenes))
        )

    def add(self, template: str, name: str, look: Look, note: str = "", group: int = -1, **values: object) -> int:
        """Append a track; gives its number, by which a group is known."""
        number = len(self.tracks) + 1
        output = ("AudioOut/Master", "Master") if group < 0 else ("AudioOut/GroupTrack", "Group")
        self.tracks.append(
            self.write(
                template, id=number, **_head(name, look.live_color, note, group), empty_slots=self.slots({}),
                output=output[0], output_name=output[1], **values,
            )
        )  # fmt: skip
        return number


def _head(name: str, color: int, note: str = "", group: int = -1, envelopes: str = "") -> dict[str, object]:
    return {"name": name, "user_name": name, "color": color, "note": note, "group": group, "unfolded": True,
            "envelopes": envelopes}  # fmt: skip


def live_set(project: Project, samples: Mapping[int, Sample] | None = None) -> str:
    """A project as the XML text of a Live 11 set.

    Args:
        project: at least one section.
        samples: for each stem by its place, where the file will lie.
    """
    writing = _Writing(project, samples or {})
    if project.is_loud:
        _grouped_tracks(writing)
    else:
        for track, name in zip(project.score.tracks, project.names(), strict=True):
            _midi_track(writing, track, name, sounds=True)
    if not writing.tracks:  # Live wants one track at least
        writing.add("MidiTrack", "MIDI", OTHER, slots=writing.slots({}), clips="", sounds=True, pan=0, volume=1,
                    controllers=_controllers(_targets(writing.ids)))  # fmt: skip
    master, prehear = _master(writing), writing.write("PreHearTrack", **_head("Master", -1), empty_slots="")
    body = writing.write(
        "LiveSet", tracks="".join(writing.tracks), master=master, prehear=prehear, scenes=_scenes(writing),
        locators=_locators(writing), length=max(1.0, writing.quarters(project.sections[-1].end_ticks)),
        note=NOTE if project.is_loud else "Made by Bandmate.", next_pointee=writing.ids.next, **key_values(project.key),
    )  # fmt: skip
    document = LIVE_11.write("Document", Ids(), live_set=body, minor=MINOR_VERSION, creator=CREATOR)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + document


def _grouped_tracks(writing: _Writing) -> None:
    """One group a part, which holds its stems, sounding, and its MIDI tracks, off."""
    project, score = writing.project, writing.score
    names = project.names()
    stems = {stem.track: place for place, stem in enumerate(project.stems) if stem.track is not None}
    looks = [look_of(track) for track in score.tracks]
    for look in dict.fromkeys(looks):
        slots = "".join(writing.write("GroupSlot", id=place) for place in range(len(writing.scenes)))
        group = writing.add("GroupTrack", look.title, look, group_slots=slots)
        for index, track in enumerate(score.tracks):
            if looks[index] is look:
                if index in stems:
                    _audio_track(writing, stems[index], f"{names[index]} (stem)", look, track, group)
                _midi_track(writing, track, names[index], sounds=index not in stems, group=group)
    for place, stem in enumerate(project.stems):
        if stem.track is None:
            _audio_track(writing, place, stem.name, OTHER)


def _midi_track(writing: _Writing, track: Track, name: str, sounds: bool, group: int = -1) -> None:
    targets, making = _targets(writing.ids), ClipMaking(writing.project, track, name)
    writing.add(
        "MidiTrack", name, look_of(track), sound_note(track, sounds), group, sounds=sounds, pan=0, volume=1,
        clips="".join(making.arrangement(targets)), slots=writing.slots(making.session(targets)),
        controllers=_controllers(targets),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClipMaking:
    """The clips of one track of a project.

    Attributes:
        project: what is written; track: of its score; name: what the track is called.
        shape: of the clips, see `midi_clip`.
    """

    project: Project
    track: Track
    name: str
    shape: str = "MidiClip"

    def arrangement(self, targets: Mapping[int, int]) -> list[str]:
        """Clips for the arrangement, one a section, together where a note sounds across the border.

        Args:
            targets: pointee ids of the track's controllers by place.
        """
        controls, color = controls_of(self.track), look_of(self.track).live_color
        out = []
        for span, notes, messages in clips_with_messages(self.track, self.project.sections):
            end = max(span.end_ticks, 1 + int(messages["ticks"].max(initial=0)))  # what is sent at the end is in it
            span = Section(span.name, span.start_ticks, end)
            frame = arranged(self.project.score, span, span.name, color)
            out.append(self._clip(len(out), frame, _shifted(notes, span), self._told(controls, targets, span)))
        return out

    def session(self, targets: Mapping[int, int]) -> dict[int, str]:
        """One looped clip for each section in which the track plays, by scene; `targets` as above."""
        score, controls, color = self.project.score, controls_of(self.track), look_of(self.track).live_color
        early = round(EARLY_QUARTERS * score.ticks_per_quarter)
        clips = {}
        for scene, section in enumerate(self.project.sections):
            notes = section_notes(self.track, section, early)
            if len(notes):
                frame = _slot_frame(score, section, f"{self.name} {section.name}", color)
                clips[scene] = self._clip(0, frame, notes, self._told(controls, targets, section, chased=True))
        return clips

    def _told(
        self, controls: Mapping[int, Controls], targets: Mapping[int, int], span: Section, *, chased: bool = False
    ) -> str:
        if not self.project.envelopes:
            return ""
        grid = self.project.score.ticks_per_quarter
        return clip_envelopes(controls, targets, span.start_ticks, span.end_ticks, grid, chased=chased)

    def _clip(self, number: int, frame: Frame, notes: NDArray[Any], envelopes: str) -> str:
        key = None if self.track.is_drum else self.project.key
        return midi_clip(number, frame, notes, self.project.score.ticks_per_quarter, key, self.shape, envelopes)


def _shifted(notes: NDArray[Any], span: Section) -> NDArray[Any]:
    """Notes of the arrangement, counted from the start of their clip."""
    notes = notes.copy()
    notes["onset_ticks"] -= span.start_ticks
    return notes


def arranged(score: Score, span: Section, name: str, color: int) -> Frame:
    """The frame of a clip in the arrangement that plays once."""
    start, end = span.start_ticks / score.ticks_per_quarter, span.end_ticks / score.ticks_per_quarter
    return Frame(name, color, start, end, 0, end - start, False, _clip_meter(score, span.start_ticks))


def _slot_frame(score: Score, section: Section, name: str, color: int, offset: float = 0.0) -> Frame:
    length = (section.end_ticks - section.start_ticks) / score.ticks_per_quarter
    return Frame(name, color, 0, length, offset, offset + length, True, _clip_meter(score, section.start_ticks))


def _clip_meter(score: Score, ticks: int) -> tuple[int, int]:
    meter = meter_at(score, ticks)
    return meter if meter_fits(meter, NUMERATORS, DENOMINATORS) else (4, 4)


def _audio_track(
    writing: _Writing, place: int, name: str, look: Look, track: Track | None = None, group: int = -1
) -> None:
    score, sample = writing.score, writing.samples[place]
    warp = warp_points(score)
    end = max(1, int(seconds_to_ticks(score, [sample.stem.seconds])[0]) - 1)
    whole = arranged(score, Section("", 0, end), name, look.live_color)
    clips = {}
    early = round(EARLY_QUARTERS * score.ticks_per_quarter)
    for scene, section in enumerate(writing.scenes):
        plays = track is None or len(section_notes(track, section, early))
        if plays and section.start_ticks < end:
            heard = Section(section.name, section.start_ticks, min(section.end_ticks, end))
            start = writing.quarters(section.start_ticks)
            clips[scene] = audio_clip(
                0, _slot_frame(score, heard, f"{name} {section.name}", look.live_color, start), sample, warp
            )
    writing.add("AudioTrack", name, look, "", group, slots=writing.slots(clips), sounds=True, pan=0, volume=1,
                clips=audio_clip(0, whole, sample, warp))  # fmt: skip


def _targets(ids: Ids) -> dict[int, int]:
    """Pointee ids for the controllers of a track, by their place."""
    return {place: ids.take() for place in range(CONTROLLERS)}


def _controllers(targets: Mapping[int, int]) -> str:
    return "".join(
        f'<ControllerTargets.{place} Id="{target}">\n<LockEnvelope Value="0" />\n</ControllerTargets.{place}>\n'
        for place, target in targets.items()
    )


def meter_number(meter: tuple[int, int]) -> int:
    """A meter as Live writes it: 4/4 is 201, 3/4 is 200, 6/8 is 302."""
    return meter[0] - 1 + 99 * (meter[1].bit_length() - 1)


def tempo_events(score: Score) -> list[tuple[float, float]]:
    """Points (quarters, tempo) of Live's tempo envelope; a step is two points at one place."""
    steps = [(ticks / score.ticks_per_quarter, min(max(bpm, TEMPO[0]), TEMPO[1])) for ticks, bpm in tempo_steps(score)]
    points = [(float(BEFORE_ALL), steps[0][1])]
    for (_, before), (at, after) in pairwise(steps):
        points += [(at, before), (at, after)]
    return points


def meter_events(score: Score) -> list[tuple[float, int]]:
    """Points (quarters, number) of Live's meter envelope; meters that Live does not know are left out."""
    known = [(ticks, m) for ticks, m in meter_steps(score) if meter_fits(m, NUMERATORS, DENOMINATORS)]
    points = [(ticks / score.ticks_per_quarter, meter_number(meter)) for ticks, meter in known]
    if not points or points[0][0] > 0:
        points.insert(0, (0.0, meter_number((4, 4))))
    return [(float(BEFORE_ALL), points[0][1]), *points[1:]]


def _master(writing: _Writing) -> str:
    score, ids = writing.score, writing.ids
    tempo_id, meter_id = ids.take(), ids.take()
    tempos, meters = tempo_events(score), meter_events(score)
    envelopes = writing.write("Envelope", id=0, target=meter_id, events=events("EnumEvent", meters))
    envelopes += writing.write("Envelope", id=1, target=tempo_id, events=events("FloatEvent", tempos))
    return writing.write(
        "MasterTrack", **_head("Master", -1, envelopes=envelopes), empty_slots="", bpm=tempos[0][1],
        meter=meters[0][1], tempo_id=tempo_id, meter_id=meter_id,
    )  # fmt: skip


def _scenes(writing: _Writing) -> str:
    score = writing.score
    steps = tempo_steps(score)
    several = len(steps) > 1, len(meter_steps(score)) > 1
    out = []
    for place, section in enumerate(writing.scenes):
        bpm = [bpm for ticks, bpm in steps if ticks <= section.start_ticks][-1]
        out.append(
            writing.write(
                "Scene", id=place, name=section.name, bpm=min(max(bpm, TEMPO[0]), TEMPO[1]), has_tempo=several[0],
                meter=meter_number(_clip_meter(score, section.start_ticks)), has_meter=several[1],
            )
        )  # fmt: skip
    return "".join(out)


def _locators(writing: _Writing) -> str:
    return "".join(
        writing.write("Locator", id=place, time=writing.quarters(section.start_ticks), name=section.name)
        for place, section in enumerate(writing.scenes)
    )
